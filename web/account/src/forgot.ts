import { send } from "./api";
import { find, formOf, retitle, show, write } from "./dom";
import { onSubmit } from "./form";
import { forgot } from "./operations";
import { say } from "./say";

/** The page for those who forgot their password. */
export function forgotPage(): void {
  onSubmit("forgot", async (value) => {
    const email = value("email").trim();
    const { result } = await send(forgot, { input: { email } });
    if (result.errors.length === 0) {
      show([formOf("forgot")].filter((form) => form !== null), false);
      const panel = find('[data-panel="sent"]');
      if (panel) {
        panel.hidden = false;
      }
      write(find("[data-sent-text]"), say("forgot.sent.text", { email }));
      retitle(say("forgot.sent.title"));
    }
    return result.errors;
  });
}
