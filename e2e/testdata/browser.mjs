// Runs in a real browser, beside the page of docs/clients/single-page-app.md, from one stage to the next.
const { api, app, otherSite, foreign, email, password, mode } = await (await fetch("/facts")).json();
const stage = new URL(location.href).searchParams.get("stage") ?? "in";
const at = (id) => document.getElementById(id);
const report = (text) => fetch("/report", { method: "POST", body: text });
const go = (origin, next) => (location.href = `${origin}/?stage=${next}`);

function check(what, holds) {
  if (!holds) throw new Error(`${what}, which does not hold: ${document.body.innerText}`);
}

async function until(what, holds) {
  for (const end = Date.now() + 30000; !holds(); await new Promise(requestAnimationFrame)) {
    check(what, Date.now() < end);
  }
}

function type(name, text) {
  document.querySelector(`[name=${name}]`).value = text;
}

const cookieless = () => document.cookie === "" && localStorage.length === 0 && sessionStorage.length === 0;

const stages = {
  async in() {
    await until("there is a form", () => !at("login").hidden);
    type("email", email);
    type("password", "not the password");
    at("login").requestSubmit();
    await until("a wrong password is told", () => at("problem").textContent !== "");
    check("nobody is logged in", !at("login").hidden);
    type("password", password);
    at("login").requestSubmit();
    await until("the user is greeted", () => at("name").textContent === "Hello, Ada!");
    check("no script sees a token", cookieless());
    go(app, "again");
  },

  async again() {
    await until("the user is greeted after a reload", () => at("name").textContent === "Hello, Ada!");
    const { callService } = await import("./session.mjs");
    if (mode === "jwt") {
      check("a service takes the token", (await (await callService("/orders")).text()) === email);
      await fetch("/spoil", { method: "POST" });
      check("it gets another one", (await (await callService("/orders")).text()) === email);
    }
    check("still no script sees a token", cookieless());
    go(foreign, "foreign");
  },

  // Another site, which nobody allowed.
  async foreign() {
    const body = JSON.stringify({ query: "mutation { logoutAll { endedCount } }" });
    for (const headers of [{ "Content-Type": "application/json" }, { "Content-Type": "text/plain" }]) {
      const refused = await fetch(api, { method: "POST", credentials: "include", headers, body }).then(() => false, () => true);
      check(`a foreign page reads nothing with ${headers["Content-Type"]}`, refused);
    }
    await fetch(api, { method: "POST", mode: "no-cors", credentials: "include", body });
    const login = { query: `mutation { login(input: {email: "${email}", password: "${password}", delivery: COOKIE}) { errors { code } } }` };
    await fetch(api, { method: "POST", mode: "no-cors", credentials: "include", body: JSON.stringify(login) });
    go(otherSite, "memory");
  },

  // Another site, which is allowed: it has no cookie, and keeps its tokens in memory.
  async memory() {
    const { currentUser } = await import("./session.mjs");
    check("the cookie stays behind", (await currentUser()) === null);
    const { latchkey } = await import("./memory.mjs");
    const { errors } = await latchkey.login(email, password);
    check("it logs in", errors.length === 0);
    check("it has a session", (await latchkey.query("{ me { email } }")).me.email === email);
    check("nothing is kept", cookieless());
    await latchkey.logout();
    go(app, "out");
  },

  async out() {
    await until("the user is still greeted", () => at("name").textContent === "Hello, Ada!");
    at("logout").click();
    await until("the form is there again", () => !at("login").hidden);
    const { currentUser } = await import("./session.mjs");
    check("nobody is logged in", (await currentUser()) === null);
    await report("all is well");
  },
};

try {
  await stages[stage]();
} catch (error) {
  await report(`stage ${stage}: ${error.message}`);
}
