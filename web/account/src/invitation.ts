import { send } from "./api";
import { all, find, main, show } from "./dom";
import { secondStep } from "./factor";
import { Cancelled, onSubmit } from "./form";
import { leave } from "./leave";
import { acceptInvitation, profileSchema } from "./operations";
import { add, hasPasskeys } from "./passkey";
import { drawProfile, type ProfileFields } from "./profile";

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
  onSubmit("invitation", async (value) => {
    const profile = (await draw()).filled();
    const withPasskey = value("withPasskey") !== "";
    const { result } = await send(acceptInvitation, {
      input: {
        token: value("token"), password: withPasskey ? null : value("password"),
        username: value("username") || null, name: value("name") || null, profile, delivery: "COOKIE",
      },
    });
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
