import assert from "node:assert/strict";
import { test } from "node:test";
import { addPasskey, completeLoginWithPasskey, createClient, signInWithPasskey } from "@latchkey-auth/client";
import { withAuthenticator } from "./authenticator.mjs";
import { newEmail, password, serve } from "./latchkey.mjs";

const url = await serve();
const strict = await serve({ LATCHKEY_REQUIRE_SECOND_FACTOR: "everybody" });
const originOf = (url) => url.replace("127.0.0.1", "localhost"); // passkeys work on names only

function client(t, server = url) {
  const auth = createClient({ url: server, mode: "tokens" });
  t.after(() => auth.close());
  return auth;
}

test("a passkey is added, signs in, completes a login, and is forgotten", async (t) => {
  const { keys, forgotten } = withAuthenticator(t, originOf(url));
  const auth = client(t);
  const email = newEmail();
  await auth.register({ email, password });
  const added = await addPasskey(auth, "Notebook");
  assert.equal(added.passkey.name, "Notebook");
  assert.equal(added.recoveryCodes.length, 10);

  await auth.logout();
  const signedIn = await signInWithPasskey(auth);
  assert.equal(signedIn.status, "signedIn");
  assert.equal(auth.getState().user.email, email);

  await auth.logout();
  await assert.rejects(completeLoginWithPasskey(auth), TypeError);
  assert.equal((await auth.login({ email, password })).status, "challenge");
  assert.equal((await completeLoginWithPasskey(auth)).ok, true);
  assert.equal(auth.getState().status, "signedIn");

  assert.equal((await auth.removePasskey({ id: added.passkey.id })).ok, true);
  await auth.logout();
  const refused = await signInWithPasskey(auth);
  assert.deepEqual(refused.errors.map(({ code }) => code), ["NOT_FOUND"]);
  assert.deepEqual(forgotten, [...keys.keys()], "the browser still offers it");
});

test("a passkey is the second factor that a sign-up needs", async (t) => {
  withAuthenticator(t, originOf(strict));
  const auth = client(t, strict);
  assert.equal((await auth.register({ email: newEmail(), password })).challenge.kind, "ENROLL");
  assert.equal((await addPasskey(auth)).ok, true);
  assert.equal(auth.getState().status, "signedIn");
  assert.ok(await auth.me());
});
