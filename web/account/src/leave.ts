import { main } from "./dom";

const pending = "latchkey-email-change";

let before: (() => Promise<boolean>) | undefined;

/** Has something be done once somebody has signed in, before the page is left. It returns whether to leave. */
export function beforeLeaving(act: () => Promise<boolean>): void {
  before = act;
}

/** Leaves, after what is to be done before. */
export function leave(): void {
  const act = before;
  before = undefined;
  if (act) {
    void act().then((go) => go && depart());
  } else {
    depart();
  }
}

/**
 * Goes where the server said that one goes after signing in: it has compared the address with its
 * list. A change of address that waits for a session goes on where it was; its token has been in no
 * other address than that of its link.
 */
function depart(): void {
  const target = new URL(main.dataset.returnTo || "account", location.href);
  const token = sessionStorage.getItem(pending);
  if (token && target.href === new URL("email-change", location.href).href) {
    sessionStorage.removeItem(pending);
    target.searchParams.set("token", token);
  }
  location.assign(target.href);
}

/** Keeps the token of a change of address in this tab, and asks for a session. */
export function signInFirst(token: string): void {
  sessionStorage.setItem(pending, token);
  location.assign("sign-in?return_to=email-change");
}
