import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, isRequestError } from "@latchkey-auth/client";
import { network, newEmail, password, serve, sharedStorage, status, totp } from "./latchkey.mjs";


const url = await serve({ LATCHKEY_ACCESS_TOKEN: "jwt" });

function client(t, options = {}) {
  const made = createClient({ url, mode: "tokens", ...options });
  t.after(() => made.close());
  return made;
}

async function signedIn(t, options) {
  const made = client(t, options);
  const result = await made.register({ email: newEmail(), password, name: "Ada" });
  assert.equal(result.ok && result.status, "signedIn");
  return made;
}

test("sign up, sign out, a wrong password, sign in", async (t) => {
  const auth = client(t);
  const seen = [];
  auth.subscribe(({ status }) => seen.push(status));
  assert.equal((await auth.ready()).status, "signedOut");
  const email = newEmail();

  const tooShort = await auth.register({ email, password: "short" });
  assert.equal(tooShort.ok, false);
  assert.deepEqual(tooShort.errors.map(({ code, path }) => [code, path.at(-1)]), [["PASSWORD_TOO_SHORT", "password"]]);

  const result = await auth.register({ email, password, name: "Ada" });
  assert.equal(result.user.email, email);
  assert.equal("tokens" in result, false, "a result has tokens");
  assert.equal((await auth.logout()).ok, true);
  assert.deepEqual(await auth.login({ email, password: "not this one" }).then(({ ok, errors }) => [ok, errors[0].code]), [false, "INVALID_CREDENTIALS"]);
  assert.equal((await auth.login({ email, password })).status, "signedIn");
  assert.deepEqual(seen, ["loading", "signedOut", "signedIn", "signedOut", "signedIn"]);
  assert.equal((await auth.me()).name, "Ada");
});

test("one refresh for however many requests find the access token expired", async (t) => {
  const net = network();
  const auth = await signedIn(t, { fetch: net.fetch });
  await auth.me();
  net.expire();
  const answers = await Promise.all([auth.me(), auth.sessions(), auth.me()]);
  assert.equal(answers[1].length, 1);
  assert.equal(net.counts.refreshSession, 1);
  assert.equal(auth.getState().status, "signedIn");
});

test("an answer to a refresh is lost, and the next try gets the same", async (t) => {
  const net = network();
  const auth = await signedIn(t, { fetch: net.fetch });
  await auth.me();
  net.expire();
  net.lose = 1;
  assert.ok(await auth.me());
  assert.equal(net.counts.refreshSession, 2);
  assert.equal(auth.getState().status, "signedIn");
});

test("without a network nobody is signed out", async (t) => {
  const net = network();
  const auth = await signedIn(t, { fetch: net.fetch });
  net.down = true;
  await assert.rejects(auth.me(), (error) => isRequestError(error) && error.code === "NETWORK");
  assert.equal((await auth.reload()).status, "signedIn");
  net.down = false;
  assert.ok(await auth.me());
});

test("a network that is down at first makes the state unavailable, and a reload mends it", async (t) => {
  const storage = sharedStorage();
  await signedIn(t, { storage });
  const net = network();
  net.down = true;
  const auth = client(t, { storage, fetch: net.fetch });
  assert.equal((await auth.ready()).status, "unavailable");
  net.down = false;
  assert.equal((await auth.reload()).status, "signedIn");
});

/** Locks as browsers have them, for the tabs of one test. */
function withLocks(t) {
  let last = Promise.resolve();
  let most = 0;
  let running = 0;
  const locks = {
    request(_name, _options, act) {
      const run = async () => {
        most = Math.max(most, ++running);
        try {
          return await act();
        } finally {
          running--;
        }
      };
      return (last = last.catch(() => {}).then(run));
    },
  };
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { locks } });
  t.after(() => (before ? Object.defineProperty(globalThis, "navigator", before) : delete globalThis.navigator));
  return () => most;
}

for (const locked of [true, false]) {
  test(`two tabs refresh at once, ${locked ? "with locks: once" : "without locks: the server gives both the same"}`, async (t) => {
    const most = locked ? withLocks(t) : undefined;
    const storage = sharedStorage();
    const net = network();
    const one = await signedIn(t, { storage, fetch: net.fetch });
    const two = client(t, { storage, fetch: net.fetch });
    assert.equal((await two.ready()).user.id, one.getState().user.id);
    net.expire();
    const users = await Promise.all([one.me(), two.me()]);
    assert.equal(users.length, 2);
    if (locked) {
      assert.equal(net.counts.refreshSession, 1);
      assert.equal(most(), 1);
    }
    net.expire();
    assert.ok(await one.me());
    assert.ok(await two.me(), "the second tab has lost the session");
  });
}

