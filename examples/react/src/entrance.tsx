import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { remember } from "./client";
import { Form } from "./form";
import { SignInDocument, SignUpDocument, type ChallengeFragment } from "./generated";
import { SecondStep } from "./second-step";

const email = { name: "email", label: "Email", type: "email", autoComplete: "username", required: true };

// A root field is null only beside an error of the request, which Apollo throws.
const impossible = () => new Error("the answer is empty");

export function SignIn() {
  const [signIn] = useMutation(SignInDocument);
  const [challenged, setChallenged] = useState<ChallengeFragment | null>(null);

  async function send({ email = "", password = "" }) {
    const { data } = await signIn({ variables: { input: { email, password } } });
    if (!data?.login) throw impossible();
    if (data.login.tokens) await remember(data.login.tokens);
    setChallenged(data.login.challenge);
    return data.login.errors;
  }

  if (challenged) return <SecondStep challenge={challenged} />;
  const password = { name: "password", label: "Password", type: "password", autoComplete: "current-password", required: true };
  return (
    <Form title="Sign in" button="Sign in" fields={[email, password]} send={send}>
      <a href="#/sign-up">Sign up</a>
    </Form>
  );
}

export function SignUp() {
  const [signUp] = useMutation(SignUpDocument);
  const [mailed, setMailed] = useState(false);
  const [challenged, setChallenged] = useState<ChallengeFragment | null>(null);

  async function send({ email = "", password = "", name = "" }) {
    const { data } = await signUp({ variables: { input: { email, password, name } } });
    if (!data?.register) throw impossible();
    if (data.register.tokens) {
      await remember(data.register.tokens);
      location.hash = "#/account";
    }
    setChallenged(data.register.challenge);
    setMailed(data.register.confirmationRequired && data.register.errors.length === 0);
    return data.register.errors;
  }

  if (challenged) return <SecondStep challenge={challenged} />;
  if (mailed) {
    return (
      <section>
        <h1>Check your inbox</h1>
        <p>Open the link in the mail, then <a href="#/account">sign in</a>.</p>
      </section>
    );
  }
  const name = { name: "name", label: "Name", autoComplete: "name" };
  const password = { name: "password", label: "Password", type: "password", autoComplete: "new-password", required: true };
  return (
    <Form title="Sign up" button="Sign up" fields={[name, email, password]} send={send}>
      <a href="#/account">Sign in</a>
    </Form>
  );
}
