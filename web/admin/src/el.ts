type Attribute = string | number | boolean | undefined | ((event: Event) => void);
export type Child = Node | string | false | null | undefined;

/**
 * Makes an element. Children that are strings become text, never HTML. An attribute that is a function listens to the event
 * of its name; true is an attribute without a value, and false and undefined are none.
 */
export function el<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Readonly<Record<string, Attribute>> = {}, ...children: readonly Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name, value);
    } else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...present(children));
  return element;
}

/** Leaves out what is no child. */
export function present(children: readonly Child[]): (Node | string)[] {
  return children.filter((child): child is Node | string => child !== false && child !== null && child !== undefined && child !== "");
}

/** What turns the direction of writing without being seen. No name needs it: letters bring their direction along. */
const turning = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * Shows what somebody else wrote. Its direction of writing ends where it ends, and what would turn it is shown as a replacement
 * character, so that nobody is called otherwise than it looks.
 */
export const bdi = (text: string, className = ""): HTMLElement => el("bdi", className ? { class: className } : {}, text.replace(turning, "\ufffd"));

/** A short fact, set apart; tone names its color. */
export const badge = (text: string, tone: "plain" | "good" | "bad" | "accent" = "plain"): HTMLElement => el("span", { class: `tag ${tone}` }, text);

/** A button that submits nothing. */
export const button = (text: string, act: () => void, className = "quiet"): HTMLButtonElement => el("button", { type: "button", class: className, click: act }, text);

/** A part of a page, with its heading and what stands beside that. */
export function card(title: string, children: readonly Child[], beside?: Child): HTMLElement {
  return el("section", { class: "panel" }, el("div", { class: "panel-head" }, el("h2", {}, title), beside), ...children);
}
