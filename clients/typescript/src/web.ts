// The client that a server serves at /client.js: `createClient()` is one of that server.
import { createClient as create, type Client, type ClientOptions } from "./client.js";

export { isRequestError, LatchkeyError } from "./errors.js";
export { addPasskey, completeLoginWithPasskey, hasPasskeys, signInWithPasskey } from "./passkeys.js";
export { finishSignInWithProvider, signInWithProvider } from "./providers.js";
export { localStorageWithRisk, memoryStorage } from "./storage.js";

export function createClient(options?: Partial<ClientOptions>): Client {
  return create({ url: new URL(".", import.meta.url).href, ...options });
}
