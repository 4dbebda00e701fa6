/** A client for Latchkey servers. `createClient` is where to begin. */
export { createClient, type Client, type ClientOptions, type SessionState } from "./client.js";
export { isRequestError, LatchkeyError, type RequestError, type RequestProblem } from "./errors.js";
export { addPasskey, completeLoginWithPasskey, hasPasskeys, signInWithPasskey, type SignInWithPasskeyOptions } from "./passkeys.js";
export { finishSignInWithProvider, signInWithProvider, type ProviderReturn } from "./providers.js";
export { localStorageWithRisk, memoryStorage, type TokenStorage } from "./storage.js";
export type * from "./generated.js";
