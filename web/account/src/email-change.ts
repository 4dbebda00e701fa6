import { send } from "./api";
import { find, formOf, main, retitle, show, write } from "./dom";
import { onSubmit } from "./form";
import { signInFirst } from "./leave";
import { confirmEmailChange } from "./operations";
import { say } from "./say";

/** The page that the link to a new address leads to. Nothing happens before its button is pressed. */
export function emailChangePage(): void {
  let token = "";
  onSubmit(
    "email-change",
    async (value) => {
      token = value("token");
      const { result } = await send(confirmEmailChange, { input: { token } });
      const panel = find('[data-panel="done"]');
      if (result.user && panel) {
        show([formOf("email-change")].filter((form) => form !== null), false);
        for (const line of main.querySelectorAll<HTMLElement>(":scope > p:not(.product)")) {
          line.hidden = true;
        }
        panel.hidden = false;
        write(find("[data-done]", panel), say("email_change.done", { email: result.user.email }));
        retitle(say("email_change.done.title"));
      }
      return result.errors.map((problem) => ({ ...problem, path: null }));
    },
    (refused) => {
      if (refused.code !== "UNAUTHENTICATED") {
        return false;
      }
      signInFirst(token);
      return true;
    },
  );
}
