import { all, find } from "../../account/src/dom";
import { say } from "../../account/src/say";
import { bdi, el } from "./el";
import { badgesOf, nameOf } from "./names";
import type { ListedUser } from "./operations";
import { link } from "./route";
import { ago, day } from "./time";

/**
 * Draws a table of users. Each row has one link, which covers it; the arrow keys go from row to row, and up from the first to the
 * search. The roles are written out because the rows are cards on narrow screens, where browsers no longer take it for a table.
 */
export function userTable(users: readonly ListedUser[]): HTMLElement {
  const head = [say("admin.column.user"), say("admin.column.status"), say("admin.column.last"), say("admin.column.created")];
  const cell = (label: string | undefined, ...children: (Node | string)[]): HTMLElement => el("td", { role: "cell", "data-label": label }, ...children);
  const rows = users.map((user) => el("tr", { role: "row" },
    cell(undefined, el("a", { href: link(["users", user.id]), "data-row": true, class: "who-link" }, nameOf(user)),
      el("span", { class: "second" }, ...(user.name?.trim() ? [bdi(user.email)] : []), user.name?.trim() && user.username ? " · " : "", user.username ? bdi(`@${user.username}`) : "")),
    cell(undefined, badgesOf(user)),
    cell(head[2], user.lastLoginAt ? ago(user.lastLoginAt) : el("span", { class: "quiet-text" }, say("admin.never"))),
    cell(head[3], day(user.createdAt))));
  return el("table", { class: "grid users", role: "table", "aria-label": say("admin.users.title"), keydown: move },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...head.map((text) => el("th", { role: "columnheader", scope: "col" }, text)))),
    el("tbody", { role: "rowgroup" }, ...rows));
}

function move(event: Event): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[(event as KeyboardEvent).key];
  const links = all("[data-row]");
  const at = links.indexOf(document.activeElement as HTMLElement);
  if (step === undefined || at < 0) {
    return;
  }
  event.preventDefault();
  (links[at + step] ?? (step < 0 ? find("#search") : links[at]))?.focus();
}
