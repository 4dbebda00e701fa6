import { send } from "../../account/src/api";
import { say } from "../../account/src/say";
import { button, el } from "./el";
import { failed, entitle, view, type Context } from "./frame";
import { users, type ListedUser, type Page } from "./operations";
import { go, link, settleAt } from "./route";
import { count } from "./time";
import { filterForm, filterOf, orderOf } from "./user-filters";
import { userTable } from "./user-table";

const pageSize = 25;

/** Where the list was left. */
export let lastList = link(["users"]);

/** The page with the list of users. The address has the search, the filters, the order and the cursor. */
export function usersPage({ viewer, query, left }: Context): void {
  let running = new AbortController();
  const asked = new URLSearchParams(query);
  lastList = link(["users"], asked);
  const total = el("p", { class: "hint", role: "status" });
  const list = el("div", { class: "list" });
  left.addEventListener("abort", () => running.abort());

  const load = (): void => {
    running.abort();
    const request = running = new AbortController();
    const { signal } = request;
    const [after, before] = [asked.get("after"), asked.get("before")];
    const isFirst = !after && !before;
    list.setAttribute("aria-busy", "true");
    send(users, {
      ...(before ? { last: pageSize, before } : { first: pageSize, ...(after ? { after } : {}) }),
      filter: filterOf(asked), orderBy: orderOf(asked), count: isFirst || total.textContent === "",
    }, "", signal).then((answer) => {
      if (signal.aborted || !answer.users) {
        return;
      }
      if (answer.users.totalCount !== undefined) {
        total.textContent = answer.users.totalCount === null ? say("admin.users.many") : say("admin.users.count", { count: count(answer.users.totalCount) });
      }
      list.replaceChildren(...(answer.users.nodes.length > 0 ? [userTable(answer.users.nodes), pager(answer.users)] : [nobody()]));
    }).catch((reason: unknown) => {
      if (!signal.aborted) {
        total.textContent = "";
        list.replaceChildren(failed(reason, load) ?? "");
      }
    }).finally(() => {
      if (!signal.aborted) {
        list.removeAttribute("aria-busy");
      }
    });
  };

  /** Loads the first page of what the filters say now. */
  const filtered = (): void => {
    asked.delete("after");
    asked.delete("before");
    lastList = link(["users"], asked);
    settleAt(lastList);
    load();
  };
  const turn = (name: "after" | "before", cursor: string | null): void => {
    const next = new URLSearchParams(asked);
    next.delete("after");
    next.delete("before");
    next.set(name, cursor ?? "");
    go(link(["users"], next));
  };
  const pager = ({ pageInfo }: Page<ListedUser>): HTMLElement => {
    const previous = button(say("admin.previous"), () => turn("before", pageInfo.startCursor));
    const next = button(say("admin.next"), () => turn("after", pageInfo.endCursor));
    previous.disabled = !pageInfo.hasPreviousPage;
    next.disabled = !pageInfo.hasNextPage;
    const pages = el("nav", { class: "pager", "aria-label": say("admin.pages") }, previous, next);
    pages.hidden = previous.disabled && next.disabled;
    return pages;
  };
  const nobody = (): HTMLElement => el("div", { class: "empty" },
    el("p", {}, say("admin.users.none")),
    [...asked.keys()].some((key) => key !== "order") && el("a", { href: link(["users"]) }, say("admin.clear")));

  entitle(say("admin.users.title"));
  view(
    el("div", { class: "toolbar" }, total, viewer.role === "ADMIN" && el("a", { class: "button", href: link(["users", "new"]) }, say("admin.create.title"))),
    filterForm(asked, filtered),
    list,
  );
  load();
}
