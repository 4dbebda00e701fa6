import { say } from "../../account/src/say";
import { button, el } from "./el";
import { failed } from "./frame";
import type { Page } from "./operations";

/** A list that is read part by part. */
export interface Listing {
  readonly element: HTMLElement;
  /** Reads it from the beginning. */
  readonly load: () => void;
}

/**
 * Shows a list that grows by a button. It reads the part after a cursor, null: there is nothing to see; and draws what it has
 * read so far.
 */
export function listing<T>(left: AbortSignal, read: (after: string | undefined, signal: AbortSignal) => Promise<Page<T> | null>, draw: (all: readonly T[]) => HTMLElement): Listing {
  let running = new AbortController();
  const element = el("div", { class: "list" });
  left.addEventListener("abort", () => running.abort());

  const load = (shown: readonly T[] = [], after?: string): void => {
    running.abort();
    const { signal } = running = new AbortController();
    element.setAttribute("aria-busy", "true");
    read(after, signal).then((part) => {
      if (signal.aborted || !part) {
        return;
      }
      const all = [...shown, ...part.nodes];
      element.replaceChildren(draw(all), part.pageInfo.hasNextPage
        ? el("div", { class: "pager" }, button(say("admin.more"), () => load(all, part.pageInfo.endCursor ?? undefined))) : "");
    }).catch((reason: unknown) => {
      if (!signal.aborted) {
        element.replaceChildren(failed(reason, () => load(shown, after)) ?? "");
      }
    }).finally(() => {
      if (!signal.aborted) {
        element.removeAttribute("aria-busy");
      }
    });
  };
  return { element, load: () => load() };
}
