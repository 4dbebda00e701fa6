import { signInWithPasskey } from "@latchkey-auth/client";
import { useState, type ReactNode } from "react";
import { useConfig } from "./config.js";
import { Form } from "./form.js";
import { englishLabels, type Labels } from "./labels.js";
import { PasskeyButton } from "./passkey-button.js";
import { SecondStepForm } from "./second-step.js";
import { useLatchkey, useSession } from "./session.js";

export interface AuthFormProps {
  /** In place of the English words. */
  labels?: Partial<Labels>;
  /** Of the form. It has no looks of its own. */
  className?: string;
  /** After the button: links to other forms, say. */
  children?: ReactNode;
}

const emailField = (labels: Labels) => ({ name: "email", label: labels.email, type: "email", autoComplete: "username", required: true });

/** Signs in by email and password, or by a passkey where there are any, and asks for the second step where one is needed. */
export function SignInForm({ children, ...props }: AuthFormProps) {
  const client = useLatchkey();
  const { status } = useSession();
  const passkeys = useConfig()?.passkeys;
  const labels = { ...englishLabels, ...props.labels };
  if (status === "challenge") return <SecondStepForm {...props} />;
  const password = { name: "password", label: labels.password, type: "password", autoComplete: "current-password", required: true };
  return (
    <Form
      fields={[emailField(labels), password]}
      button={labels.signIn}
      send={({ email = "", password = "" }) => client.login({ email, password })}
      labels={labels}
      className={props.className}
    >
      {passkeys && <PasskeyButton act={() => signInWithPasskey(client)} labels={labels} />}
      {children}
    </Form>
  );
}

/** Signs up by email and password, and says so if the address has to be confirmed first. */
export function SignUpForm({ children, ...props }: AuthFormProps) {
  const client = useLatchkey();
  const { status } = useSession();
  const [confirming, setConfirming] = useState(false);
  const labels = { ...englishLabels, ...props.labels };
  if (status === "challenge") return <SecondStepForm {...props} />;
  if (confirming) return <p role="status">{labels.confirmEmail}</p>;
  const fields = [
    { name: "name", label: labels.name, autoComplete: "name" },
    emailField(labels),
    { name: "password", label: labels.password, type: "password", autoComplete: "new-password", required: true },
  ];
  async function send({ email = "", password = "", name = "" }) {
    const result = await client.register({ email, password, name: name || null });
    setConfirming(result.ok && result.status === "confirmEmail");
    return result;
  }
  return (
    <Form fields={fields} button={labels.signUp} send={send} labels={labels} className={props.className}>
      {children}
    </Form>
  );
}

/** Emails a link to choose a new password, and says the same whether there is an account or not. */
export function ForgotForm({ children, ...props }: AuthFormProps) {
  const client = useLatchkey();
  const [sent, setSent] = useState(false);
  const labels = { ...englishLabels, ...props.labels };
  if (sent) return <p role="status">{labels.linkSent}</p>;
  async function send({ email = "" }) {
    const result = await client.requestPasswordReset({ email });
    setSent(result.ok);
    return result;
  }
  return (
    <Form fields={[emailField(labels)]} button={labels.sendLink} send={send} labels={labels} className={props.className}>
      {children}
    </Form>
  );
}
