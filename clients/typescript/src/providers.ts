import type { Client } from "./client.js";
import type { BeginProviderLoginResult, ProviderAuthResult } from "./generated.js";

// The verifier is for the tab in which the sign-in began.
const kept = "latchkey-provider";

const base64url = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (c) => ({ "+": "-", "/": "_" })[c] ?? "");

/**
 * Leaves the page to sign in with a provider, one of `authConfig.providers`. The browser comes back to `redirectUrl`, one
 * of the pages in LATCHKEY_REDIRECT_URLS: this page, unless you name another. Call `finishSignInWithProvider` there. It
 * resolves to errors if the page stays.
 */
export async function signInWithProvider(client: Client, provider: string, redirectUrl = location.origin + location.pathname): Promise<BeginProviderLoginResult> {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const challenge = base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
  const begun = await client.beginProviderLogin({ provider, redirectUrl, challenge });
  if (begun.ok) {
    sessionStorage.setItem(kept, verifier);
    location.assign(begun.authorizationUrl);
  }
  return begun;
}

/** What a browser came back with from a provider. */
export type ProviderReturn =
  /** `ACCESS_DENIED` or `PROVIDER_FAILED`. */
  | { error: string }
  /** The verifier is for what a `pendingIdentity` needs: `connectIdentity`, `requestProviderCode`, `registerWithProvider`. */
  | { error: null; result: ProviderAuthResult; verifier: string };

/** Finishes a sign-in with a provider that this tab began. Null: the browser did not come back from one. */
export async function finishSignInWithProvider(client: Client): Promise<ProviderReturn | null> {
  const here = new URL(location.href);
  const code = here.searchParams.get("code");
  const error = here.searchParams.get("error");
  const verifier = sessionStorage.getItem(kept);
  if (!verifier || (!code && !error)) return null;
  sessionStorage.removeItem(kept);
  here.searchParams.delete("code");
  here.searchParams.delete("error");
  history.replaceState(history.state, "", here); // a code is no part of an address to keep
  return code ? { error: null, result: await client.loginWithProvider({ code, verifier }), verifier } : { error: error ?? "" };
}
