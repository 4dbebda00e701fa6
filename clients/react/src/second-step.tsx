import { completeLoginWithPasskey, hasPasskeys, type BeginTotpResult, type LoginChallenge } from "@latchkey-auth/client";
import { useEffect, useState } from "react";
import { useConfig } from "./config.js";
import { Form } from "./form.js";
import type { AuthFormProps } from "./forms.js";
import { englishLabels, type Labels } from "./labels.js";
import { PasskeyButton } from "./passkey-button.js";
import { useLatchkey, useProvided, useSession } from "./session.js";

interface StepProps {
  challenge: LoginChallenge;
  labels: Labels;
  className?: string | undefined;
}

/** The second step of a login that waits for one: a code, or the setup of an authenticator app. */
export function SecondStepForm({ className, labels: given, children }: AuthFormProps) {
  const client = useLatchkey();
  const state = useSession();
  const labels = { ...englishLabels, ...given };
  if (state.status !== "challenge") return null;
  const Step = state.challenge.kind === "ENROLL" ? Enroll : Prove;
  return (
    <>
      <Step challenge={state.challenge} labels={labels} className={className} />
      <button type="button" onClick={client.cancelChallenge}>
        {labels.startOver}
      </button>
      {children}
    </>
  );
}

const codeField = (name: string, label: string) => ({ name, label, autoComplete: "one-time-code", required: true, autoFocus: true });

function Prove({ challenge: { methods, passkeyOptions }, labels, className }: StepProps) {
  const { client, showCodes } = useProvided();
  const hasApp = methods.includes("TOTP");
  const hasCodes = methods.includes("RECOVERY_CODE");
  const [byCode, setByCode] = useState(!hasApp);
  const mayTrust = useConfig()?.trustedDevices && !byCode;
  const passkey = passkeyOptions ? <PasskeyButton act={() => completeLoginWithPasskey(client)} labels={labels} /> : null;
  if (!hasApp && !hasCodes) return passkey && hasPasskeys() ? passkey : <p role="alert">{labels.noFactor}</p>;

  async function send({ trustDevice, ...code }: Record<string, string>) {
    const result = await client.completeLogin({ ...code, trustDevice: trustDevice !== undefined });
    if (result.ok && result.replacementRecoveryCode) showCodes([result.replacementRecoveryCode]);
    return result;
  }
  const field = byCode ? codeField("recoveryCode", labels.recoveryCode) : { ...codeField("totpCode", labels.code), inputMode: "numeric" as const };
  return (
    <Form key={field.name} fields={mayTrust ? [field, { name: "trustDevice", label: labels.trustDevice, type: "checkbox" }] : [field]} button={labels.continue} send={send} labels={labels} className={className}>
      {passkey}
      {hasApp && hasCodes && (
        <button type="button" onClick={() => setByCode(!byCode)}>
          {byCode ? labels.useApp : labels.useRecoveryCode}
        </button>
      )}
    </Form>
  );
}

function Enroll({ challenge: { token }, labels, className }: StepProps) {
  const { client, showCodes } = useProvided();
  const [begun, setBegun] = useState<BeginTotpResult>();
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    let current = true;
    client.beginTotp({ token }).then(
      (result) => current && setBegun(result),
      () => current && setFailed(true),
    );
    return () => {
      current = false;
    };
  }, [client, token]);

  if (failed) return <p role="alert">{labels.failed}</p>;
  if (!begun?.ok) return null;
  const { setup, secret, qrCode } = begun;
  async function send({ code = "" }) {
    const result = await client.confirmTotp({ setup, code });
    if (result.ok) showCodes(result.recoveryCodes ?? []);
    return result;
  }
  return (
    <>
      <p>{labels.scan}</p>
      <img src={`data:image/svg+xml,${encodeURIComponent(qrCode)}`} alt="" width="200" height="200" />
      <p>
        {labels.secret} <code>{secret}</code>
      </p>
      <Form fields={[{ ...codeField("code", labels.code), inputMode: "numeric" }]} button={labels.continue} send={send} labels={labels} className={className} />
    </>
  );
}
