import { isRequestError, LatchkeyError } from "./errors.js";
import { operations, type CallOptions, type LoginChallenge, type Operations, type Session, type TrustedDeviceToken, type User } from "./generated.js";
import { callService } from "./service.js";
import { createTokens } from "./tokens.js";
import { memoryStorage, type TokenStorage } from "./storage.js";
import { alone, connectTabs } from "./tabs.js";
import { baseOf, bearer, createTransport, documentOf, methodsOf, variablesOf, type Payload } from "./transport.js";

export interface ClientOptions {
  /** Where Latchkey is: `https://auth.your-site.com`. */
  url: string;
  /**
   * `cookie`, the default: a cookie that no script can read carries the session. For pages on the same site as Latchkey.
   * `tokens`: this client keeps tokens. For apps, and for pages on another site.
   */
  mode?: "cookie" | "tokens";
  /** Where tokens are kept, in the mode `tokens`: in memory, unless you choose something else. */
  storage?: TokenStorage;
  /** The origins of your own services, to which `fetch` may send a token: `https://api.your-site.com`. */
  api?: readonly string[];
  /** In place of the global one. */
  fetch?: typeof globalThis.fetch;
  /** How long one request may take, in milliseconds; 8000 unless you say otherwise. */
  timeout?: number;
}

/** Who is signed in, as far as this client knows. */
export type SessionState =
  /** The server has not been asked yet. */
  | { readonly status: "loading"; readonly user: null }
  | { readonly status: "signedOut"; readonly user: null }
  /** A login waits for its second step: `completeLogin`, or `beginTotp` and `confirmTotp`. */
  | { readonly status: "challenge"; readonly user: null; readonly challenge: LoginChallenge }
  | { readonly status: "signedIn"; readonly user: User }
  /** It could not be found out: try `reload` again. */
  | { readonly status: "unavailable"; readonly user: null; readonly error: unknown };

/** A client of one server. Make one, and use it everywhere on the page. */
export interface Client extends Omit<Operations, "refreshSession"> {
  /** The URL of the server, without a slash at its end. */
  readonly url: string;
  getState(): SessionState;
  /**
   * Calls `listener` now and at each change, until the function that it returns is called. The first subscription asks
   * the server who is signed in.
   */
  subscribe(listener: (state: SessionState) => void): () => void;
  /** Asks the server who is signed in. It never fails: see the status `unavailable`. */
  reload(): Promise<SessionState>;
  /** Resolves to the state as soon as it is no longer `loading`. */
  ready(): Promise<SessionState>;
  /**
   * Resolves to an access token for your own services, refreshed if need be, or to null if nobody is signed in. In the
   * mode `cookie` there are such tokens only if the server issues JWTs (LATCHKEY_ACCESS_TOKEN=jwt).
   */
  getAccessToken(): Promise<string | null>;
  /**
   * `fetch` with an access token, for your own services: those of the option `api`. It throws for any other, and sends
   * a request again, once, when its token was refused.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /**
   * Sends a document of your own as whoever is signed in, and resolves to its data. After a refresh it is sent again,
   * so do not mix fields that need a session with mutations that do not.
   */
  request<D>(document: string, variables?: Record<string, unknown>, options?: CallOptions): Promise<D>;
  /** Forgets a challenge, so that the login begins again. */
  cancelChallenge(): void;
  /** Stops listening to other tabs. */
  close(): void;
}

/** What of an answer has to do with the session. */
interface Followed extends Payload {
  user?: User;
  session?: Session;
  challenge?: LoginChallenge;
  trustedDevice?: TrustedDeviceToken | null;
}

// The server knows somebody, and lets them do nothing until they sign in anew.
const mustSignIn = ["UNAUTHENTICATED", "SECOND_FACTOR_REQUIRED", "EMAIL_NOT_CONFIRMED"];

