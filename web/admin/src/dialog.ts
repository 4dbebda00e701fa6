import { main } from "../../account/src/dom";
import { onSubmit, type Values } from "../../account/src/form";
import type { Problem } from "../../account/src/operations";
import { proven } from "../../account/src/proof";
import { say } from "../../account/src/say";
import { button, el, present, type Child } from "./el";
import { onRefused } from "./viewer";

/** What is asked before something is done. */
export interface Question {
  readonly title: string;
  /** What will happen, and to whom. */
  readonly text: readonly Child[];
  readonly fields?: readonly HTMLElement[];
  readonly button: string;
  readonly danger?: boolean;
  /** Does it, and returns what has to be mended. */
  readonly act: (value: Values) => Promise<readonly Problem[]>;
  /** Is called when it is done and the dialog is closed. */
  readonly done: () => void;
}

/** Asks, and does what is asked for; a proof of who one is, where it is needed, is asked for on top. */
export function ask(question: Question): void {
  const before = document.activeElement as HTMLElement | null;
  const form = el("form", { method: "post", "data-form": "question" },
    ...question.text.map((text) => (typeof text === "string" ? el("p", {}, text) : text)),
    alertPlace(),
    ...(question.fields ?? []),
    el("div", { class: "buttons" },
      el("button", { type: "submit", class: question.danger ? "danger" : undefined }, question.button),
      button(say("proof.cancel"), () => dialog.close())));
  const dialog = el("dialog", { "aria-labelledby": "question-title", close: () => { dialog.remove(); before?.focus(); } },
    el("h2", { id: "question-title" }, question.title), form);
  main.append(dialog);
  submitting("question", question.act, () => {
    dialog.close();
    question.done();
  });
  dialog.showModal();
  form.querySelector<HTMLElement>("input, select, textarea, button")?.focus();
}

/** Lets a form do something that may need a proof of who one is. */
export function submitting(name: string, act: (value: Values) => Promise<readonly Problem[]>, done: () => void): void {
  onSubmit(name, async (value) => {
    const problems = await proven(() => act(value));
    if (problems.length > 0) {
      return problems;
    }
    done();
    return [];
  }, onRefused);
}

/** Where a form says what is wrong with it as a whole. */
export const alertPlace = (): HTMLElement => el("div", { class: "alert", role: "alert", "data-alert": true, hidden: true });

/** A field of a form, with its label, its hint and the place for its error. */
export function field(control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement, name: string, label: string, options: { hint?: string; optional?: boolean } = {}): HTMLElement {
  const id = `field-${name}`;
  control.id = id;
  control.name = name;
  control.setAttribute("aria-describedby", options.hint ? `${id}-error ${id}-hint` : `${id}-error`);
  const isBox = control instanceof HTMLInputElement && control.type === "checkbox";
  const caption = el("label", { for: id }, label, ...(options.optional ? [" ", el("span", { class: "optional" }, say("page.optional"))] : []));
  const hint = options.hint && el("p", { class: "hint", id: `${id}-hint` }, options.hint);
  const error = el("p", { class: "error", id: `${id}-error`, hidden: true });
  return el("div", { class: isBox ? "field check" : "field" }, ...present(isBox ? [control, caption, hint, error] : [caption, hint, control, error]));
}

/** The field in which whoever acts says why. */
export const reason = (): HTMLElement => field(el("textarea", { required: true, maxlength: 500, rows: 2 }), "reason", say("admin.reason"), { hint: say("admin.reason.hint") });
