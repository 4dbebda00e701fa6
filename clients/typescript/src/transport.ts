import { LatchkeyError } from "./errors.js";
import { operations, type CallOptions, type Operations, type UserError } from "./generated.js";

/** What Latchkey answers to an operation. */
export interface Payload {
  errors?: UserError[];
  tokens?: TokenSet | null;
  [field: string]: unknown;
}

/** What a client keeps of a session. */
export interface TokenSet {
  accessToken: string | null;
  expiresAt: string;
  refreshToken: string | null;
}

/** One request: its headers are those beside what every one has. */
export interface Asked {
  document: string;
  variables?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

export interface TransportOptions {
  endpoint: string;
  fetch: typeof globalThis.fetch;
  credentials?: "include" | "omit"; // left out: there are none, as on a server
  timeout: number; // milliseconds
  onAnswer?: (response: Response) => void;
}

/** The base of a server, from its URL or that of its API. */
export const baseOf = (url: string) => url.replace(/\/+(graphql\/*)?$/, "");

/** The headers of a token. */
export const bearer = (token: string | null | undefined): Record<string, string> => (token ? { Authorization: `Bearer ${token}` } : {});

/** The document of an operation, which asks for all there is. */
export function documentOf(name: keyof Operations): string {
  const [kind, variables, fields] = operations[name];
  const declared = variables && `(${variables.replace(/\w+:/g, "$$$&")})`;
  const given = variables && `(${variables.replace(/(\w+):\S+/g, "$1:$$$1")})`;
  return `${kind} ${name}${declared}{${name}${given}{${fields}}}`;
}

/**
 * Returns a function that sends a document and resolves to its data. It throws a LatchkeyError: with the code of the
 * first GraphQL error, or NETWORK if there was no answer of Latchkey's.
 */
export function createTransport({ endpoint, fetch, credentials, timeout, onAnswer }: TransportOptions) {
  return async function send<D>({ document, variables, headers, signal }: Asked): Promise<D> {
    const abort = new AbortController();
    const stop = () => abort.abort(signal?.reason);
    const timer = setTimeout(stop, timeout);
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    let response: Response | undefined;
    let answer: { data?: D | null; errors?: { message: string; path?: unknown; extensions?: { code?: string } }[] };
    try {
      response = await fetch(endpoint, {
        method: "POST",
        ...(credentials && { credentials }),
        cache: "no-store",
        signal: abort.signal,
        // Under this type a request of which nothing was executed has a status of its own.
        headers: { "Content-Type": "application/json", Accept: "application/graphql-response+json, application/json;q=0.9", ...headers },
        body: JSON.stringify({ query: document, variables }),
      });
      onAnswer?.(response);
      answer = await response.json();
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      throw new LatchkeyError(response ? `The answer is not Latchkey's (status ${response.status}).` : "There was no answer.", { code: "NETWORK" }, { cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
    const [error] = answer.errors ?? [];
    if (error) {
      throw new LatchkeyError(error.message, { code: "INTERNAL", ...(error.path ? { path: error.path } : {}), ...error.extensions });
    }
    if (!answer.data) throw new LatchkeyError(`The answer is not Latchkey's (status ${response.status}).`, { code: "NETWORK" });
    return answer.data;
  };
}

/** Asks for an operation: resolves to what Latchkey answers, tokens included. */
export type Ask = (name: keyof Operations, input: unknown, options?: CallOptions) => Promise<Payload>;

/** The result that a caller gets of a payload: without tokens, and with what there is to branch by. */
export function resultOf(payload: Payload): unknown {
  if (!payload.errors) return payload; // of a query
  const { errors, tokens, trustedDevice, ...result } = payload;
  if (errors.length) return { ok: false, errors };
  if ("challenge" in payload) {
    const { challenge, pendingIdentity, user, session } = payload;
    if (challenge) return { ok: true, status: "challenge", challenge };
    if (pendingIdentity) return { ok: true, status: "pendingIdentity", pendingIdentity };
    return user ? { ok: true, status: "signedIn", user, session } : { ok: true, status: "confirmEmail" };
  }
  return { ok: true, ...result };
}

/** The methods of the API, each of which asks. */
export function methodsOf(ask: Ask): Operations {
  const methods: Record<string, unknown> = {};
  for (const name of Object.keys(operations) as (keyof Operations)[]) {
    const takesInput = operations[name][1];
    methods[name] = async (...given: unknown[]) => {
      const [input, options] = takesInput ? given : [undefined, given[0]];
      return resultOf(await ask(name, input, options as CallOptions | undefined));
    };
  }
  return methods as unknown as Operations;
}

/** The variables of an operation. `delivery` is said only where the input has it. */
export function variablesOf(name: keyof Operations, input: unknown, delivery: "COOKIE" | "BODY") {
  const [, variables, , flags = 0] = operations[name];
  if (!variables.startsWith("input:")) return input;
  return { input: flags & 1 ? { ...(input as object), delivery } : input };
}
