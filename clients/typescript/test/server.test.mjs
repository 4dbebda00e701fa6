import assert from "node:assert/strict";
import { test } from "node:test";
import { createServer, guardHono, handleSvelteKit } from "@latchkey-auth/client/server";
import { newEmail, password, serve } from "./latchkey.mjs";

const url = await serve();
const site = createServer({ url, signIn: "/enter" });
const page = { accept: "text/html" };

/** Signs up by way of the site, and resolves to the headers that the browser sends from then on. */
async function visitor() {
  const session = site.session(new Headers({ "user-agent": "Firefox" }));
  const email = newEmail();
  const result = await session.register({ email, password, name: "Ada" });
  assert.equal(result.status, "signedIn");
  assert.equal(session.setCookies.length, 1);
  assert.match(session.setCookies[0], /HttpOnly/);
  assert.equal((await session.user()).email, email, "the session does not know its own cookie");
  return { email, headers: { ...page, cookie: `theme=dark; ${session.setCookies[0].split(";")[0]}` } };
}

test("reads the cookie, asks who that is, and hands on no other cookie", async () => {
  const { email, headers } = await visitor();
  let sent;
  const spy = createServer({ url, fetch: (input, init) => fetch(input, (sent = init)) });
  const session = spy.session(new Headers(headers), { clientAddress: "203.0.113.7" });
  assert.equal((await session.user()).email, email);
  assert.match(sent.headers.Cookie, /^latchkey_\d+=[^;]+$/);
  assert.equal(sent.headers["X-Forwarded-For"], "203.0.113.7");
  assert.equal(await session.guard(), null);
});

test("guards a route: pages lead to the sign-in, programs get 401, and an outage is none of these", async () => {
  const stranger = await site.session(new Request("http://site.example/secret", { headers: page })).guard();
  assert.equal(stranger.status, 303);
  assert.equal(stranger.headers.get("location"), "/enter");
  const stale = await site.session(new Headers({ cookie: "latchkey=lk_ses_nothing" })).guard();
  assert.equal(stale.status, 401);
  const down = createServer({ url: "http://127.0.0.1:1" });
  await assert.rejects(down.session(new Headers({ cookie: "latchkey=x" })).user(), { code: "NETWORK" });
  const asksNobody = createServer({ url, fetch: () => assert.fail("a request without a cookie asks Latchkey") });
  assert.equal(await asksNobody.session(new Headers({ cookie: "theme=dark" })).user(), null);
});

test("a sign-out clears the cookie", async () => {
  const { headers } = await visitor();
  const session = site.session(new Headers(headers));
  assert.ok(await session.user());
  assert.equal((await session.logout()).ok, true);
  assert.match(session.setCookies[0], /Max-Age=0/);
  assert.equal(await session.user(), null);
});

test("a middleware for Hono", async () => {
  const { email, headers } = await visitor();
  const c = { req: { raw: new Request("http://site.example/", { headers }) }, kept: {}, lines: [], set: (name, value) => void (c.kept[name] = value), header: (...line) => void c.lines.push(line) };
  let ran = 0;
  await guardHono(site)(c, async () => {
    ran++;
    assert.equal(c.kept.user.email, email);
    await c.kept.latchkey.logout();
  });
  assert.equal(ran, 1);
  assert.deepEqual([c.lines[0][0], c.lines[0][2]], ["Set-Cookie", { append: true }]);
  const stranger = { ...c, req: { raw: new Request("http://site.example/") } };
  assert.equal((await guardHono(site)(stranger, () => assert.fail("a stranger gets in"))).status, 401);
});

test("a handle for SvelteKit", async () => {
  const { email, headers } = await visitor();
  const event = { request: new Request("http://site.example/", { headers }), locals: {}, getClientAddress: () => "203.0.113.7" };
  const response = await handleSvelteKit(site)({
    event,
    resolve: async ({ locals }) => {
      await locals.latchkey.logout();
      return new Response(locals.user.email);
    },
  });
  assert.equal(await response.text(), email);
  assert.match(response.headers.get("set-cookie"), /Max-Age=0/);
});
