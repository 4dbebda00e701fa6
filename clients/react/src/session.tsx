import type { Client, SessionState, User } from "@latchkey-auth/client";
import { createContext, useCallback, useContext, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";
import { RecoveryCodes } from "./recovery-codes.js";

interface Provided {
  client: Client;
  codes: readonly string[];
  showCodes: (codes: readonly string[]) => void;
}

const Context = createContext<Provided | null>(null);

/** Gives a client to everything in it. Make the client once, outside of components. */
export function LatchkeyProvider({ client, children }: { client: Client; children?: ReactNode }) {
  const [codes, showCodes] = useState<readonly string[]>([]);
  const provided = useMemo(() => ({ client, codes, showCodes }), [client, codes]);
  return <Context.Provider value={provided}>{children}</Context.Provider>;
}

export function useProvided(): Provided {
  const provided = useContext(Context);
  if (!provided) throw new Error("This needs a LatchkeyProvider around it.");
  return provided;
}

/** The client, for all that the hooks do not do. */
export const useLatchkey = (): Client => useProvided().client;

// What a server renders, which knows no browser's session.
const loading: SessionState = { status: "loading", user: null };

/** Who is signed in, or why that is not known. */
export function useSession(): SessionState {
  const client = useLatchkey();
  const subscribe = useCallback((changed: () => void) => client.subscribe(changed), [client]);
  return useSyncExternalStore(subscribe, client.getState, () => loading);
}

/** The user, or null while nobody is signed in. */
export const useUser = (): User | null => useSession().user;

/**
 * Shows its children to a user. It spares others a page that is not for them; what keeps them out is your server. New
 * recovery codes come first: they are told once.
 */
export function SignedIn({ children }: { children?: ReactNode | ((user: User) => ReactNode) }) {
  const user = useUser();
  const { codes } = useProvided();
  if (!user) return null;
  if (codes.length) return <RecoveryCodes />;
  return typeof children === "function" ? children(user) : children;
}

/** Shows its children when it is known that nobody is signed in, also while a login waits for its second step. */
export function SignedOut({ children }: { children?: ReactNode }) {
  const { status } = useSession();
  return status === "signedOut" || status === "challenge" ? children : null;
}
