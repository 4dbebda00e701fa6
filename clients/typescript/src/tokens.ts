import { isRequestError, LatchkeyError } from "./errors.js";
import type { TokenStorage } from "./storage.js";
import type { Tabs } from "./tabs.js";
import { documentOf, type Asked, type Payload, type TokenSet } from "./transport.js";

export interface TokensOptions {
  byCookie: boolean;
  storage: TokenStorage;
  tabs: Tabs;
  send: <D>(asked: Asked) => Promise<D>;
  ended: () => void; // the session has ended
}

/** What is in the storage. The trust in this device outlives a session. */
interface Stored {
  tokens: TokenSet | null;
  device?: string;
}

export type Tokens = ReturnType<typeof createTokens>;

// A token that expires so soon may not survive its way; and a clock that is wrong does not ask for one at each request.
const margin = 30_000; // milliseconds
const pause = 60_000;

/** The tokens of a session: kept, refreshed once for all who wait, and handed to services. */
export function createTokens({ byCookie, storage, tabs, send, ended }: TokensOptions) {
  let renewing: Promise<boolean> | undefined;
  let renewedAt = 0;
  let service: TokenSet | null = null; // by cookie: the token for services, in memory only
  let serving: Promise<string | null> | undefined;

  async function stored(): Promise<Stored> {
    const text = await storage.get();
    return text ? (JSON.parse(text) as Stored) : { tokens: null };
  }

  const read = async () => (await stored()).tokens;

  async function keep(tokens: TokenSet | null) {
    service = null;
    if (byCookie) return;
    const { device } = await stored();
    if (!tokens && !device) return storage.remove();
    const kept = tokens && { accessToken: tokens.accessToken, expiresAt: tokens.expiresAt, refreshToken: tokens.refreshToken };
    return storage.set(JSON.stringify({ tokens: kept, device }));
  }

  // For 30 seconds a refresh token gets the same successor again, so an answer may be lost.
  async function refresh(variables: unknown): Promise<Payload> {
    for (let tries = 1; ; tries++) {
      try {
        const { refreshSession } = await send<{ refreshSession: Payload }>({ document: documentOf("refreshSession"), variables });
        return refreshSession;
      } catch (error) {
        if (tries === 3 || !isRequestError(error) || error.code !== "NETWORK") throw error;
        await new Promise((resolve) => setTimeout(resolve, 300 * tries));
      }
    }
  }

  async function next(refused: string): Promise<boolean> {
    const before = await read();
    if (before?.accessToken !== refused) return before !== null; // another tab was faster
    if (before.refreshToken) {
      const { tokens, errors } = await refresh({ input: { refreshToken: before.refreshToken } });
      const now = await read();
      if (now?.refreshToken !== before.refreshToken) return now !== null; // signed out or in meanwhile
      if (tokens) {
        renewedAt = Date.now();
        await keep(tokens); // before anyone uses them
        return true;
      }
      if (!errors?.some(({ code }) => code === "REFRESH_TOKEN_INVALID")) throw new LatchkeyError("The session could not be refreshed.", { code: "NETWORK" });
    }
    await keep(null);
    ended();
    return false;
  }

  /** Gets the next tokens in place of an access token that was refused. Resolves to false when the session has ended. */
  function renew(refused: string): Promise<boolean> {
    renewing ??= tabs.exclusively(() => next(refused)).finally(() => (renewing = undefined));
    return renewing;
  }

  const expiresSoon = ({ expiresAt }: TokenSet) => Date.parse(expiresAt) - Date.now() < margin && Date.now() - renewedAt > pause;

  async function ofCookie(refused?: string): Promise<string | null> {
    if (service && service.accessToken !== refused && !expiresSoon(service)) return service.accessToken;
    const { tokens } = await refresh({});
    if (tokens && !tokens.accessToken) {
      throw new LatchkeyError("Sessions of this server have no tokens for other services: see LATCHKEY_ACCESS_TOKEN.", { code: "FORBIDDEN" });
    }
    renewedAt = Date.now();
    service = tokens ?? null;
    return service?.accessToken ?? null;
  }

  return {
    read,
    keep,
    renew,
    /** The token by which logins on this device skip the second factor. */
    device: async () => (byCookie ? undefined : (await stored()).device),
    trust: async (device: string) => storage.set(JSON.stringify({ ...(await stored()), device })),
    forgetService: () => void (service = null),

    /** Resolves to a token for other services in place of one that was refused, if any; null: nobody is signed in. */
    async forService(refused?: string): Promise<string | null> {
      if (byCookie) {
        serving ??= ofCookie(refused).finally(() => (serving = undefined));
        return serving;
      }
      const tokens = await read();
      if (tokens?.accessToken && (tokens.accessToken === refused || (tokens.refreshToken && expiresSoon(tokens)))) await renew(tokens.accessToken);
      return (await read())?.accessToken ?? null;
    },
  };
}
