import { say } from "../../account/src/say";
import { badge, bdi, el, type Child } from "./el";
import { grid } from "./grid";
import type { AuditEvent } from "./operations";
import { link } from "./route";
import { exact } from "./time";

/** Makes words of the name of an act: "Logged in" of logged_in. */
export const inWords = (act: string): string => act.charAt(0).toUpperCase() + act.slice(1).replace(/_/g, " ");

/** Draws events of the audit trail; withUser adds whose accounts they are about. */
export function auditTable(events: readonly AuditEvent[], withUser: boolean): HTMLElement {
  if (events.length === 0) {
    return el("p", { class: "empty" }, say("admin.audit.none"));
  }
  const head = [say("admin.audit.what"), say("admin.audit.when"), ...(withUser ? [say("admin.audit.user")] : []), say("admin.audit.actor"), say("admin.audit.from"), say("admin.audit.why")];
  return grid("audit", say("admin.audit.title"), head, events.map((event) => [
    [el("span", { title: event.act, class: "strong" }, inWords(event.act)), " ", event.outcome !== "ok" && badge(event.outcome, "bad")],
    [exact(event.at)],
    ...(withUser ? [[event.userId && person(event.userId)]] : []),
    [event.actorId ? person(event.actorId) : (event.actor ? inWords(event.actor) : el("span", { class: "quiet-text" }, say("admin.audit.self")))],
    [event.ipAddress, event.device && bdi(event.device, "second")],
    [event.reason && bdi(event.reason)],
  ]));
}

/** A link to a user, by the end of the id, where ids that were made one after another differ. */
export const person = (id: string): Child => el("a", { href: link(["users", id]), title: id }, el("code", {}, `…${id.slice(-8)}`));