export function createClient(options: ClientOptions): Client {
  const { mode = "cookie", storage = memoryStorage(), api = [], timeout = 8000 } = options;
  const url = baseOf(options.url);
  const byCookie = mode === "cookie";
  const fetch: typeof globalThis.fetch = options.fetch ?? ((...given) => globalThis.fetch(...given));
  const send = createTransport({ endpoint: url + "/graphql", fetch, timeout, credentials: byCookie ? "include" : "omit" });
  const tabs = byCookie || storage.shared ? connectTabs(`latchkey ${url}`, () => void heard()) : alone;
  const tokens = createTokens({ byCookie, storage, tabs, send, ended: () => become({ status: "signedOut", user: null }) });

  let state: SessionState = { status: "loading", user: null };
  let generation = 0; // counts the changes of who is signed in
  let loading: Promise<SessionState> | undefined;
  const listeners = new Set<(state: SessionState) => void>();

  // become tells whoever listens, and the other tabs unless it was them who told this one.
  function become(next: SessionState, quietly = false) {
    const { user: before, status } = state;
    if (next.status === status && next.status === "signedOut") return;
    if (next.user?.id !== before?.id) {
      generation++;
      tokens.forgetService();
    }
    state = next;
    for (const listener of [...listeners]) listener(next);
    const known = status !== "loading" && status !== "unavailable";
    if (!quietly && (next.status === "signedIn" || (next.status === "signedOut" && known))) tabs.tell();
  }

  // Another tab has signed in or out. A login in progress here stays.
  async function heard() {
    await loading; // which may have asked before that
    if (state.status !== "loading" && state.status !== "challenge") await load(true);
  }

  function load(quietly = false): Promise<SessionState> {
    loading ??= askWho(quietly).finally(() => (loading = undefined));
    return loading;
  }

  async function askWho(quietly: boolean): Promise<SessionState> {
    const begun = generation;
    try {
      const signedOut = !byCookie && !(await tokens.read());
      const user = signedOut ? null : ((await ask("me", undefined)) as unknown as User);
      if (begun !== generation) return state; // somebody signed in or out meanwhile
      become(user ? { status: "signedIn", user } : { status: "signedOut", user: null }, quietly || state.user?.id === user?.id);
    } catch (error) {
      if (begun !== generation) return state;
      if (isRequestError(error) && mustSignIn.includes(error.code)) become({ status: "signedOut", user: null }, quietly);
      else if (state.status !== "signedIn") become({ status: "unavailable", user: null, error });
    }
    return state;
  }

  // authorized sends with the session of this client, and once more if its access token had expired. A request that is
  // refused for want of a session was not executed.
  async function authorized<D>(document: string, variables: unknown, signal?: AbortSignal, headers?: Record<string, string>): Promise<D> {
    const begun = generation;
    const used = byCookie ? null : (await tokens.read())?.accessToken;
    try {
      return await send<D>({ document, variables, headers: { ...headers, ...bearer(used) }, signal });
    } catch (error) {
      if (!isRequestError(error) || error.code !== "UNAUTHENTICATED") throw error;
      if (used && (await tokens.renew(used))) {
        return send<D>({ document, variables, headers: bearer((await tokens.read())?.accessToken), signal });
      }
      if (begun === generation && state.status === "signedIn") become({ status: "signedOut", user: null });
      throw error;
    }
  }

  async function ask(name: keyof Operations, input: unknown, { token, signal }: CallOptions = {}): Promise<Payload> {
    const document = documentOf(name);
    const variables = variablesOf(name, input, byCookie ? "COOKIE" : "BODY");
    const flags = operations[name][3] ?? 0;
    const challenge = state.status === "challenge" && flags & 2 ? state.challenge.token : undefined;
    token ??= challenge;
    const device = flags & 1 ? await tokens.device() : undefined;
    let data: Record<string, Payload>;
    try {
      data = token ? await send({ document, variables, headers: bearer(token), signal }) : await authorized(document, variables, signal, device ? { "Latchkey-Device": device } : {});
    } catch (error) {
      // Too many tries, or too late: the login begins again.
      if (challenge && isRequestError(error) && error.code === "UNAUTHENTICATED") become({ status: "signedOut", user: null }, true);
      throw error;
    }
    const payload = data[name];
    if (!payload) throw new LatchkeyError("The answer lacks what was asked for.", { code: "NETWORK" });
    if (!payload.errors?.length) await follow(name, input, payload);
    return payload;
  }

  // follow does to the session of this client what an operation has done to it on the server.
  async function follow(name: keyof Operations, input: unknown, payload: Payload) {
    const { tokens: next, user, session, challenge, trustedDevice } = payload as Followed;
    if (challenge) return become({ status: "challenge", user: null, challenge });
    if (next) {
      generation++;
      await tokens.keep(next);
    }
    if (trustedDevice?.token) await tokens.trust(trustedDevice.token);
    if (user && (next || state.user?.id === user.id)) return become({ status: "signedIn", user });
    const ended =
      name === "logout" ||
      name === "deleteAccount" ||
      (name === "logoutAll" && !(input as { keepCurrent?: boolean } | undefined)?.keepCurrent) ||
      (name === "revokeSession" && session?.current);
    if (ended) await signedOut();
    return undefined;
  }

  async function signedOut() {
    generation++;
    await tokens.keep(null);
    become({ status: "signedOut", user: null });
  }

  const { refreshSession: _, ...methods } = methodsOf(ask);
  const client: Client = {
    ...methods,
    url,
    getState: () => state,
    subscribe(listener) {
      // Each subscription counts, also of one listener that subscribes twice.
      const own = (next: SessionState) => listener(next);
      listeners.add(own);
      own(state);
      if (state.status === "loading") void load();
      return () => void listeners.delete(own);
    },
    reload: () => load(),
    ready: async () => (state.status === "loading" ? load() : state),
    getAccessToken: () => tokens.forService(),
    fetch: (input, init) => callService({ api, fetch, tokens }, new Request(input, init)),
    request: (document, variables, { token, signal } = {}) =>
      token ? send({ document, variables, headers: bearer(token), signal }) : authorized(document, variables, signal),
    // Without a connection, tokens are forgotten here all the same; a cookie is not this client's to forget.
    async logout(given) {
      try {
        if (!byCookie) await tokens.forService().catch(() => null); // an access token that has expired ends nothing
        return await methods.logout(given);
      } finally {
        if (!byCookie) await signedOut();
      }
    },
    cancelChallenge() {
      if (state.status === "challenge") become({ status: "signedOut", user: null }, true);
    },
    close: () => tabs.close(),
  };
  return client;
}
