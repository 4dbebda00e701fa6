import { Refused } from "../../account/src/api";
import { find, focus, main, write } from "../../account/src/dom";
import { say, sayRefused } from "../../account/src/say";
import { button, el, present, type Child } from "./el";
import { onRefused, type Viewer } from "./viewer";

/** What each page is given. */
export interface Context {
  readonly viewer: Viewer;
  readonly query: URLSearchParams;
  /** Aborted when the page is left. */
  readonly left: AbortSignal;
}

const product = document.title;
let first = true;

/** Gives the page its title, and its reader the place where it begins. What a user wrote is only in the heading. */
export function entitle(title: string, heading: Child = title): void {
  document.title = `${title} – ${product}`;
  const place = find("h1", main);
  place?.replaceChildren(...present([heading]));
  if (!first) { // the browser has told of the page when it was loaded
    focus(place);
  }
  first = false;
}

/** Shows a page in place of what there was. */
export function view(...children: readonly Child[]): void {
  write(find("[data-page-alert]"), "");
  announce("");
  find("[data-view]")?.replaceChildren(...present(children));
}

/** Says what was done. */
export const announce = (text: string): void => write(find("[data-done]", main), text);

/** Shows that something could not be loaded, with a button to try once more. It throws what is no refusal. */
export function failed(reason: unknown, again: () => void): HTMLElement | undefined {
  if (!(reason instanceof Refused)) {
    throw reason;
  }
  if (onRefused(reason)) {
    return undefined;
  }
  const text = reason.code === "FORBIDDEN" ? say("admin.forbidden.act") : sayRefused(reason);
  return el("div", { class: "alert", role: "alert" }, el("p", {}, text), button(say("admin.again"), again));
}
