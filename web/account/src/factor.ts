import { send } from "./api";
import { all, find, formOf, make, write } from "./dom";
import { Cancelled, onSubmit } from "./form";
import { leave } from "./leave";
import { beginTotp, completeLogin, confirmTotp, type Challenge, type JsonObject } from "./operations";
import { add, get, hasPasskeys } from "./passkey";
import { say } from "./say";

const svg = "http://www.w3.org/2000/svg";

/** Draws the shapes of a QR code that the API answers. Nothing else of the text gets into the page. */
function drawCode(place: HTMLElement, text: string): void {
  const image = document.createElementNS(svg, "svg");
  image.setAttribute("viewBox", /viewBox="([\d ]+)"/.exec(text)?.[1] ?? "0 0 1 1");
  image.setAttribute("role", "img");
  image.setAttribute("aria-label", say("factor.qr"));
  for (const [, fill = "", shape = ""] of text.matchAll(/fill="(#\w+)" d="([MHhvz\d -]+)"/g)) {
    const path = document.createElementNS(svg, "path");
    path.setAttribute("fill", fill);
    path.setAttribute("d", shape);
    image.append(path);
  }
  place.replaceChildren(image);
}

/** Makes a secret for an authenticator app, shows it, and returns its setup. */
export async function showSecret(token = ""): Promise<string> {
  const { result } = await send(beginTotp, {}, token);
  const code = find("[data-qr]");
  if (code) {
    drawCode(code, result.qrCode ?? "");
  }
  write(find("[data-secret]"), result.secret ?? "");
  find<HTMLAnchorElement>("[data-uri]")?.setAttribute("href", result.uri ?? "");
  formOf("enroll")?.reset();
  return result.setup ?? "";
}

/** Shows codes to be kept, in a list of their own. */
export function showCodes(codes: readonly string[]): void {
  find("[data-codes]")?.replaceChildren(...codes.map((code) => make("li", "", code)));
}

/** What a login that needs a second step leads to. */
export interface SecondStep {
  /** Shows the step. typed: the first step was a password. */
  readonly meet: (challenge: Challenge, typed?: boolean) => Promise<void>;
  /** Shows codes to be kept, if there are any, and leaves. */
  readonly keep: (codes: readonly string[]) => void;
}

/**
 * Makes the panels work in which a login is completed. after is what follows a login that began with a password.
 */
export function secondStep(turnTo: (name: string) => void, after: () => Promise<void>): SecondStep {
  let token = "";
  let setup = "";
  let options: JsonObject = {};
  let byPassword = false;
  const expired = ({ code }: { code: string }): boolean => {
    if (code !== "UNAUTHENTICATED") {
      return false;
    }
    turnTo("password");
    write(find('[data-form="sign-in"] [data-alert]'), say("factor.expired"));
    return true;
  };
  const keep = (codes: readonly string[]): void => {
    if (codes.length === 0) {
      leave();
      return;
    }
    showCodes(codes);
    turnTo("codes");
  };

  onSubmit("factor", async (value) => {
    const { result } = await send(completeLogin, { input: { totpCode: value("totpCode"), trustDevice: value("trustDevice") !== "" } }, token);
    if (result.errors.length === 0) {
      await (byPassword ? after() : leave());
    }
    return result.errors;
  }, expired);

  onSubmit("second-passkey", async (value) => {
    const { result } = await send(completeLogin, { input: { passkey: await get(options), trustDevice: value("trustDevice") !== "" } }, token);
    if (result.errors.length === 0) {
      leave();
    }
    return result.errors;
  }, expired);

  onSubmit("enroll-passkey", async () => {
    const result = await add(token);
    if (result.errors.length === 0) {
      keep(result.recoveryCodes ?? []);
    }
    return result.errors;
  }, expired);

  onSubmit("recovery", async (value) => {
    const { result } = await send(completeLogin, { input: { recoveryCode: value("recoveryCode") } }, token);
    if (result.errors.length === 0) {
      keep(result.replacementRecoveryCode ? [result.replacementRecoveryCode] : []);
    }
    return result.errors;
  }, expired);

  onSubmit("enroll", async (value) => {
    const { result } = await send(confirmTotp, { input: { setup, code: value("code"), delivery: "COOKIE" } }, token);
    if (result.errors.length === 0) {
      keep(result.recoveryCodes ?? []);
    }
    return result.errors;
  }, expired);

  for (const button of all("[data-kept]")) {
    button.addEventListener("click", leave);
  }

  const meet = async (challenge: Challenge, typed = false): Promise<void> => {
    token = challenge.token;
    byPassword = typed;
    options = challenge.passkeyOptions ?? {};
    const methods = challenge.methods.filter((method) => method !== "PASSKEY" || (hasPasskeys && find('[data-panel="passkey"]') !== null));
    for (const way of all("[data-method]")) {
      way.hidden = !methods.includes(way.dataset.method ?? "");
    }
    const first = challenge.kind === "ENROLL" ? "enroll" : methods.includes("PASSKEY") ? "passkey" : methods.includes("TOTP") ? "factor" : "recovery";
    if (!find(`[data-panel="${first}"]`) || (challenge.kind === "PROVE" && methods.length === 0)) {
      throw new Cancelled(say("factor.unavailable"));
    }
    if (challenge.kind === "ENROLL") {
      setup = await showSecret(token);
    }
    turnTo(first);
  };
  return { meet, keep };
}
