import { find } from "../../account/src/dom";
import { move } from "./grid";

/**
 * Lets the keyboard do what the mouse does: / goes to the search, the arrow keys, j and k go from row to row, Enter opens one
 * as it opens any link, and Escape goes back to the list.
 */
export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || find("dialog[open]")) {
      return;
    }
    const at = event.target instanceof Element ? event.target : document.body;
    const typing = at.closest("input, select, textarea");
    const act = typing ? whileTyping(typing, event.key) : otherwise(at, event.key);
    if (act) {
      event.preventDefault();
      act();
    }
  });
}

function whileTyping(field: Element, key: string): (() => void) | undefined {
  if (field.id !== "search") {
    return undefined;
  }
  if (key === "ArrowDown") {
    return () => move(1);
  }
  return key === "Escape" && (field as HTMLInputElement).value === "" ? () => (field as HTMLElement).blur() : undefined;
}

function otherwise(at: Element, key: string): (() => void) | undefined {
  const search = find("#search");
  const back = find("[data-back]");
  switch (key) {
    case "/":
      return search ? () => search.focus() : undefined;
    case "Escape":
      return back ? () => back.click() : undefined;
    default: { // letters only where a row has the focus: whoever speaks to the browser types letters by mistake
      const step = steps[key];
      return step && at.matches("[data-row]") ? () => move(step) : undefined;
    }
  }
}

const steps: Readonly<Record<string, number>> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
