import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { Window } from "happy-dom";
import { withAuthenticator } from "../../typescript/test/authenticator.mjs";
import { network, newEmail, password, serve, totp } from "../../typescript/test/latchkey.mjs";

// React looks for a browser when it is loaded.
const window = new Window({ url: "http://localhost/" });
for (const name of ["window", "document", "navigator", "HTMLElement", "HTMLIFrameElement", "FormData"]) {
  Object.defineProperty(globalThis, name, { configurable: true, writable: true, value: window[name] });
}

const { createElement: h, StrictMode } = await import("react");
const { createRoot } = await import("react-dom/client");
const { renderToString } = await import("react-dom/server");
const { addPasskey, createClient } = await import("@latchkey-auth/client");
const { ForgotForm, LatchkeyProvider, SignedIn, SignedOut, SignInForm, SignUpForm, useLatchkey, useUser } = await import("@latchkey-auth/react");

const url = await serve();
const strict = await serve({ LATCHKEY_REQUIRE_SECOND_FACTOR: "everybody" });

function App({ form = SignInForm }) {
  return [
    h(SignedOut, { key: "out" }, h(form, { className: "form" })),
    h(SignedIn, { key: "in" }, (user) => h("p", null, `Hello, ${user.name ?? user.email}!`, h(Leave))),
  ];
}

function Leave() {
  const client = useLatchkey();
  return h("button", { onClick: () => void client.logout() }, useUser() && "Sign out");
}

/** A page with the app on it. */
function open(t, { server = url, form, client = createClient({ url: server, fetch: network({ jar: new Map() }).fetch }) } = {}) {
  const place = document.createElement("div");
  document.body.append(place);
  const root = createRoot(place);
  root.render(h(StrictMode, null, h(LatchkeyProvider, { client }, h(App, { form }))));
  t.after(() => {
    root.unmount();
    client.close();
  });
  const page = {
    client,
    text: () => place.textContent,
    find: (selector) => place.querySelector(selector),
    shows: (wanted) => until(place, () => place.textContent.includes(wanted) || place.querySelector(wanted.startsWith("[") ? wanted : "nothing"), wanted),
    press: (name) => [...place.querySelectorAll("button")].find(({ textContent }) => textContent === name).click(),
    async submit(values) {
      const form = place.querySelector("form");
      for (const [name, value] of Object.entries(values)) form.querySelector(`[name=${name}]`).value = value;
      form.dispatchEvent(new window.Event("submit", { bubbles: true, cancelable: true }));
    },
  };
  return page;
}

/** Resolves when a condition holds, looked at after each change of the page. */
function until(place, holds, what) {
  return new Promise((resolve, reject) => {
    const finish = () => {
      if (!holds()) return;
      observer.disconnect();
      clearTimeout(timer);
      resolve();
    };
    const observer = new window.MutationObserver(finish);
    const timer = setTimeout(() => {
      observer.disconnect();
      reject(new Error(`waited for ${what}, and the page has: ${place.textContent}`));
    }, 30_000);
    observer.observe(place, { childList: true, subtree: true, characterData: true, attributes: true });
    finish();
  });
}

test("a server renders nothing that it does not know", () => {
  const client = createClient({ url, fetch: () => assert.fail("rendering asks the server") });
  assert.equal(renderToString(h(LatchkeyProvider, { client }, h(App))), "");
  client.close();
});

test("sign up with a fault, sign out, sign in with a wrong password", async (t) => {
  const email = newEmail();
  const signUp = open(t, { form: SignUpForm });
  await signUp.shows("Name");
  await signUp.submit({ name: "Ada", email, password: "short" });
  await signUp.shows('[name=password][aria-invalid="true"]');
  const described = signUp.find("[name=password]").getAttribute("aria-describedby");
  assert.ok(document.getElementById(described).textContent);
  await signUp.submit({ name: "Ada", email, password });
  await signUp.shows("Hello, Ada!");
  signUp.press("Sign out");
  await signUp.shows("Name");

  const signIn = open(t);
  await signIn.shows("Sign in");
  await signIn.submit({ email, password: "not this one" });
  await signIn.shows("Wrong email or password.");
  await signIn.submit({ email, password });
  await signIn.shows("Hello, Ada!");
  assert.equal(signIn.find("form"), null);
});

test("a second factor is set up at sign-up, shows its codes once, and is asked for", async (t) => {
  const email = newEmail();
  const page = open(t, { server: strict, form: SignUpForm });
  await page.shows("Name");
  await page.submit({ name: "Ada", email, password });
  await page.shows("[name=code]");
  assert.match(page.find("img").getAttribute("src"), /^data:image\/svg\+xml,/);
  await page.submit({ code: "000000" });
  await page.shows('[aria-invalid="true"]');
  await page.submit({ code: totp(page.find("code").textContent) });
  await page.shows("Keep these recovery codes");
  assert.ok(!page.text().includes("Hello"), "the codes are passed over");
  const code = page.find("li").textContent;
  page.press("I have kept them");
  await page.shows("Hello, Ada!");
  await page.client.logout();

  const again = open(t, { server: strict });
  await again.shows("Sign in");
  await again.submit({ email, password });
  await again.shows("Code of your authenticator app");
  await again.shows("Don't ask again on this device");
  assert.equal(again.find("[name=trustDevice]").checked, false);
  again.press("Use a recovery code");
  await again.shows("[name=recoveryCode]");
  await again.submit({ recoveryCode: code });
  await again.shows("Keep these recovery codes");
  again.press("I have kept them");
  await again.shows("Hello, Ada!");
});

test("a passkey signs in, and completes a login", async (t) => {
  withAuthenticator(t, url.replace("127.0.0.1", "localhost"));
  const email = newEmail();
  const page = open(t);
  await page.client.register({ email, password, name: "Ada" });
  assert.equal((await addPasskey(page.client)).ok, true);
  page.press("Sign out");
  await page.shows("Use a passkey");
  page.press("Use a passkey");
  await page.shows("Hello, Ada!");
  page.press("Sign out");
  await page.shows("[name=email]");
  await page.submit({ email, password });
  await page.shows("[name=recoveryCode]");
  page.press("Use a passkey");
  await page.shows("Hello, Ada!");
});

test("a forgotten password, and a network that is down", async (t) => {
  const net = network({ jar: new Map() });
  const page = open(t, { form: ForgotForm, client: createClient({ url, fetch: net.fetch }) });
  await page.shows("Email");
  net.down = true;
  await page.submit({ email: newEmail() });
  await page.shows("There is no connection.");
  net.down = false;
  await page.submit({ email: newEmail() });
  await page.shows("is on its way");
});

test("the package has its code, its types, and nothing else", () => {
  const folder = join(import.meta.dirname, "..");
  const [{ files }] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: folder, encoding: "utf8" }));
  for (const { path } of files) assert.match(path, /^(dist\/(esm|cjs)\/[\w-]+\.(js|d\.ts)|dist\/cjs\/package\.json|LICENSE|README\.md|package\.json)$/);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  assert.equal(manifest.dependencies, undefined);
  assert.equal(manifest.peerDependencies["@latchkey-auth/client"], JSON.parse(readFileSync(join(folder, "../typescript/package.json"), "utf8")).version);
  assert.deepEqual(Object.keys(createRequire(import.meta.url)("@latchkey-auth/react")).sort().slice(0, 2), ["ForgotForm", "LatchkeyProvider"]);
});
