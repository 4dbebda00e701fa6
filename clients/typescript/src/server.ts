/**
 * For servers that render pages or answer your own API: reads the session cookie (or the bearer) of a request, asks
 * Latchkey who that is, and guards routes. It works with whatever has Request and Headers of the web platform.
 */
import { isRequestError, LatchkeyError } from "./errors.js";
import { type Operations, type User } from "./generated.js";
import { baseOf, createTransport, bearer, documentOf, methodsOf, variablesOf, type Payload } from "./transport.js";

export { isRequestError, LatchkeyError, type RequestError, type RequestProblem } from "./errors.js";
export type * from "./generated.js";

export interface ServerOptions {
  /** Where this server reaches Latchkey. */
  url: string;
  /** Where browsers are sent to sign in: a path of yours, or a page of Latchkey's. `/sign-in` unless you say otherwise. */
  signIn?: string;
  fetch?: typeof globalThis.fetch;
  /** How long one request may take, in milliseconds; 8000 unless you say otherwise. */
  timeout?: number;
}

/** What a request is told by: itself, or its headers alone. */
export type Source = Request | { headers: Headers } | Pick<Headers, "get">;

export interface SourceOptions {
  /**
   * The address of the browser, as your framework or proxy tells it and never as the browser does. Latchkey limits
   * attempts by it, if it knows your server by LATCHKEY_TRUSTED_PROXIES.
   */
  clientAddress?: string;
}

/** The session of one request, with the methods of the API. */
export interface ServerSession extends Operations {
  /** Resolves to the user, or to null if nobody is signed in. It asks once, and throws if that cannot be found out. */
  user(): Promise<User | null>;
  /** What Latchkey did to the cookie: hand on each as a Set-Cookie header of your answer. */
  readonly setCookies: string[];
  /** Resolves to null for a user, and otherwise to the answer to give: 303 to the page for signing in, or 401. */
  guard(): Promise<Response | null>;
}

export interface Server {
  session(source: Source, options?: SourceOptions): ServerSession;
}

// Latchkey's cookies, of a session and of a trusted device: the first by https, the others in development. No other
// cookie is its business.
const ownCookie = /^(__Host-latchkey|latchkey(_\d+)?)(_device)?=/;

export function createServer({ url, signIn = "/sign-in", timeout = 8000, ...options }: ServerOptions): Server {
  const fetch: typeof globalThis.fetch = options.fetch ?? ((...given) => globalThis.fetch(...given));

  function session(source: Source, { clientAddress }: SourceOptions = {}): ServerSession {
    const incoming = "headers" in source ? source.headers : source;
    const cookies = (incoming.get("cookie") ?? "").split(/;\s*/).filter((cookie) => ownCookie.test(cookie));
    const setCookies: string[] = [];
    const send = createTransport({
      endpoint: baseOf(url) + "/graphql",
      fetch,
      timeout,
      onAnswer(answer) {
        for (const line of answer.headers.getSetCookie().filter((line) => ownCookie.test(line))) {
          // The next request of this session has what the browser will have.
          const [cookie = ""] = line.split(";");
          const name = cookie.slice(0, cookie.indexOf("=") + 1);
          cookies.splice(0, Infinity, ...cookies.filter((other) => !other.startsWith(name)), ...(cookie === name ? [] : [cookie]));
          setCookies.splice(0, Infinity, ...setCookies.filter((other) => !other.startsWith(name)), line);
        }
      },
    });

    let asked: Promise<User | null> | undefined;
    async function ask(name: keyof Operations, input: unknown, { token, signal }: { token?: string; signal?: AbortSignal } = {}): Promise<Payload> {
      const authorization = incoming.get("authorization");
      const userAgent = incoming.get("user-agent");
      const data = await send<Record<string, Payload>>({
        document: documentOf(name),
        variables: variablesOf(name, input, "COOKIE"),
        signal,
        headers: {
          ...(authorization && { Authorization: authorization }),
          ...bearer(token),
          ...(cookies.length && { Cookie: cookies.join("; ") }),
          ...(userAgent && { "User-Agent": userAgent }),
          ...(clientAddress && { "X-Forwarded-For": clientAddress }),
        },
      });
      if (name !== "me") asked = undefined; // it may have changed who that is
      const payload = data[name];
      if (!payload) throw new LatchkeyError("The answer lacks what was asked for.", { code: "NETWORK" });
      return payload;
    }
    const methods = methodsOf(ask);

    function user() {
      const known = cookies.some((cookie) => !cookie.includes("_device=")) || incoming.get("authorization") !== null;
      asked ??= known ? methods.me().catch(nobody) : Promise.resolve(null);
      return asked;
    }

    async function guard() {
      if (await user()) return null;
      const page = incoming.get("accept")?.includes("text/html");
      const headers = { "Cache-Control": "no-store" };
      if (!page) return Response.json({ error: "UNAUTHENTICATED" }, { status: 401, headers });
      return new Response(null, { status: 303, headers: { ...headers, Location: signIn } });
    }

    return { ...methods, user, guard, setCookies };
  }

  return { session };
}

// Only these say that there is no session to work with. An outage signs nobody out.
function nobody(error: unknown): null {
  if (isRequestError(error) && ["UNAUTHENTICATED", "SECOND_FACTOR_REQUIRED", "EMAIL_NOT_CONFIRMED"].includes(error.code)) return null;
  throw error;
}

/** What `guardHono` needs of a context. */
interface HonoContext {
  req: { raw: Request };
  set(name: string, value: unknown): void;
  header(name: string, value: string, options: { append: boolean }): void;
}

/** A middleware for Hono: guards what comes after it, which finds the user as `c.get("user")` and the session as `c.get("latchkey")`. */
export function guardHono(server: Server) {
  return async (c: HonoContext, next: () => Promise<void>): Promise<Response | void> => {
    const session = server.session(c.req.raw);
    const refusal = await session.guard();
    if (refusal) return refusal;
    c.set("user", await session.user());
    c.set("latchkey", session);
    await next();
    for (const line of session.setCookies) c.header("Set-Cookie", line, { append: true });
  };
}

/** What `handleSvelteKit` needs of an event. */
interface SvelteKitEvent {
  request: Request;
  locals: object;
  getClientAddress(): string;
}

/** A handle for SvelteKit's hooks: `event.locals.user` and `event.locals.latchkey`, and their cookies on the answer. */
export function handleSvelteKit(server: Server) {
  return async <E extends SvelteKitEvent>({ event, resolve }: { event: E; resolve: (event: E) => Response | Promise<Response> }): Promise<Response> => {
    const session = server.session(event.request, { clientAddress: event.getClientAddress() });
    Object.assign(event.locals, { latchkey: session, user: await session.user() });
    const response = await resolve(event);
    for (const line of session.setCookies) response.headers.append("Set-Cookie", line);
    return response;
  };
}
