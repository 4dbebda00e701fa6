import { all, find } from "../../account/src/dom";
import { el, type Child } from "./el";

/** What stands in a cell. */
export type Cell = readonly Child[];

/**
 * Draws a table. The roles are written out because the rows are cards on narrow screens, where browsers no longer take it for
 * a table; there a heading stands before each cell, unless it is empty.
 */
export function grid(name: string, label: string, head: readonly string[], rows: readonly (readonly Cell[])[]): HTMLElement {
  return el("table", { class: `grid ${name}`, role: "table", "aria-label": label },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...head.map((text) => el("th", { role: "columnheader", scope: "col" }, text)))),
    el("tbody", { role: "rowgroup" }, ...rows.map((cells) => el("tr", { role: "row" }, ...cells.map((children, i) =>
      el("td", { role: "cell", "data-label": i > 0 ? head[i] : undefined }, ...children))))));
}

/** Goes from row to row of a list whose rows have a link each, and up from the first to the search. */
export function move(step: number): void {
  const links = all("[data-row]");
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? links[0] : links[at + step];
  (next ?? (step < 0 ? find("#search") : links[at]))?.focus();
}
