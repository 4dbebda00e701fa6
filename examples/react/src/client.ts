import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { ErrorLink } from "@apollo/client/link/error";
import { from, switchMap, throwError } from "rxjs";
import { RefreshDocument, type LoginFragment } from "./generated";
import { session } from "./session";

// Each request carries the access token of that moment, and remembers which it was.
const withToken = new ApolloLink((operation, forward) => {
  const { anonymous = false, headers = {} } = operation.getContext();
  const token = anonymous ? null : session.tokens()?.accessToken;
  operation.setContext({ sent: token, headers: token ? { ...headers, Authorization: `Bearer ${token}` } : headers });
  return forward(operation);
});

// A token that has expired is nobody's business: get the next one and send the same again, once.
const silentRefresh = new ErrorLink(({ error, operation, forward }) => {
  const { sent } = operation.getContext();
  if (!sent || codeOf(error) !== "UNAUTHENTICATED") return;
  if (sent !== session.tokens()?.accessToken) {
    return session.tokens() ? forward(operation) : undefined; // somebody else was faster
  }
  return from(refresh()).pipe(switchMap(() => (session.tokens() ? forward(operation) : throwError(() => error))));
});

export const client = new ApolloClient({
  link: ApolloLink.from([silentRefresh, withToken, new HttpLink({ uri: import.meta.env.VITE_LATCHKEY ?? "/graphql" })]),
  cache: new InMemoryCache(),
});

let refreshing: Promise<void> | null = null;

// A refresh token works once: however many requests find the access token expired, one of them refreshes and
// the others wait for it.
function refresh(): Promise<void> {
  refreshing ??= nextTokens().finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function nextTokens(): Promise<void> {
  const before = session.tokens();
  if (!before?.refreshToken) return forget(); // access tokens are opaque here, and last as long as the session
  const { data } = await client.mutate({
    mutation: RefreshDocument,
    variables: { refreshToken: before.refreshToken },
    context: { anonymous: true },
  });
  if (session.tokens() !== before) return; // signed out meanwhile
  const tokens = data?.refreshSession?.tokens ?? null;
  if (tokens) session.set(tokens);
  else await forget(); // the session has ended: the page for signing in comes back by itself
}

// What is wrong with a request itself, by its code.
export function codeOf(error: unknown): unknown {
  return CombinedGraphQLErrors.is(error) ? error.errors[0]?.extensions?.["code"] : undefined;
}

// What one user was shown is not for the next one.
export async function remember(tokens: LoginFragment): Promise<void> {
  await client.clearStore();
  session.set(tokens);
}

export async function forget(): Promise<void> {
  session.set(null);
  await client.clearStore();
}
