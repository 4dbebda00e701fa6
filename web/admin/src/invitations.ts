import { send } from "../../account/src/api";
import { say } from "../../account/src/say";
import { person } from "./audit-table";
import { ask, field } from "./dialog";
import { badge, bdi, button, el } from "./el";
import { announce, entitle, view, type Context } from "./frame";
import { grid, type Cell } from "./grid";
import { listing } from "./listing";
import { roleName, roles } from "./names";
import { invitations, inviteUser, withdrawInvitation, type Invitation, type Role } from "./operations";
import { ago, day } from "./time";
import type { Viewer } from "./viewer";

/** The page with the invitations. */
export function invitationsPage({ viewer, left }: Context): void {
  const list = listing<Invitation>(left, async (after, signal) => (await send(invitations, { first: 50, ...(after ? { after } : {}) }, "", signal)).invitations,
    (all) => (all.length > 0 ? table(all) : el("p", { class: "empty" }, say("admin.invitations.none"))));
  const done = (said: string): void => {
    list.load();
    announce(said);
  };

  const table = (all: readonly Invitation[]): HTMLElement => grid("invitations", say("admin.invitations.title"),
    [say("field.email"), say("admin.fact.role"), say("admin.invitations.state"), say("admin.invitations.by"), say("admin.invitations.sent"), say("admin.invitations.until"), say("admin.actions.title")], all.map(row));

  const row = (invitation: Invitation): Cell[] => {
    const { email, role, acceptedAt, expiresAt } = invitation;
    const expired = new Date(expiresAt).getTime() <= Date.now();
    const open = acceptedAt === null;
    const may = mayInvite(viewer).includes(role) && viewer.invites;
    return [
      [bdi(email, "strong")],
      [roleName(role)],
      [!open ? badge(say("admin.invitations.accepted"), "good") : expired ? badge(say("admin.invitations.expired"), "bad") : badge(say("admin.invitations.waiting"))],
      [invitation.invitedBy ? person(invitation.invitedBy) : say("admin.invitations.operator")],
      [day(invitation.createdAt)],
      [open && ago(expiresAt)],
      [open && may && el("span", { class: "row-actions" },
        button(say("admin.resend.title"), () => ask({
          title: say("admin.resend.heading"), text: [el("p", { class: "subject" }, bdi(email)), say("admin.resend.text")], button: say("admin.invite.button"),
          act: async () => (await send(inviteUser, { input: { email, role } })).result.errors,
          done: () => done(say("admin.invite.done", { email })),
        }), "small"),
        button(say("admin.withdraw.title"), () => ask({
          title: say("admin.withdraw.heading"), text: [el("p", { class: "subject" }, bdi(email)), say("admin.withdraw.text")], button: say("admin.withdraw.heading"), danger: true,
          act: async () => (await send(withdrawInvitation, { input: { id: invitation.id } })).result.errors,
          done: () => done(say("admin.withdraw.done")),
        }), "small"))],
    ];
  };

  entitle(say("admin.invitations.title"));
  view(
    el("div", { class: "toolbar" }, el("p", { class: "hint" }, say(viewer.invites ? "admin.invitations.hint" : "admin.invitations.closed")),
      viewer.invites && button(say("admin.invite.title"), () => invite(viewer, done), "primary")),
    list.element,
  );
  list.load();
}

/** The roles to which somebody may invite: those that are not above their own. */
const mayInvite = ({ role }: Viewer): readonly Role[] => roles.slice(0, roles.indexOf(role) + 1);

function invite(viewer: Viewer, done: (said: string) => void): void {
  const email = el("input", { type: "email", required: true, maxlength: 254, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  const role = el("select");
  role.append(...mayInvite(viewer).map((role) => new Option(roleName(role), role)));
  ask({
    title: say("admin.invite.title"),
    text: [say("admin.invite.text")],
    fields: [field(email, "email", say("field.email")), field(role, "role", say("admin.fact.role"), { hint: say("admin.create.role") })],
    button: say("admin.invite.button"),
    act: async (value) => (await send(inviteUser, { input: { email: value("email").trim(), role: value("role") as Role } })).result.errors,
    done: () => done(say("admin.invite.done", { email: email.value.trim() })),
  });
}
