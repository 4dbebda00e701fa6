import type { Operation } from "./operations";

/** What the API answers when there is something wrong with the request as a whole. */
export class Refused extends Error {
  constructor(
    /** As in `extensions.code`; NETWORK: there was no answer. */
    readonly code: string,
    message: string,
    readonly retryAfterSeconds = 0,
    readonly requestId = "",
  ) {
    super(message);
  }
}

interface Answer<D> {
  readonly data?: D;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly retryAfterSeconds?: number; readonly requestId?: string };
  }[];
}

/**
 * Sends an operation with the cookie of this origin, as any page on the same site would. The address is
 * relative, because the server may be mounted under a prefix. A token goes in place of the cookie. It throws Refused, also
 * when a signal ends the wait.
 */
export async function send<V, D>(operation: Operation<V, D>, variables: V, token = "", signal: AbortSignal | null = null): Promise<D> {
  let response: Response;
  let answer: Answer<D>;
  try {
    response = await fetch("graphql", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ query: operation.document, variables }),
      signal,
    });
    answer = (await response.json()) as Answer<D>;
  } catch {
    throw new Refused("NETWORK", "");
  }

  const error = answer.errors?.[0];
  if (error) {
    const { code = "INTERNAL", retryAfterSeconds, requestId } = error.extensions ?? {};
    throw new Refused(code, error.message, retryAfterSeconds, requestId ?? response.headers.get("X-Request-Id") ?? "");
  }
  if (!answer.data) {
    throw new Refused("INTERNAL", "", 0, response.headers.get("X-Request-Id") ?? "");
  }
  return answer.data;
}
