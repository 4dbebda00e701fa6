import { send } from "../../account/src/api";
import { say } from "../../account/src/say";
import { actionsFor } from "./actions";
import { auditTable } from "./audit-table";
import { bdi, button, card, el } from "./el";
import { announce, entitle, failed, view, type Context } from "./frame";
import { badgesOf, nameOf } from "./names";
import { user as query, type WholeUser } from "./operations";
import { go, link } from "./route";
import { lastList } from "./users";
import { factsOf, identitiesOf, factorsOf, profileOf, sessionsOf } from "./user-parts";

/** The page of a user. */
export function userPage({ viewer, left }: Context, id: string): void {
  const load = (said = ""): void => {
    send(query, { id }, "", left).then(({ user }) => {
      if (left.aborted) {
        return;
      }
      if (!user) {
        entitle(say("admin.user.missing"));
        view(el("p", {}, say("admin.user.missing.text")), back());
        return;
      }
      draw(user);
      announce(said);
    }).catch((reason: unknown) => {
      if (!left.aborted) {
        view(failed(reason, load), back());
      }
    });
  };

  const draw = (user: WholeUser): void => {
    const actions = actionsFor(user, viewer, (said, gone) => {
      if (gone) {
        go(link(["users"]));
      } else {
        load(said);
      }
    });
    const audit = new URLSearchParams({ user: user.id });
    entitle(say("admin.user.title"), nameOf(user));
    view(
      el("div", { class: "subject" }, user.name?.trim() && el("p", {}, bdi(user.email)), badgesOf(user)),
      user.disabled && el("div", { class: "alert" }, el("p", {}, user.deletedAt ? say("admin.user.deleted") : say("admin.user.disabled")),
        user.disabledReason && el("p", {}, bdi(user.disabledReason))),
      el("div", { class: "columns" },
        el("div", {},
          card(say("admin.profile.title"), [profileOf(user, viewer.profileSchema)]),
          card(say("admin.factors.title"), [factorsOf(user), ...identitiesOf(user.identities)]),
          card(say("admin.sessions.title", { count: String(user.sessions.length) }), [sessionsOf(user.sessions)])),
        el("div", {},
          card(say("admin.actions.title"), [actions.length > 0
            ? el("div", { class: "action-list" }, ...actions.map((action) => button(action.label, action.ask, action.danger ? "danger" : "quiet")))
            : el("p", { class: "hint" }, user.id === viewer.id ? say("admin.actions.self") : say("admin.actions.none"))]),
          card(say("admin.facts.title"), [factsOf(user)]))),
      card(say("admin.audit.title"), [auditTable(user.auditEvents.nodes, false)], el("a", { href: link(["audit"], audit) }, say("admin.audit.all"))),
      back(),
    );
  };
  const back = (): HTMLElement => el("p", { class: "back" }, el("a", { href: lastList, "data-back": true, "aria-keyshortcuts": "Escape" }, say("admin.user.back")));

  load();
}
