import { Refused, send } from "./api";
import { all, find, formOf, show } from "./dom";
import { Cancelled, clear, onSubmit } from "./form";
import { prove, requestProofCode } from "./operations";
import { say } from "./say";

let settle: ((proved: boolean) => void) | undefined;
let requestId = "";
let hasPassword = true;

/** Makes the dialog work in which somebody proves who they are. */
export function proofDialog(): void {
  const dialog = find<HTMLDialogElement>('[data-dialog="proof"]');
  onSubmit("proof", async (value) => {
    const input = hasPassword ? { password: value("password") } : { requestId, code: value("code") };
    const { result } = await send(prove, { input });
    if (result.errors.length === 0) {
      const done = settle;
      settle = undefined;
      dialog?.close();
      done?.(true);
    }
    return result.errors;
  });
  find("[data-cancel]", dialog ?? document)?.addEventListener("click", () => dialog?.close());
  dialog?.addEventListener("close", () => {
    formOf("proof")?.reset();
    settle?.(false);
    settle = undefined;
  });
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

async function ask(): Promise<boolean> {
  const dialog = find<HTMLDialogElement>('[data-dialog="proof"]');
  const form = formOf("proof");
  if (!dialog || !form) {
    return false;
  }
  if (!hasPassword) {
    requestId = (await send(requestProofCode, {})).result.requestId ?? "";
  }
  clear(form);
  show(all("[data-proof-password]", form), hasPassword);
  show(all("[data-proof-code]", form), !hasPassword);
  return new Promise((resolve) => {
    settle = resolve;
    dialog.showModal();
    find<HTMLInputElement>("input:not([disabled]):not([readonly])", form)?.focus();
  });
}
