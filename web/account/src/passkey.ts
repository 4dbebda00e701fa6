import { Refused, send } from "./api";
import { all, find, formOf, show, write } from "./dom";
import { Cancelled, onSubmit } from "./form";
import { leave } from "./leave";
import {
  addPasskey, beginPasskey, beginPasskeyLogin, passkeySignal, signInWithPasskey,
  type Begun, type JsonObject, type PasskeyAdded, type Problem,
} from "./operations";
import { say, sayProblem } from "./say";

/** How long a ceremony that waits in a field is good for, with a minute to spare. The server says five. */
const renewed = 4 * 60_000;

/** Whether the browser has passkeys, and reads what the server says of them. */
export const hasPasskeys = typeof PublicKeyCredential === "function" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

/** Whether passkeys of a domain can be used on this page. */
function fits(options: JsonObject): boolean {
  const domain = String(options.rpId ?? (options.rp as JsonObject | undefined)?.id ?? "");
  return location.hostname === domain || location.hostname.endsWith(`.${domain}`);
}

/** What waits for a passkey: a browser lets one do so. */
let waiting: AbortController | undefined;

async function ceremony(run: (signal: AbortSignal) => Promise<Credential | null>): Promise<JsonObject> {
  waiting?.abort();
  const mine = new AbortController();
  waiting = mine;
  try {
    const credential = await run(mine.signal);
    return (credential as PublicKeyCredential).toJSON() as unknown as JsonObject;
  } catch (reason) {
    throw reason instanceof DOMException ? new Cancelled(say(reason.name === "InvalidStateError" ? "passkey.known" : "passkey.cancelled")) : reason;
  } finally {
    if (waiting === mine) {
      waiting = undefined;
    }
  }
}

/** Asks the browser to use a passkey. */
export function get(options: JsonObject, conditional = false): Promise<JsonObject> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as unknown as PublicKeyCredentialRequestOptionsJSON);
  return ceremony((signal) => navigator.credentials.get({ publicKey, signal, ...(conditional ? { mediation: "conditional" as const } : {}) }));
}

/** Has the browser make a passkey, and adds it: in a session, or in a login that waits. */
export async function add(token = "", conditional = false): Promise<PasskeyAdded> {
  const { result: begun } = await send(beginPasskey, { conditional }, token);
  if (!begun.options || begun.errors.length > 0) {
    return { errors: begun.errors, recoveryCodes: null };
  }
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.options as unknown as PublicKeyCredentialCreationOptionsJSON);
  const credential = await ceremony((signal) =>
    navigator.credentials.create({ publicKey, signal, ...(conditional ? { mediation: "conditional" } : {}) } as CredentialCreationOptions));
  const { result } = await send(addPasskey, { input: { state: begun.state ?? "", credential, delivery: "COOKIE" } }, token);
  return result;
}

/** Tells the browser which passkeys there are, so that it offers no others, and by which name. */
export async function keepInStep(): Promise<void> {
  const { me } = await send(passkeySignal, {});
  if (!hasPasskeys || !me?.passkeySignal) {
    return;
  }
  const { rpId, userId, allAcceptedCredentialIds, name, displayName } = me.passkeySignal;
  if (fits({ rpId })) {
    await Promise.allSettled([
      PublicKeyCredential.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds: [...allAcceptedCredentialIds] }),
      PublicKeyCredential.signalCurrentUserDetails?.({ rpId, userId, name, displayName }),
    ]);
  }
}

/** Makes the page for signing in offer passkeys, by a button and where the address is typed. */
export function passkeySignIn(): void {
  const form = formOf("passkey");
  if (!form || !hasPasskeys) {
    return;
  }
  const enter = async (begun: Begun, conditional: boolean): Promise<readonly Problem[]> => {
    const options = begun.options ?? {};
    const credential = await get(options, conditional);
    const { result } = await send(signInWithPasskey, { input: { state: begun.state ?? "", credential, delivery: "COOKIE" } });
    if (result.errors.some(({ code }) => code === "NOT_FOUND")) {
      await PublicKeyCredential.signalUnknownCredential?.({ rpId: String(options.rpId), credentialId: String(credential.id) }).catch(() => undefined);
    }
    if (result.errors.length === 0) {
      leave();
    }
    return result.errors;
  };
  const begin = async (): Promise<Begun> => (await send(beginPasskeyLogin, {})).result;

  /** Offers passkeys in the field until one is used, or another way is taken. */
  const offer = async (): Promise<void> => {
    const begun = await begin();
    if (!begun.options || !fits(begun.options)) {
      return;
    }
    show([form], true);
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) {
      return;
    }
    let renew = false;
    const timer = setTimeout(() => {
      renew = true;
      waiting?.abort();
    }, renewed);
    try {
      const problems = await enter(begun, true);
      write(find("[data-alert]", form), problems.map(sayProblem).join(" "));
      renew = problems.length > 0;
    } catch (reason) {
      if (!(reason instanceof Cancelled)) {
        throw reason;
      }
    } finally {
      clearTimeout(timer);
    }
    if (renew) {
      await offer();
    }
  };
  const tryOffer = (): void => {
    offer().catch((reason: unknown) => {
      if (!(reason instanceof Refused)) { // passkeys are a convenience here: the other ways are on the page
        throw reason;
      }
    });
  };

  onSubmit("passkey", async () => {
    try {
      const problems = await enter(await begin(), false);
      if (problems.length > 0) {
        tryOffer();
      }
      return problems;
    } catch (reason) {
      tryOffer();
      throw reason;
    }
  });
  tryOffer();
}

/** Shows what needs a browser that has passkeys. */
export function showWithPasskeys(shown: boolean, within: ParentNode = document): void {
  show(all("[data-with-passkeys]", within), shown && hasPasskeys);
}
