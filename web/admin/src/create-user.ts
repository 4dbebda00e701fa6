import { send } from "../../account/src/api";
import { say } from "../../account/src/say";
import { alertPlace, field, submitting } from "./dialog";
import { card, el } from "./el";
import { entitle, view, type Context } from "./frame";
import { roleName, roles } from "./names";
import { createUser, type Role } from "./operations";
import { go, link } from "./route";

/** The page on which an administrator makes an account. */
export function createPage({ viewer }: Context): void {
  entitle(say("admin.create.title"));
  if (viewer.role !== "ADMIN") {
    view(el("div", { class: "alert" }, say("admin.forbidden.act")));
    return;
  }
  const role = el("select");
  role.append(...roles.map((role) => new Option(roleName(role), role)));
  const invite = el("input", { type: "checkbox", value: "yes" });
  invite.checked = true;
  const form = el("form", { method: "post", "data-form": "create" }, alertPlace(),
    field(el("input", { type: "email", required: true, maxlength: 254, autocomplete: "off", autocapitalize: "off", spellcheck: "false" }), "email", say("field.email")),
    field(el("input", { type: "text", maxlength: 100, autocomplete: "off" }), "name", say("field.name"), { optional: true }),
    viewer.usernames && field(el("input", { type: "text", maxlength: 30, autocomplete: "off", autocapitalize: "off", spellcheck: "false" }), "username", say("field.username"), { optional: true, hint: say("field.username_hint") }),
    field(role, "role", say("admin.fact.role"), { hint: say("admin.create.role") }),
    field(invite, "sendInvitation", say("admin.create.invite")),
    el("div", { class: "buttons" }, el("button", { type: "submit" }, say("admin.create.button")), el("a", { href: link(["users"]) }, say("proof.cancel"))));
  view(card(say("admin.create.about"), [form]));

  let made: string | undefined;
  submitting("create", async (value) => {
    const { result } = await send(createUser, {
      input: { email: value("email").trim(), username: value("username").trim() || null, name: value("name").trim() || null, role: value("role") as Role, sendInvitation: value("sendInvitation") === "yes" },
    });
    made = result.user?.id;
    return result.errors;
  }, () => go(link(["users", ...(made ? [made] : [])])));
}
