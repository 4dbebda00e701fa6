import type { Client } from "./client.js";
import type { AddPasskeyResult, AuthResult, CompleteLoginResult, JSONObject } from "./generated.js";

/** Whether this browser has passkeys. */
export const hasPasskeys = () => typeof PublicKeyCredential !== "undefined" && typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function";

export interface SignInWithPasskeyOptions {
  /**
   * Offers passkeys where the address is typed (`autocomplete="username webauthn"`), instead of a dialog of its own.
   * Begin with it when the page opens, and abort it when the user signs in otherwise.
   */
  conditional?: boolean;
  signal?: AbortSignal;
}

/**
 * Signs in with a passkey. It throws what the browser throws: a DOMException named NotAllowedError when the user has
 * cancelled, or AbortError.
 */
export async function signInWithPasskey(client: Client, { conditional, signal }: SignInWithPasskeyOptions = {}): Promise<AuthResult> {
  const begun = await client.beginPasskeyLogin();
  if (!begun.ok) return begun;
  const credential = await prove(begun.options, { ...(conditional && { mediation: "conditional" }), ...(signal && { signal }) });
  const result = await client.loginWithPasskey({ state: begun.state, credential });
  if (!result.ok && result.errors[0].code === "NOT_FOUND") await forget(begun.options, credential);
  return result;
}

/** Completes a login that waits for its second step with a passkey, where `challenge.passkeyOptions` is not null. */
export async function completeLoginWithPasskey(client: Client, input: { trustDevice?: boolean } = {}): Promise<CompleteLoginResult> {
  const state = client.getState();
  if (state.status !== "challenge" || !state.challenge.passkeyOptions) throw new TypeError("No login waits for a passkey.");
  return client.completeLogin({ ...input, passkey: await prove(state.challenge.passkeyOptions) });
}

/** Adds a passkey to the account, or completes a login that waits for a second factor to be set up. */
export async function addPasskey(client: Client, name?: string): Promise<AddPasskeyResult> {
  const begun = await client.beginPasskey();
  if (!begun.ok) return begun;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.options as unknown as PublicKeyCredentialCreationOptionsJSON);
  const credential = await navigator.credentials.create({ publicKey });
  return client.addPasskey({ state: begun.state, credential: toJSON(credential), name });
}

async function prove(options: JSONObject, more: CredentialRequestOptions = {}): Promise<JSONObject> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as unknown as PublicKeyCredentialRequestOptionsJSON);
  return toJSON(await navigator.credentials.get({ publicKey, ...more }));
}

function toJSON(credential: Credential | null): JSONObject {
  if (!credential) throw new DOMException("There is no passkey.", "NotAllowedError");
  return (credential as PublicKeyCredential).toJSON() as unknown as JSONObject;
}

// The server has no such passkey, so the browser need not offer it again.
async function forget(options: JSONObject, credential: JSONObject) {
  const { signalUnknownCredential } = PublicKeyCredential as { signalUnknownCredential?: (about: object) => Promise<void> };
  await signalUnknownCredential?.({ rpId: options["rpId"], credentialId: credential["id"] }).catch(() => undefined);
}
