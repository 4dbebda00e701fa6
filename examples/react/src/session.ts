import { useSyncExternalStore } from "react";
import type { LoginFragment } from "./generated";

// The tokens are in memory only: a script that got into the page would find them anywhere else, and a refresh
// token lasts for months. So a reload signs out. A page on the same site as Latchkey takes the cookie instead.
let tokens: LoginFragment | null = null;
const listeners = new Set<() => void>();

export const session = {
  tokens: () => tokens,

  set(next: LoginFragment | null) {
    tokens = next;
    for (const listener of listeners) listener();
  },

  subscribe(listener: () => void) {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
};

export function useSignedIn(): boolean {
  return useSyncExternalStore(session.subscribe, () => tokens !== null);
}
