import type { Tokens } from "./tokens.js";

export interface ServiceOptions {
  api: readonly string[];
  fetch: typeof globalThis.fetch;
  tokens: Tokens;
}

/** Sends a request to a service of the user's own with an access token, and again with the next one after a 401. */
export async function callService({ api, fetch, tokens }: ServiceOptions, request: Request): Promise<Response> {
  const { origin } = new URL(request.url);
  if (!api.includes(origin)) throw new TypeError(`${origin} is not among the origins of the option "api", so it gets no token.`);
  const again = request.clone();
  const token = await tokens.forService();
  const response = await fetch(withToken(request, token));
  if (response.status !== 401 || !token) return response;
  const next = await tokens.forService(token);
  return next && next !== token ? fetch(withToken(again, next)) : response;
}

function withToken(request: Request, token: string | null): Request {
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  return request;
}
