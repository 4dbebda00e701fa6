// Drives the client of docs/clients/mobile-app.md against a server: what an app does in a bad week.
import assert from "node:assert/strict";
import { generate } from "otplib";
import { Latchkey } from "./latchkey.mjs";

const { LATCHKEY_URL: url, EMAIL: email, PASSWORD: password, MODE: mode } = process.env;
const me = "{ me { email } }";

// What goes over the wire, and what the network does to it.
const network = { refreshes: 0, requests: 0, lose: 0, down: false };
const send = globalThis.fetch;
globalThis.fetch = async (address, options) => {
  network.requests++;
  if (network.down) throw new TypeError("no network");
  const answer = await send(address, options);
  if (!options.body.includes("refreshSession")) return answer;
  network.refreshes++;
  if (network.lose > 0) {
    network.lose--;
    await answer.text();
    throw new TypeError("the answer was lost");
  }
  return answer;
};

function device() {
  const storage = {
    text: null,
    get: async () => storage.text,
    set: async (text) => void (storage.text = text),
    remove: async () => void (storage.text = null),
  };
  const d = { storage, loggedOut: 0 };
  // An app that is opened: it knows what the storage has.
  d.open = () => new Latchkey({ url, storage, onLoggedOut: () => d.loggedOut++ });
  // As if the access token had expired: the server refuses it.
  d.expire = () => {
    const tokens = JSON.parse(storage.text);
    storage.text = JSON.stringify({ ...tokens, accessToken: tokens.accessToken.slice(0, -8) + "AAAAAAAA" });
  };
  return d;
}

async function loggedIn() {
  const d = device();
  const { user, errors } = await d.open().login(email, password);
  assert.deepEqual(errors, []);
  assert.equal(user.email, email);
  return d;
}

const refused = device();
const { user, errors } = await refused.open().login(email, "not the password");
assert.equal(user, null);
assert.equal(errors[0].code, "INVALID_CREDENTIALS");
assert.equal(await refused.open().isLoggedIn(), false);
await assert.rejects(refused.open().query(me), { code: "UNAUTHENTICATED" });

const phone = await loggedIn();
assert.equal(await phone.open().isLoggedIn(), true);
assert.deepEqual(await phone.open().query(me), { me: { email } });
await assert.rejects(phone.open().query("{ nonsense }"));
assert.equal(network.refreshes, 0);

if (mode === "jwt") {
  // Many requests at once, with a token that has expired: one refresh, and all get their answer.
  phone.expire();
  const before = phone.storage.text;
  const app = phone.open();
  const answers = await Promise.all(Array.from({ length: 8 }, () => app.query(me)));
  assert.equal(answers.filter((a) => a.me.email === email).length, 8);
  assert.equal(network.refreshes, 1);
  assert.notEqual(phone.storage.text, before);
  assert.deepEqual(await phone.open().query(me), { me: { email } });

  // A mutation that was refused is sent again, once.
  phone.expire();
  const changed = await phone.open().query(`mutation { updateProfile(input: { name: "Ada L." }) { user { name } errors { code } } }`);
  assert.equal(changed.updateProfile.user.name, "Ada L.");
  assert.equal(network.refreshes, 2);

  // The answer of a refresh is lost, twice, and then it is the same one.
  phone.expire();
  network.lose = 2;
  assert.deepEqual(await phone.open().query(me), { me: { email } });
  assert.equal(network.refreshes, 5);

  // No network: nobody is logged out, and it goes on afterwards.
  phone.expire();
  network.down = true;
  await assert.rejects(phone.open().query(me), TypeError);
  network.down = false;
  network.lose = 3;
  await assert.rejects(phone.open().query(me), TypeError);
  assert.equal(await phone.open().isLoggedIn(), true);
  assert.equal(phone.loggedOut, 0);
  assert.deepEqual(await phone.open().query(me), { me: { email } });

  // Logging out with an access token that has expired ends the session all the same.
  const tablet = await loggedIn();
  tablet.expire();
  await tablet.open().logout();
  assert.equal(tablet.storage.text, null);
  const { sessions } = await phone.open().query("{ sessions { id } }");
  assert.equal(sessions.length, 1);
} else {
  assert.equal(JSON.parse(phone.storage.text).refreshToken, null);
}

// Another device ends all sessions: the app learns it with its next request, once.
const other = await loggedIn();
await other.open().query("mutation { logoutAll(input: { keepCurrent: true }) { endedCount errors { code } } }");
const app = phone.open();
const ends = await Promise.allSettled([app.query(me), app.query(me), app.query(me)]);
assert.deepEqual(ends.map((e) => e.reason?.code), Array(3).fill("UNAUTHENTICATED"));
assert.equal(phone.loggedOut, 1);
assert.equal(phone.storage.text, null);
assert.equal(await phone.open().isLoggedIn(), false);

// Logged out: the token that was kept opens nothing, also for who copied it.
const copied = other.storage.text;
await other.open().logout();
assert.equal(other.storage.text, null);
other.storage.text = copied;
await assert.rejects(other.open().query(me), { code: "UNAUTHENTICATED" });

// An authenticator app that others wrote: its codes of the step before, of this one and of the next are accepted.
const tablet = await loggedIn();
const tabletApp = tablet.open();
const begun = await tabletApp.beginApp(null);
const epoch = Math.floor(Date.now() / 1000);
const codeAt = (step) => generate({ secret: begun.secret, epoch: epoch + 30 * step });
assert.equal((await tabletApp.confirmApp(null, begun.setup, "12345")).errors[0].code, "CODE_INVALID");
const confirmed = await tabletApp.confirmApp(null, begun.setup, await codeAt(0));
assert.deepEqual(confirmed.errors, []);
assert.equal(confirmed.recoveryCodes.length, 10);
await tabletApp.logout();

const challenged = await tabletApp.login(email, password);
assert.equal(challenged.user, null);
assert.deepEqual([challenged.challenge.kind, challenged.challenge.methods], ["PROVE", ["TOTP", "RECOVERY_CODE"]]);
assert.equal(await tablet.open().isLoggedIn(), false);
await assert.rejects(tabletApp.beginApp(challenged.challenge), { code: "SECOND_FACTOR_REQUIRED" });
assert.equal((await tabletApp.completeLogin(challenged.challenge, { totpCode: await codeAt(0) })).errors[0].code, "CODE_INVALID");
const completed = await tabletApp.completeLogin(challenged.challenge, { totpCode: await codeAt(1) });
assert.equal(completed.user.email, email);
assert.deepEqual(await tablet.open().query(me), { me: { email } });
await assert.rejects(tabletApp.completeLogin(challenged.challenge, { totpCode: await codeAt(2) }), { code: "UNAUTHENTICATED" });

// Without a network the app forgets its tokens when asked to.
const plane = tablet;
network.down = true;
await assert.rejects(plane.open().logout());
assert.equal(plane.storage.text, null);

console.log("all is well");
