import { useMutation } from "@apollo/client/react";
import { useEffect, useState } from "react";
import { remember } from "./client";
import { Form } from "./form";
import { BeginAppDocument, CompleteLoginDocument, ConfirmAppDocument, type ChallengeFragment, type LoginFragment } from "./generated";

// Codes that are told once, and the session that begins when the user has kept them.
type Kept = { codes: string[]; tokens: LoginFragment };

// SecondStep completes a login that has a challenge, whose token is the bearer of its requests. It handles every challenge:
// a code of the app, a recovery code, and an app that has to be set up first.
export function SecondStep({ challenge }: { challenge: ChallengeFragment }) {
  const context = { anonymous: true, headers: { Authorization: `Bearer ${challenge.token}` } };
  const [completeLogin] = useMutation(CompleteLoginDocument, { context });
  const [beginApp, begun] = useMutation(BeginAppDocument, { context });
  const [confirmApp] = useMutation(ConfirmAppDocument, { context });
  const [recover, setRecover] = useState(!challenge.methods.includes("TOTP"));
  const [kept, setKept] = useState<Kept | null>(null);
  const enroll = challenge.kind === "ENROLL";
  useEffect(() => {
    if (enroll) void beginApp();
  }, []);

  async function enter(tokens: LoginFragment | null | undefined, codes: string[]) {
    if (tokens && codes.length > 0) setKept({ codes, tokens });
    else if (tokens) await remember(tokens);
  }

  async function prove({ code = "" }) {
    const { data } = await completeLogin({ variables: { input: recover ? { recoveryCode: code } : { totpCode: code } } });
    const result = data?.completeLogin;
    await enter(result?.tokens, result?.replacementRecoveryCode ? [result.replacementRecoveryCode] : []);
    return result?.errors ?? [];
  }

  async function confirm({ code = "" }) {
    const { data } = await confirmApp({ variables: { input: { setup: begun.data?.beginTotp?.setup ?? "", code } } });
    await enter(data?.confirmTotp?.tokens, data?.confirmTotp?.recoveryCodes ?? []);
    return data?.confirmTotp?.errors ?? [];
  }

  if (kept) {
    return (
      <section>
        <h1>Keep these codes</h1>
        <ul>{kept.codes.map((code) => <li key={code}>{code}</li>)}</ul>
        <button onClick={() => void remember(kept.tokens)}>I have kept them</button>
      </section>
    );
  }
  const label = recover && !enroll ? "Recovery code" : "Code of your authenticator app";
  const field = { name: "code", label, autoComplete: "one-time-code", required: true };
  return (
    <Form title="One more step" button="Continue" fields={[field]} send={enroll ? confirm : prove}>
      {enroll && <p>Add this key to your authenticator app: <code>{begun.data?.beginTotp?.secret}</code></p>}
      {!enroll && !recover && <button type="button" onClick={() => setRecover(true)}>Use a recovery code</button>}
    </Form>
  );
}
