import { say } from "../../account/src/say";
import { badge, bdi, el, type Child } from "./el";
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
  const head = [say("admin.audit.when"), say("admin.audit.what"), ...(withUser ? [say("admin.audit.user")] : []), say("admin.audit.actor"), say("admin.audit.from"), say("admin.audit.why")];
  const rows = events.map((event) => {
    const cells: (readonly Child[])[] = [
      [exact(event.at)],
      [el("span", { title: event.act }, inWords(event.act)), " ", event.outcome !== "ok" && badge(event.outcome, "bad")],
      ...(withUser ? [[person(event.userId)]] : []),
      [event.actorId ? person(event.actorId) : (event.actor ?? el("span", { class: "quiet-text" }, say("admin.audit.self")))],
      [event.ipAddress, event.device && bdi(event.device, "second")],
      [event.reason && bdi(event.reason)],
    ];
    return el("tr", { role: "row" }, ...cells.map((children, i) => el("td", { role: "cell", "data-label": head[i] }, ...children)));
  });
  return el("table", { class: "grid audit", role: "table", "aria-label": say("admin.audit.title") },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...head.map((text) => el("th", { role: "columnheader", scope: "col" }, text)))),
    el("tbody", { role: "rowgroup" }, ...rows));
}

/** A link to a user, by the end of the id, where ids that were made one after another differ. */
const person = (id: string | null): Child => id && el("a", { href: link(["users", id]), title: id }, el("code", {}, `…${id.slice(-8)}`));
