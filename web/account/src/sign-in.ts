import { send } from "./api";
import { all, find, formOf, main, write } from "./dom";
import { onSubmit } from "./form";
import { secondStep } from "./factor";
import { leave } from "./leave";
import { requestCode, signIn, signInWithCode, whoAmI } from "./operations";
import { passkeyOfferPanel } from "./offer";
import { passkeySignIn } from "./passkey";
import { backFromProvider } from "./provider";
import { say } from "./say";

/** The page for signing in, by password or by a mailed code. */
export function signInPage(): void {
  greet();
  let requestId = "";
  const { meet, keep } = secondStep(turnTo, () => afterPassword());
  const afterPassword = passkeyOfferPanel(turnTo, keep);
  backFromProvider(turnTo, meet);
  passkeySignIn();
  for (const button of all("[data-to]")) {
    button.addEventListener("click", () => turnTo(button.dataset.to ?? ""));
  }

  onSubmit("sign-in", async (value) => {
    const login = value("login").trim();
    const who = login.includes("@") ? { email: login } : { username: login };
    const { result } = await send(signIn, { input: { ...who, password: value("password"), delivery: "COOKIE" } });
    if (result.challenge) {
      await meet(result.challenge, true);
    } else if (result.errors.length === 0) {
      await afterPassword();
    }
    return result.errors.map((problem) => ({ ...problem, path: problem.path?.map((name) => (name === "email" || name === "username" ? "login" : name)) ?? null }));
  });

  onSubmit("code-request", async (value) => {
    const email = value("email").trim();
    const { result } = await send(requestCode, { input: { email } });
    if (result.errors.length === 0 && result.requestId) {
      requestId = result.requestId;
      write(find("[data-code-text]"), say("sign_in.code.sent", { email }));
      turnTo("code");
    }
    return result.errors;
  });

  onSubmit("code", async (value) => {
    const { result } = await send(signInWithCode, { input: { requestId, code: value("code"), delivery: "COOKIE" } });
    if (result.challenge) {
      await meet(result.challenge);
    } else if (result.errors.length === 0) {
      leave();
    }
    return result.errors;
  });
}

/** Shows one of the ways to sign in. */
function turnTo(name: string): void {
  for (const panel of all("[data-panel]")) {
    panel.hidden = panel.dataset.panel !== name;
  }
  const form = formOf("sign-in");
  if (form && !form.closest("[data-panel]")) { // in an operator's own template
    form.hidden = name !== "password";
  }
  find<HTMLElement>(`[data-panel="${name}"] input, [data-panel="${name}"] button`)?.focus();
}

/** Tells somebody who is signed in already, who then need not do it again. */
function greet(): void {
  send(whoAmI, {}).then(
    ({ me }) => {
      const note = find("[data-signed-in]");
      const link = find<HTMLAnchorElement>("[data-go-on]");
      if (me && note && link) {
        write(find("[data-who]", note), say("sign_in.signed_in", { email: me.email }));
        link.href = main.dataset.returnTo || "account";
        note.hidden = false;
      }
    },
    () => undefined, // nobody is
  );
}