test("tabs hear of a sign-in and a sign-out of another one", async (t) => {
  const storage = sharedStorage();
  const one = client(t, { storage });
  const two = client(t, { storage });
  await Promise.all([one.ready(), two.ready()]);
  const email = newEmail();
  await one.register({ email, password });
  assert.equal((await status(two, "signedIn")).user.email, email);
  await two.logout();
  await status(one, "signedOut");
});

test("a session that was ended elsewhere is found at the next request, in every tab", async (t) => {
  const storage = sharedStorage();
  const one = await signedIn(t, { storage });
  const two = client(t, { storage });
  await two.ready();
  const elsewhere = client(t);
  await elsewhere.login({ email: one.getState().user.email, password });
  assert.deepEqual(await elsewhere.logoutAll({ keepCurrent: true }), { ok: true, endedCount: 1 });

  await assert.rejects(one.me(), (error) => isRequestError(error) && error.code === "UNAUTHENTICATED");
  assert.equal(one.getState().status, "signedOut");
  await status(two, "signedOut");
  assert.equal(storage.get(), null, "tokens are kept after the end of their session");
});

test("tokens are gone after a sign-out without a network", async (t) => {
  const storage = sharedStorage();
  const net = network();
  const auth = await signedIn(t, { storage, fetch: net.fetch });
  net.down = true;
  await assert.rejects(auth.logout());
  assert.equal(storage.get(), null);
  assert.equal(auth.getState().status, "signedOut");
});

test("a refresh that comes back after a sign-out brings no session back", async (t) => {
  const storage = sharedStorage();
  const net = network();
  const auth = await signedIn(t, { storage, fetch: net.fetch });
  await auth.me();
  net.expire();
  let release;
  net.hold = new Promise((resolve) => (release = resolve));
  const asked = auth.me();
  while (!net.counts.refreshSession) await new Promise(setImmediate);
  storage.remove(); // another tab signs out
  release();
  await assert.rejects(asked, (error) => isRequestError(error) && error.code === "UNAUTHENTICATED");
  assert.equal(storage.get(), null, "the tokens are back");
});

test("a changed password goes on with the new tokens, and a deleted account signs out", async (t) => {
  const auth = await signedIn(t);
  const next = "another horse battery";
  assert.equal((await auth.changePassword({ currentPassword: password, newPassword: next })).ok, true);
  assert.equal((await auth.updateProfile({ name: "Ada Lovelace" })).ok, true);
  assert.equal(auth.getState().user.name, "Ada Lovelace");
  assert.equal((await auth.deleteAccount({ confirmEmail: auth.getState().user.email })).ok, true);
  assert.equal(auth.getState().status, "signedOut");
});

test("fetch adds a token for the services that were named, and no other", async (t) => {
  const asked = [];
  const service = "https://api.example.com";
  const withService = async (input, init) => {
    if (!(input instanceof Request)) return fetch(input, init);
    asked.push({ url: input.url, token: input.headers.get("Authorization"), body: await input.text() });
    return new Response(null, { status: asked.length === 1 ? 401 : 200 });
  };
  const auth = await signedIn(t, { api: [service], fetch: withService });
  const response = await auth.fetch(`${service}/orders`, { method: "POST", body: "one" });
  assert.equal(response.status, 200);
  assert.equal(asked.length, 2);
  assert.match(asked[0].token, /^Bearer eyJ/);
  assert.notEqual(asked[0].token, asked[1].token, "the refused token was sent again");
  assert.equal(asked[1].body, "one");
  await assert.rejects(auth.fetch("https://elsewhere.example.com/"), TypeError);
  await assert.rejects(auth.fetch(`${service}.example.org/`), TypeError);
  assert.equal(asked.length, 2, "another service was asked");
});

test("a document of one's own", async (t) => {
  const auth = await signedIn(t);
  assert.deepEqual(await auth.request("{ me { name } }"), { me: { name: "Ada" } });
  await assert.rejects(auth.request("{ nothing }"), (error) => isRequestError(error));
});

test("a trusted device skips the second factor, after a sign-out too", async (t) => {
  const auth = await signedIn(t);
  const { email } = auth.getState().user;
  const { setup, secret } = await auth.beginTotp();
  await auth.confirmTotp({ setup, code: totp(secret) });
  await auth.logout();
  assert.equal((await auth.login({ email, password })).status, "challenge");
  const completed = await auth.completeLogin({ totpCode: totp(secret, Date.now() / 1000 + 30), trustDevice: true });
  assert.equal("trustedDevice" in completed, false, "a result has a token");
  await auth.logout();
  assert.equal((await auth.login({ email, password })).status, "signedIn", "the device is forgotten");
  const elsewhere = client(t);
  assert.equal((await elsewhere.login({ email, password })).status, "challenge");
});
