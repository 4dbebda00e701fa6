/**
 * Where tokens are kept. Whatever can read it is signed in as the user, for up to 90 days.
 *
 * `shared` says that other tabs of this origin see the same content.
 */
export interface TokenStorage {
  get(): string | null | Promise<string | null>;
  set(text: string): void | Promise<void>;
  remove(): void | Promise<void>;
  readonly shared?: boolean;
}

/** Keeps tokens until the page is closed or reloaded. The default: nothing is left behind to steal. */
export function memoryStorage(): TokenStorage {
  let kept: string | null = null;
  return { get: () => kept, set: (text) => void (kept = text), remove: () => void (kept = null) };
}

/**
 * Keeps tokens in localStorage, so that a reload stays signed in, and all tabs share a session.
 *
 * The risk: every script that runs on the page, a faulty library among them, can read the refresh token there, carry it
 * off, and use it elsewhere until the session ends. Prefer cookies, which no script can read. Use this only when the
 * page and Latchkey are on different sites, and give the page a Content-Security-Policy.
 */
export function localStorageWithRisk(key = "latchkey"): TokenStorage {
  return {
    shared: true,
    get: () => localStorage.getItem(key),
    set: (text) => localStorage.setItem(key, text),
    remove: () => localStorage.removeItem(key),
  };
}
