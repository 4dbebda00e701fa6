/** What every page has. */
export const main = document.querySelector("main") as HTMLElement;

/** Returns the first element that a selector names, which an operator's own template may lack. */
export function find<E extends HTMLElement = HTMLElement>(selector: string, within: ParentNode = document): E | null {
  return within.querySelector<E>(selector);
}

/** Returns all elements that a selector names. */
export function all<E extends HTMLElement = HTMLElement>(selector: string, within: ParentNode = document): E[] {
  return [...within.querySelectorAll<E>(selector)];
}

/** Returns the form of a name. */
export const formOf = (name: string): HTMLFormElement | null => find<HTMLFormElement>(`form[data-form="${name}"]`);

/** Shows or hides elements; controls that are hidden take no part in their form. */
export function show(elements: readonly HTMLElement[], shown: boolean): void {
  for (const element of elements) {
    element.hidden = !shown;
    for (const control of all<HTMLInputElement>("input", element)) {
      control.disabled = !shown;
    }
  }
}

/** Writes text into an element, if it is there, and shows it. */
export function write(element: HTMLElement | null, text: string): void {
  if (element) {
    element.textContent = text;
    element.hidden = text === "";
  }
}

/** Makes an element, with text in it. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className = "", text = ""): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) {
    element.className = className;
  }
  element.textContent = text;
  return element;
}

/** Gives the page another title, and its reader the place where it begins. */
export function retitle(title: string): void {
  const heading = find("h1");
  if (heading) {
    document.title = document.title.replace(heading.textContent ?? "", () => title);
    heading.textContent = title;
    focus(heading);
  }
}

/** Moves the focus to an element that is no control. */
export function focus(element: HTMLElement | null): void {
  if (element) {
    element.tabIndex = -1;
    element.focus();
  }
}

/** Makes the buttons that show what is typed into a password field work. */
export function showPasswords(shown: string, hidden: string): void {
  for (const button of all<HTMLButtonElement>("button[data-show]")) {
    button.addEventListener("click", () => {
      const input = find<HTMLInputElement>(`#${button.dataset.show ?? ""}`);
      if (input) {
        const reveal = input.type === "password";
        input.type = reveal ? "text" : "password";
        button.setAttribute("aria-pressed", String(reveal));
        button.textContent = reveal ? hidden : shown;
      }
    });
  }
}

/** Gives the browser a file to save. */
export function save(name: string, text: string, type: string): void {
  const anchor = document.createElement("a");
  anchor.href = URL.createObjectURL(new Blob([text], { type }));
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 60_000);
}
