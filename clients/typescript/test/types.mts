// What users write, checked by tsc against the types that are published.
import { createClient, isRequestError, localStorageWithRisk, type UserError, type UserErrorCode } from "@latchkey-auth/client";
import { createServer } from "@latchkey-auth/client/server";

const auth = createClient({ url: "http://localhost:8080", mode: "tokens", storage: localStorageWithRisk() });

export async function signIn(email: string, password: string): Promise<string> {
  const result = await auth.login({ email, password });
  if (!result.ok) return result.errors[0].message;
  switch (result.status) {
    case "signedIn":
      return result.user.name ?? result.user.email;
    case "challenge":
      return result.challenge.kind;
    default:
      return result satisfies never;
  }
}

export async function signUp(email: string, password: string) {
  const result = await auth.register({ email, password });
  if (result.ok && result.status === "confirmEmail") return "Check your inbox.";
  // @ts-expect-error: whether there is a user is to be found out first
  return result.user;
}

// @ts-expect-error: the client says how the tokens come
void auth.login({ email: "", password: "", delivery: "BODY" });
// @ts-expect-error: a password is needed
void auth.login({ email: "" });

export function wait(error: unknown): number {
  if (!isRequestError(error)) return 0;
  switch (error.code) {
    case "RATE_LIMITED":
      return error.retryAfterSeconds;
    case "INTERNAL":
      return error.requestId.length;
    default:
      return 0;
  }
}

/** A switch over every code is exhaustive. */
export const known = (code: UserErrorCode, error: UserError): boolean => code === error.code;

auth.subscribe((state) => {
  if (state.status === "signedIn") console.log(state.user.email);
  // @ts-expect-error: nobody may be signed in
  console.log(state.user.email);
});

export async function secret(request: Request): Promise<Response> {
  const session = createServer({ url: "http://localhost:8080" }).session(request);
  const refusal = await session.guard();
  if (refusal) return refusal;
  return Response.json({ user: await session.user() });
}
