import { Refused, send } from "./api";
import { all, find, main, retitle, save, show, write } from "./dom";
import { onSubmit } from "./form";
import { account, changePassword, changeUsername, deleteAccount, exportMyData, requestEmailChange, signOut, updateProfile, type JsonObject, type User } from "./operations";
import { connectedSection } from "./connected";
import { drawProfile, type ProfileFields } from "./profile";
import { ask, proofDialog, proveBy, proven } from "./proof";
import { say, sayRefused } from "./say";
import { securitySection, showFactors } from "./security";
import { endingSeveral, listSessions, refreshSessions } from "./sessions";

/** Goes to the page for signing in if there is no session any more, or one that lacks a second factor. */
function onRefused(refused: Refused): boolean {
  if (refused.code !== "UNAUTHENTICATED" && refused.code !== "SECOND_FACTOR_REQUIRED") {
    return false;
  }
  location.assign(`sign-in?return_to=${new URLSearchParams(location.search).has("prove") ? "account%3Fprove" : "account"}`);
  return true;
}

/** The page of one's account. */
export function accountPage(): void {
  const wanted = new URLSearchParams(location.search);
  let schema: JsonObject = {};
  let fields: ProfileFields | undefined;
  const showProfile = (user: User): void => {
    fill('[data-form="profile"] [name="name"]', user.name ?? "");
    fields = drawProfile(find("[data-profile]") ?? main, schema, user.profile);
  };

  send(account, {}).then(
    (answer) => {
      if (!answer.me) {
        return;
      }
      schema = answer.authConfig?.profileSchema ?? {};
      showUser(answer.me);
      showProfile(answer.me);
      showFactors(answer.me.secondFactors, answer.authConfig?.passkeys ?? false, onRefused);
      listSessions(answer.sessions ?? [], onRefused);
      show([find("[data-loading]") ?? main], false);
      const panel = find('[data-panel="account"]');
      if (panel) {
        panel.hidden = false;
      }
      connect();
      const { totp, passkeys } = answer.me.secondFactors;
      const proved = answer.sessions?.some(({ current, secondFactorAt }) => current && secondFactorAt !== null);
      if (wanted.has("prove") && (totp !== null || passkeys.length > 0)) {
        void (proved ? Promise.resolve(true) : ask()).then((done) => write(find("[data-page-note]"), done ? say("account.proved") : ""));
      }
    },
    (reason: unknown) => {
      if (!(reason instanceof Refused)) {
        throw reason;
      }
      if (!onRefused(reason)) {
        write(find("[data-loading]"), "");
        write(find("[data-page-alert]"), sayRefused(reason));
      }
    },
  );

  const connect = connectedSection(onRefused);
  proofDialog();
  endingSeveral(onRefused);
  securitySection(onRefused);
  onSubmit("sign-out", async () => {
    await send(signOut, {});
    location.assign("sign-in");
  }, onRefused);

  onSubmit("profile", async (value) => {
    const profile = fields?.changed();
    const { result } = await send(updateProfile, { input: { name: value("name") || null, ...(profile ? { profile } : {}) } });
    if (result.user) {
      showProfile(result.user);
      return say("account.saved");
    }
    return result.errors;
  }, onRefused);

  onSubmit("username", async (value) => {
    const { result } = await proven(() => send(changeUsername, { input: { username: value("username") } }));
    return result.errors.length > 0 ? result.errors : say("account.saved");
  }, onRefused);

  onSubmit("email", async (value, form) => {
    const newEmail = value("newEmail").trim();
    const { result } = await proven(() => send(requestEmailChange, { input: { newEmail } }));
    if (result.errors.length > 0) {
      return result.errors;
    }
    form.reset();
    return say("account.email.sent", { email: newEmail });
  }, onRefused);

  onSubmit("password", async (value, form) => {
    const current = value("currentPassword");
    const input = { newPassword: value("newPassword"), ...(current ? { currentPassword: current } : {}) };
    const { result } = await proven(() => send(changePassword, { input }));
    if (result.errors.length > 0) {
      return result.errors;
    }
    const login = value("login");
    form.reset();
    fill('[name="login"]', login);
    showPassword(true);
    await refreshSessions(onRefused);
    return say("account.password.done", { count: String(result.endedCount) });
  }, onRefused);

  onSubmit("download", async () => {
    const { data } = await proven(() => send(exportMyData, {}));
    save("my-data.json", JSON.stringify(data, null, 2), "application/json");
    return say("account.download.done");
  }, onRefused);

  onSubmit("delete", async (value) => {
    const { result } = await proven(() => send(deleteAccount, { input: { confirmEmail: value("confirmEmail") } }));
    if (result.errors.length === 0) {
      for (const panel of all("[data-panel]")) {
        panel.hidden = panel.dataset.panel !== "deleted";
      }
      retitle(say("account.deleted.title"));
    }
    return result.errors;
  }, onRefused);
}

/** Shows who is signed in, wherever it stands. */
function showUser(user: User): void {
  write(find("[data-who]"), say("account.signed_in_as", { email: user.email }));
  write(find("[data-email]"), say("account.email.current", { email: user.email }));
  fill('[name="username"]', user.username ?? "");
  fill('[name="login"]', user.email);
  const unconfirmed = find("[data-unconfirmed]");
  if (unconfirmed) {
    unconfirmed.hidden = user.emailVerified;
  }
  showPassword(user.hasPassword);
}

/** Shows what is for those with a password, or for those without. */
function showPassword(hasPassword: boolean): void {
  proveBy(hasPassword);
  show(all("[data-with-password]"), hasPassword);
  show(all("[data-without-password]"), !hasPassword);
}

function fill(selector: string, value: string): void {
  for (const input of all<HTMLInputElement>(selector)) {
    input.value = value;
  }
}
