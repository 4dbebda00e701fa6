import { send } from "./api";
import { all, find, formOf, main, show, write } from "./dom";
import { secondStep } from "./factor";
import { Cancelled, onSubmit } from "./form";
import { leave } from "./leave";
import { acceptInvitation, profileSchema } from "./operations";
import { add, hasPasskeys } from "./passkey";
import { drawProfile, type ProfileFields } from "./profile";
import { returned, type Returned } from "./provider";
import { say } from "./say";

/** What is kept in this tab while its user is at a provider: the token of the invitation is in no address then. */
const kept = "latchkey-invitation";

/** The page that the link of an invitation leads to. Nothing happens before its button is pressed. */
export function invitationPage(): void {
  const place = find("[data-profile]");
  let drawn: Promise<ProfileFields> | undefined;
  const draw = (): Promise<ProfileFields> => {
    drawn ??= send(profileSchema, {}).then(({ authConfig }) => drawProfile(place ?? main, authConfig.profileSchema));
    drawn.catch(() => (drawn = undefined)); // the next try asks again
    return drawn;
  };
  void draw().catch(() => undefined);

  const { meet, keep } = secondStep(turnTo, async () => leave());
  choosePasskey();
  let chosen = byProvider();
  onSubmit("invitation", async (value) => {
    const profile = (await draw()).filled();
    const withPasskey = !chosen && value("withPasskey") !== "";
    const password = chosen || withPasskey ? null : value("password");
    const { result } = await send(acceptInvitation, {
      input: {
        token: value("token"), password, username: value("username") || null, name: value("name") || null, profile,
        identity: chosen ?? null, delivery: "COOKIE",
      },
    });
    if (chosen && result.errors.some(({ code, path }) => code === "IDENTITY_TAKEN" || path?.includes("code"))) {
      chosen = undefined; // it is used, or too old: another way to sign in has to be chosen
      showChoice(true);
    }
    if (result.challenge) {
      await meet(result.challenge);
    } else if (result.errors.length === 0 && withPasskey) {
      keep(await firstPasskey());
    } else if (result.errors.length === 0) {
      leave();
    }
    return result.errors;
  });
}

/** Adds a passkey to the account that has just begun. Whoever gives it up finds the way to another one there. */
async function firstPasskey(): Promise<readonly string[]> {
  try {
    return (await add()).recoveryCodes ?? [];
  } catch (reason) {
    if (reason instanceof Cancelled) {
      return [];
    }
    throw reason;
  }
}

/**
 * Lets one choose a provider in place of a password. It returns what the browser came back with from one, if that is where it
 * comes from, and then hides the other ways to sign in.
 */
function byProvider(): Returned | undefined {
  const form = formOf("invitation");
  const control = (name: string): HTMLInputElement | null => find<HTMLInputElement>(`[name="${name}"]`, form ?? document);
  const fields = ["token", "name", "username"];
  for (const link of all("[data-provider]")) {
    link.addEventListener("click", () => {
      const typed = fields.map((name) => [name, control(name)?.value ?? ""]);
      sessionStorage.setItem(kept, JSON.stringify({ ...Object.fromEntries(typed), provider: link.dataset.name }));
    });
  }
  const token = control("token");
  if (!token || token.value) {
    return undefined; // it comes from the email
  }
  const before = JSON.parse(sessionStorage.getItem(kept) ?? "{}") as Partial<Record<string, string>>;
  for (const name of fields) {
    const field = control(name);
    if (field) {
      field.value = before[name] ?? "";
    }
  }
  const back = returned(`invitation?${new URLSearchParams({ token: token.value }).toString()}`);
  sessionStorage.removeItem(kept);
  if (!token.value) {
    write(form && find("[data-alert]", form), say("invitation.lost"));
    return undefined;
  }
  if (back) {
    showChoice(false);
    write(find("[data-by-provider]"), say("invitation.by_provider", { name: before["provider"] ?? "" }));
  }
  return back;
}

/** Shows the ways to sign in, or hides them once a provider is chosen. */
function showChoice(shown: boolean): void {
  const isPasskey = find<HTMLInputElement>('[name="withPasskey"]')?.checked ?? false;
  show(all("[data-choose-password]"), shown && !isPasskey);
  show(all("[data-choose-passkey]"), shown && hasPasskeys);
  for (const buttons of all("[data-providers]")) {
    buttons.hidden = !shown;
  }
  if (shown) {
    write(find("[data-by-provider]"), "");
  }
}

/** Lets one choose a passkey in place of a password, where the browser has them. */
function choosePasskey(): void {
  const choice = find("[data-choose-passkey]");
  const box = find<HTMLInputElement>('[name="withPasskey"]');
  if (!choice || !box || !hasPasskeys) {
    return;
  }
  choice.hidden = false;
  box.addEventListener("change", () => show(all("[data-choose-password]"), !box.checked));
}

/** Shows a step. What has expired begins anew on the page for signing in: the invitation is used by then. */
function turnTo(name: string): void {
  if (name === "password") {
    location.assign("sign-in");
    return;
  }
  for (const panel of all("[data-panel]")) {
    panel.hidden = panel.dataset.panel !== name;
  }
  find<HTMLElement>(`[data-panel="${name}"] input, [data-panel="${name}"] button`)?.focus();
}
