import { Refused, send } from "./api";
import { all, find, formOf, main, write } from "./dom";
import { Cancelled, onSubmit } from "./form";
import { beforeLeaving, leave } from "./leave";
import {
  connectIdentity, requestProviderCode, signInWithProvider, signUpWithProvider,
  type Challenge, type PendingIdentity, type Problem, type ProviderResult,
} from "./operations";
import { say, sayProblem, sayRefused } from "./say";

/** What the server put into the page to which a browser came back from a provider. */
export interface Returned {
  readonly code: string;
  readonly verifier: string;
}

/**
 * Returns what a browser came back with from a provider, once, and takes it out of the address. Undefined: it did not
 * come from there.
 */
export function returned(page: string): Returned | undefined {
  const place = find("[data-provider-return]");
  if (location.pathname.endsWith("/provider-return")) {
    history.replaceState(null, "", new URL(page, location.href));
  }
  const text = place?.dataset.providerReturn;
  place?.removeAttribute("data-provider-return");
  return text ? (JSON.parse(text) as Returned) : undefined;
}

/**
 * Finishes a sign-in with a provider: signs in, goes on to a second step, or asks for what is still missing. meet shows a
 * second step.
 */
export function backFromProvider(turnTo: (name: string) => void, meet: (challenge: Challenge) => Promise<void>): void {
  const back = returned(signInAddress());
  let pending: PendingIdentity | undefined;
  let requestId = "";
  const verifier = back?.verifier ?? "";
  const name = (): string => find(`[data-provider="${CSS.escape(pending?.provider ?? "")}"]`)?.dataset.name ?? pending?.provider ?? "";

  /** Asks to sign in to an account, and connects the account at the provider to it then. */
  const connectTo = (text: string): void => {
    for (const buttons of all("[data-providers]")) {
      buttons.hidden = true; // they would lead away from here
    }
    const login = find<HTMLInputElement>('[data-form="sign-in"] [name="login"]');
    if (login && pending?.email) {
      login.value = pending.email;
    }
    write(find("[data-connect-note]"), text);
    beforeLeaving(async () => {
      const token = pending?.token ?? "";
      try {
        const { result } = await send(connectIdentity, { input: { pending: token, verifier } });
        const why = result.errors.map(sayProblem).join(" ");
        return why === "" || later(say("provider.refused", { name: name(), why }));
      } catch (reason) {
        if (!(reason instanceof Refused)) {
          throw reason;
        }
        return later(reason.code === "REAUTHENTICATION_REQUIRED" || reason.code === "SECOND_FACTOR_REQUIRED"
          ? say("provider.later", { name: name() }) : say("provider.refused", { name: name(), why: sayRefused(reason) }));
      }
    });
    turnTo("password");
    if (login?.value) {
      find('[data-form="sign-in"] [name="password"]')?.focus();
    }
  };
  const later = (text: string): false => {
    write(find("[data-provider-later]"), text);
    turnTo("provider-later");
    return false;
  };

  const goOn = async (result: ProviderResult): Promise<readonly Problem[]> => {
    if (result.challenge) {
      await meet(result.challenge);
    } else if (result.pendingIdentity) {
      pending = result.pendingIdentity;
      if (pending.reason === "EMAIL_NEEDED") {
        const email = formOf("provider-email")?.elements.namedItem("email") as HTMLInputElement | null;
        if (email) {
          email.value = pending.email ?? "";
        }
        write(find("[data-provider-email-text]"), say("provider.email_needed", { name: name() }));
        turnTo("provider-email");
      } else {
        connectTo(say(pending.reason === "CONNECT" ? "provider.connect" : "provider.closed", { name: name() }));
      }
    } else if (result.errors.length === 0) {
      leave();
    }
    return result.errors;
  };

  find("[data-provider-connect]")?.addEventListener("click", () => connectTo(say("provider.connect_any", { name: name() })));

  onSubmit("provider-email", async (value) => {
    const email = value("email").trim();
    const { result } = await send(requestProviderCode, { input: { pending: pending?.token ?? "", verifier, email } });
    if (result.errors.length === 0) {
      requestId = result.requestId ?? "";
      write(find("[data-provider-code-text]"), say("provider.code_sent", { email }));
      turnTo("provider-code");
    }
    return result.errors;
  });

  onSubmit("provider-code", async (value) => {
    const { result } = await send(signUpWithProvider, {
      input: { pending: pending?.token ?? "", verifier, requestId, code: value("code"), delivery: "COOKIE" },
    });
    return goOn(result);
  });

  if (back) {
    const fail = (text: string): void => {
      turnTo("password");
      write(find('[data-form="sign-in"] [data-alert]'), text);
    };
    send(signInWithProvider, { input: { ...back, delivery: "COOKIE" } })
      .then(({ result }) => goOn(result))
      .then((problems) => problems.length > 0 && fail(problems.map(sayProblem).join(" ")))
      .catch((reason: unknown) => {
        if (!(reason instanceof Refused || reason instanceof Cancelled)) {
          throw reason;
        }
        fail(reason instanceof Refused ? sayRefused(reason) : reason.message);
      });
  }
}

/** The page for signing in, with where one goes afterwards. */
function signInAddress(): string {
  const to = main.dataset.returnTo ?? "account";
  return to === "account" ? "sign-in" : `sign-in?${new URLSearchParams({ return_to: to }).toString()}`;
}
