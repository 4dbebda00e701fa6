import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, isRequestError } from "@latchkey-auth/client";
import { network, newEmail, password, serve, status, totp } from "./latchkey.mjs";


const url = await serve({ LATCHKEY_ACCESS_TOKEN: "jwt", LATCHKEY_REQUIRE_SECOND_FACTOR: "admin" });

/** Tabs of one browser: they share its cookies. */
function browser(t) {
  const net = network({ jar: new Map() });
  return {
    net,
    tab(options = {}) {
      const client = createClient({ url, fetch: net.fetch, ...options });
      t.after(() => client.close());
      return client;
    },
  };
}

test("a cookie carries the session over a reload, and tabs follow each other", async (t) => {
  const { tab } = browser(t);
  const one = tab();
  const two = tab();
  assert.equal((await one.ready()).status, "signedOut");
  assert.equal((await two.ready()).status, "signedOut");
  const email = newEmail();
  await one.register({ email, password });
  assert.equal((await status(two, "signedIn")).user.email, email);
  assert.equal((await tab().ready()).status, "signedIn", "a reload has signed out");
  await two.logout();
  await status(one, "signedOut");
});

test("a session that was ended elsewhere", async (t) => {
  const { tab } = browser(t);
  const auth = tab();
  const email = newEmail();
  await auth.register({ email, password });
  const elsewhere = browser(t).tab();
  await elsewhere.login({ email, password });
  await elsewhere.logoutAll({ keepCurrent: true });
  await assert.rejects(auth.sessions(), (error) => isRequestError(error) && error.code === "UNAUTHENTICATED");
  assert.equal(auth.getState().status, "signedOut");
});

test("without a network a sign-out fails, and the session goes on", async (t) => {
  const { net, tab } = browser(t);
  const auth = tab();
  await auth.register({ email: newEmail(), password });
  net.down = true;
  await assert.rejects(auth.logout());
  net.down = false;
  assert.equal(auth.getState().status, "signedIn");
  assert.ok(await auth.me());
});

test("a cookie gets tokens for services of one's own", async (t) => {
  const auth = browser(t).tab();
  await auth.register({ email: newEmail(), password });
  const token = await auth.getAccessToken();
  assert.match(token, /^eyJ/);
  assert.equal(await auth.getAccessToken(), token, "a token that lasts is asked for again");
  await auth.logout();
  assert.equal(await auth.getAccessToken(), null);
});

test("a challenge: set up an app, sign in with a recovery code", async (t) => {
  const { tab } = browser(t);
  const auth = tab();
  const email = newEmail();
  await auth.register({ email, password });
  const setup = await auth.beginTotp();
  const confirmed = await auth.confirmTotp({ setup: setup.setup, code: totp(setup.secret) });
  assert.equal(confirmed.recoveryCodes.length, 10);
  await auth.logout();

  const login = await auth.login({ email, password });
  assert.equal(login.status, "challenge");
  assert.equal(login.challenge.kind, "PROVE");
  assert.equal(auth.getState().status, "challenge");
  const wrong = await auth.completeLogin({ totpCode: "000000" });
  assert.deepEqual(wrong.errors.map(({ code }) => code), ["CODE_INVALID"]);
  assert.equal(auth.getState().status, "challenge", "one wrong code ends the login");
  const right = await auth.completeLogin({ recoveryCode: confirmed.recoveryCodes[0] });
  assert.ok(right.replacementRecoveryCode);
  assert.equal(auth.getState().user.email, email);
  assert.equal((await tab().ready()).status, "signedIn", "the cookie was not set");
});

test("a challenge that was tried too often begins again", async (t) => {
  const auth = browser(t).tab();
  const email = newEmail();
  await auth.register({ email, password });
  const setup = await auth.beginTotp();
  await auth.confirmTotp({ setup: setup.setup, code: totp(setup.secret) });
  await auth.logout();
  await auth.login({ email, password });
  for (let i = 0; i < 5; i++) await auth.completeLogin({ totpCode: "000000" });
  await assert.rejects(auth.completeLogin({ totpCode: "000000" }), (error) => isRequestError(error) && error.code === "UNAUTHENTICATED");
  assert.equal(auth.getState().status, "signedOut");
});

test("everybody needs a factor: the sign-up is completed by setting one up", async (t) => {
  const strict = await serve({ LATCHKEY_REQUIRE_SECOND_FACTOR: "everybody" });
  const { net } = browser(t);
  for (const mode of ["cookie", "tokens"]) {
    const auth = createClient({ url: strict, mode, fetch: net.fetch });
    t.after(() => auth.close());
    const begun = await auth.register({ email: newEmail(), password });
    assert.equal(begun.challenge.kind, "ENROLL");
    const setup = await auth.beginTotp();
    const confirmed = await auth.confirmTotp({ setup: setup.setup, code: totp(setup.secret) });
    assert.equal(confirmed.recoveryCodes.length, 10);
    assert.equal(auth.getState().status, "signedIn");
    assert.ok(await auth.me());
  }
});

test("an origin that is not allowed is a fault to show, not a user who is signed out", async (t) => {
  const { tab } = browser(t);
  const auth = tab({ fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, Origin: "https://foreign.example" } }) });
  const state = await auth.ready();
  assert.equal(state.status, "unavailable");
  assert.equal(state.error.code, "FORBIDDEN");
});
