import { hasPasskeys, type UserError } from "@latchkey-auth/client";
import { useState } from "react";
import type { Labels } from "./labels.js";

interface PasskeyButtonProps {
  act: () => Promise<{ ok: boolean; errors?: UserError[] }>;
  labels: Labels;
}

/** A button that proves a passkey, where the browser has any, and says what went wrong. */
export function PasskeyButton({ act, labels }: PasskeyButtonProps) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  if (!hasPasskeys()) return null;

  async function press() {
    setBusy(true);
    setProblem("");
    try {
      const { errors = [] } = await act();
      setProblem(errors.map(({ message }) => message).join(" "));
    } catch (error) {
      // Whoever cancels knows that they did.
      if (!(error instanceof DOMException && error.name === "NotAllowedError")) setProblem(labels.passkeyFailed);
    } finally {
      setBusy(false);
    }
  }
  return (
    <>
      <button type="button" disabled={busy} onClick={() => void press()}>
        {labels.usePasskey}
      </button>
      {problem && <p role="alert">{problem}</p>}
    </>
  );
}
