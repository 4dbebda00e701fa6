import { Refused, send } from "./api";
import { all, find, formOf, show } from "./dom";
import { Cancelled, clear, onSubmit } from "./form";
import { beginPasskeyProof, prove, requestProofCode } from "./operations";
import { get, hasPasskeys } from "./passkey";
import { say } from "./say";

let settle: ((proved: boolean) => void) | undefined;
let requestId = "";
let hasPassword = true;
let hasFactor = false;
let hasPasskey = false;

/** Makes the dialog work in which somebody proves who they are. */
export function proofDialog(): void {
  const dialog = find<HTMLDialogElement>('[data-dialog="proof"]');
  const done = (): void => {
    const proved = settle;
    settle = undefined;
    dialog?.close();
    proved?.(true);
  };
  onSubmit("proof-passkey", async () => {
    const { result: begun } = await send(beginPasskeyProof, {});
    if (!begun.options || begun.errors.length > 0) {
      return begun.errors;
    }
    const { result } = await send(prove, { input: { passkey: await get(begun.options), passkeyState: begun.state ?? "" } });
    if (result.errors.length === 0) {
      done();
    }
    return result.errors;
  });
  onSubmit("proof", async (value) => {
    const { result } = await send(prove, { input: hasFactor ? byFactor(value("totpCode")) : hasPassword ? { password: value("password") } : { requestId, code: value("code") } });
    if (result.errors.length === 0) {
      done();
    }
    return result.errors.map((problem) => ({ ...problem, path: problem.path?.map((name) => (name === "recoveryCode" ? "totpCode" : name)) ?? null }));
  });
  find("[data-cancel]", dialog ?? document)?.addEventListener("click", () => dialog?.close());
  dialog?.addEventListener("close", () => {
    formOf("proof")?.reset();
    settle?.(false);
    settle = undefined;
  });
}

/** Says whether the proof is a second factor, whatever else there is, and whether that can be a passkey. */
export function proveByFactor(factor: boolean, passkey: boolean): void {
  hasFactor = factor;
  hasPasskey = passkey && hasPasskeys;
}

/** A recovery code has letters, and a code of an app has none. */
function byFactor(typed: string): { totpCode?: string; recoveryCode?: string } {
  return /[a-z]/i.test(typed) ? { recoveryCode: typed } : { totpCode: typed };
}

/** Says whether the proof is a password, or a code that is mailed. */
export function proveBy(password: boolean): void {
  hasPassword = password;
}

/**
 * Does something that may need a recent proof: where it does, asks for one and does it again. It throws
 * Cancelled if that is not given.
 */
export async function proven<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (reason) {
    if (!(reason instanceof Refused) || reason.code !== "REAUTHENTICATION_REQUIRED") {
      throw reason;
    }
  }
  if (!(await ask())) {
    throw new Cancelled(say("proof.cancelled"));
  }
  return act();
}

/** Asks for a recent proof. It returns whether that was given. */
export async function ask(): Promise<boolean> {
  const dialog = find<HTMLDialogElement>('[data-dialog="proof"]');
  const form = formOf("proof");
  if (!dialog || !form) {
    return false;
  }
  if (!hasPassword && !hasFactor) {
    requestId = (await send(requestProofCode, {})).result.requestId ?? "";
  }
  clear(form);
  show(all("[data-proof-factor]", form), hasFactor);
  show(all("[data-proof-passkey]", dialog), hasPasskey);
  show(all("[data-proof-password]", form), hasPassword && !hasFactor);
  show(all("[data-proof-code]", form), !hasPassword && !hasFactor);
  return new Promise((resolve) => {
    settle = resolve;
    dialog.showModal();
    find<HTMLInputElement>("input:not([disabled]):not([readonly])", form)?.focus();
  });
}
