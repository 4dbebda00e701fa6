import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { createClient, finishSignInWithProvider, signInWithProvider } from "@latchkey-auth/client";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newEmail, serve } from "./latchkey.mjs";

const page = "https://app.example/in";

/** An OpenID provider in which whoever comes is signed in with these claims; null: they decline. */
async function company() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const logins = new Map();
  const provider = { person: null };
  const server = createServer(async (request, response) => {
    const issuer = provider.url;
    const { pathname, searchParams } = new URL(request.url, issuer);
    const json = (body) => response.setHeader("Content-Type", "application/json").end(JSON.stringify(body));
    switch (pathname) {
      case "/.well-known/openid-configuration":
        return json({ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys` });
      case "/keys":
        return json({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "1", alg: "ES256", use: "sig" }] });
      case "/authorize": {
        const code = randomUUID();
        logins.set(code, { nonce: searchParams.get("nonce"), challenge: searchParams.get("code_challenge") });
        const back = new URL(searchParams.get("redirect_uri"));
        back.search = new URLSearchParams({ state: searchParams.get("state"), ...(provider.person ? { code } : { error: "access_denied" }) });
        return response.writeHead(303, { Location: back.href }).end();
      }
      default: {
        let body = "";
        for await (const part of request) body += part;
        const form = new URLSearchParams(body);
        const { nonce, challenge } = logins.get(form.get("code"));
        assert.equal(createHash("sha256").update(form.get("code_verifier")).digest("base64url"), challenge);
        const now = Math.floor(Date.now() / 1000);
        const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
        const signed = `${part({ alg: "ES256", kid: "1" })}.${part({ iss: issuer, aud: "app", nonce, iat: now, exp: now + 60, ...provider.person })}`;
        const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
        return json({ access_token: "a", token_type: "Bearer", id_token: `${signed}.${signature}` });
      }
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => server.close());
  provider.url = `http://127.0.0.1:${server.address().port}`;
  return provider;
}

const provider = await company();
const folder = mkdtempSync(join(tmpdir(), "latchkey-providers-"));
after(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, "providers.json"), JSON.stringify({ providers: [{ id: "company", preset: "oidc", client_id: "app", issuer: provider.url, trust_email_domains: ["example.com"] }] }));
const url = await serve({ LATCHKEY_PROVIDERS_FILE: join(folder, "providers.json"), LATCHKEY_REDIRECT_URLS: page });

/** What a tab of a browser has, with an address that changes as the browser goes. */
function withTab(t) {
  const items = new Map();
  const tab = { went: [], items };
  const globals = {
    sessionStorage: { getItem: (k) => items.get(k) ?? null, setItem: (k, v) => items.set(k, v), removeItem: (k) => items.delete(k) },
    location: { href: page, origin: "https://app.example", pathname: "/in", assign: (to) => tab.went.push(to) },
    history: { state: null, replaceState: (_state, _title, to) => (globals.location.href = String(to)) },
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true });
    t.after(() => delete globalThis[name]);
  }
  /** Follows the redirects as far as the page. */
  tab.come = async () => {
    let at = tab.went.at(-1);
    while (!at.startsWith(page)) at = (await fetch(at, { redirect: "manual" })).headers.get("Location");
    globals.location.href = at;
  };
  tab.address = () => globals.location.href;
  return tab;
}

function client(t) {
  const auth = createClient({ url, mode: "tokens" });
  t.after(() => auth.close());
  return auth;
}

test("a provider signs in, in the tab where that began, once", async (t) => {
  const tab = withTab(t);
  const auth = client(t);
  const email = newEmail();
  provider.person = { sub: randomUUID(), email, email_verified: true };
  assert.equal(await finishSignInWithProvider(auth), null);
  assert.equal((await signInWithProvider(auth, "company")).ok, true);
  await tab.come();
  assert.match(tab.address(), /\?code=/);
  const { error, result } = await finishSignInWithProvider(auth);
  assert.equal(error, null);
  assert.equal(result.status, "signedIn");
  assert.equal(auth.getState().user.email, email);
  assert.equal(tab.address(), page, "the code is still in the address");
  assert.equal(tab.items.size, 0, "the verifier is kept");
  assert.equal(await finishSignInWithProvider(auth), null);

  await signInWithProvider(auth, "company");
  await tab.come();
  tab.items.clear(); // as in another tab
  assert.equal(await finishSignInWithProvider(auth), null);
});

test("what a pending identity needs, the verifier is for", async (t) => {
  const tab = withTab(t);
  const auth = client(t);
  provider.person = { sub: randomUUID(), email: "ada@elsewhere.example" };
  await signInWithProvider(auth, "company");
  await tab.come();
  const { result, verifier } = await finishSignInWithProvider(auth);
  assert.equal(result.status, "pendingIdentity");
  assert.equal(auth.getState().user, null);
  assert.equal(result.pendingIdentity.reason, "EMAIL_NEEDED");
  const asked = await auth.requestProviderCode({ pending: result.pendingIdentity.token, verifier, email: newEmail() });
  assert.equal(asked.ok, true);
});

test("whoever declines, and a provider that there is not, are told", async (t) => {
  const tab = withTab(t);
  const auth = client(t);
  provider.person = null;
  await signInWithProvider(auth, "company");
  await tab.come();
  assert.deepEqual(await finishSignInWithProvider(auth), { error: "ACCESS_DENIED" });
  const begun = await signInWithProvider(auth, "nobody");
  assert.deepEqual(begun.errors.map(({ code }) => code), ["PROVIDER_UNKNOWN"]);
  assert.equal(tab.went.length, 1);
});
