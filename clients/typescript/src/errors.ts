/** What is wrong with a request as a whole, by its `code`. */
export type RequestProblem =
  | { code: "UNAUTHENTICATED" | "FORBIDDEN" | "EMAIL_NOT_CONFIRMED" | "REAUTHENTICATION_REQUIRED" | "QUERY_TOO_COMPLEX" }
  | { code: "BAD_USER_INPUT"; path?: (string | number)[] }
  /** `enrolled`: whether the user has a second factor. */
  | { code: "SECOND_FACTOR_REQUIRED"; enrolled: boolean }
  | { code: "RATE_LIMITED"; retryAfterSeconds: number }
  /** The id is for the user to quote. */
  | { code: "INTERNAL"; requestId: string }
  /** There was no answer, or none from Latchkey. Nothing is known: do not sign the user out. */
  | { code: "NETWORK" };

/** The class of every error that the API, or the way to it, causes. `isRequestError` knows its fields too. */
export class LatchkeyError extends Error {
  override readonly name = "LatchkeyError";
  readonly code: string;

  /** Further properties are those of the GraphQL error's `extensions`. */
  constructor(message: string, extensions: { code: string }, options?: ErrorOptions) {
    super(message, options);
    Object.assign(this, extensions);
    this.code = extensions.code;
  }
}

/** A LatchkeyError with what comes along with its code. */
export type RequestError = LatchkeyError & RequestProblem;

/**
 * Whether an error is Latchkey's, so that its `code` can be switched over. An error of another copy of this package
 * counts too.
 */
export function isRequestError(error: unknown): error is RequestError {
  return error instanceof Error && error.name === "LatchkeyError";
}
