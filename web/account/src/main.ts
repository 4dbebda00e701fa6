import { accountPage } from "./account";
import { main, showPasswords } from "./dom";
import { emailChangePage } from "./email-change";
import { forgotPage } from "./forgot";
import { invitationPage } from "./invitation";
import { say } from "./say";
import { signInPage } from "./sign-in";
import { signUpPage } from "./sign-up";

const pages: Readonly<Record<string, () => void>> = {
  "sign-up": signUpPage,
  "sign-in": signInPage,
  forgot: forgotPage,
  account: accountPage,
  "email-change": emailChangePage,
  invitation: invitationPage,
};

pages[main.dataset.page ?? ""]?.();
showPasswords(say("page.show_password"), say("page.hide_password"));
