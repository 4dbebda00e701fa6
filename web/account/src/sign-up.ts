import { send } from "./api";
import { find, formOf, main, retitle, show, write } from "./dom";
import { onSubmit } from "./form";
import { profileSchema, resend, signUp } from "./operations";
import { drawProfile, type ProfileFields } from "./profile";
import { leave } from "./leave";
import { say } from "./say";

/** The page for signing up. */
export function signUpPage(): void {
  const place = find("[data-profile]");
  let drawn: Promise<ProfileFields> | undefined;
  const draw = (): Promise<ProfileFields> => {
    drawn ??= send(profileSchema, {}).then(({ authConfig }) => drawProfile(place ?? main, authConfig.profileSchema));
    drawn.catch(() => (drawn = undefined)); // the next try asks again
    return drawn;
  };
  void draw().catch(() => undefined);

  onSubmit("sign-up", async (value) => {
    const profile = (await draw()).filled();
    const email = value("email");
    const { result } = await send(signUp, {
      input: { email, password: value("password"), username: value("username") || null, name: value("name") || null, profile, delivery: "COOKIE" },
    });
    if (result.errors.length === 0) {
      if (result.confirmationRequired) {
        checkInbox(email.trim());
      } else if (result.challenge) {
        location.assign("sign-in"); // where a second factor is set up
      } else {
        leave();
      }
    }
    return result.errors;
  });
}

/** Says that a mail is on its way, and lets it be sent again. */
function checkInbox(email: string): void {
  const form = formOf("sign-up");
  const again = formOf("resend");
  form?.reset();
  show([form].filter((f) => f !== null), false);
  const panel = find('[data-panel="inbox"]');
  if (panel) {
    panel.hidden = false;
  }
  write(find("[data-inbox-text]"), say("sign_up.inbox.text", { email }));
  const field = again && find<HTMLInputElement>('[name="email"]', again);
  if (field) {
    field.value = email;
  }
  onSubmit("resend", async (value) => {
    const { result } = await send(resend, { input: { email: value("email") } });
    return result.errors.length > 0 ? result.errors : say("sign_up.inbox.sent");
  });
  retitle(say("sign_up.inbox.title"));
}
