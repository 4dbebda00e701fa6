import { say } from "../../account/src/say";
import { bdi, el } from "./el";
import { grid } from "./grid";
import { badgesOf, nameOf } from "./names";
import type { ListedUser } from "./operations";
import { link } from "./route";
import { ago, day } from "./time";

/** Draws a table of users. Each row has one link, which covers it. */
export function userTable(users: readonly ListedUser[]): HTMLElement {
  const head = [say("admin.column.user"), say("admin.column.status"), say("admin.column.last"), say("admin.column.created")];
  return grid("users", say("admin.users.title"), head, users.map((user) => [
    [
      el("a", { href: link(["users", user.id]), "data-row": true, class: "who-link" }, nameOf(user)),
      el("span", { class: "second" }, ...(user.name?.trim() ? [bdi(user.email)] : []), user.name?.trim() && user.username ? " · " : "", user.username ? bdi(`@${user.username}`) : ""),
    ],
    [badgesOf(user)],
    [user.lastLoginAt ? ago(user.lastLoginAt) : el("span", { class: "quiet-text" }, say("admin.never"))],
    [day(user.createdAt)],
  ]));
}
