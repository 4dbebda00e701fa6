import { accountPage } from "./account";
import { main, showPasswords } from "./dom";
import { emailChangePage } from "./email-change";
import { forgotPage } from "./forgot";
import { say } from "./say";
import { signInPage } from "./sign-in";
import { signUpPage } from "./sign-up";

const pages: Readonly<Record<string, () => void>> = {
  "sign-up": signUpPage,
  "sign-in": signInPage,
  forgot: forgotPage,
  account: accountPage,
  "email-change": emailChangePage,
};

pages[main.dataset.page ?? ""]?.();
showPasswords(say("page.show_password"), say("page.hide_password"));
