import { Refused } from "./api";
import type { Problem } from "./operations";
import { all, find, formOf, write } from "./dom";
import { sayProblem, sayRefused } from "./say";

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** What was typed, as it was typed. */
export type Values = (name: string) => string;

/** Thrown by an action that the user gave up. The words stand above the form. */
export class Cancelled extends Error {}

/** What to do about a refusal before it is said: true if nothing is left to say. */
type OnRefused = (refused: Refused) => boolean;

/**
 * Lets a form do what act does. It returns the problems of the input, each of which is written at
 * the field that its path names, or above the form where there is none; what it returns on success is
 * said below. While it works nothing is sent twice.
 */
export function onSubmit(
  name: string,
  act: (value: Values, form: HTMLFormElement) => Promise<readonly Problem[] | string | void>,
  onRefused: OnRefused = () => false,
): void {
  const form = formOf(name);
  if (!form) {
    return;
  }
  form.noValidate = true; // faults are told beside their fields, not in a bubble
  let busy = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) {
      return;
    }
    clear(form);
    if (!check(form)) {
      return;
    }
    const typed = new FormData(form);
    const value: Values = (field) => String(typed.get(field) ?? "");

    busy = true;
    form.setAttribute("aria-busy", "true");
    act(value, form)
      .then((result) => {
        if (typeof result === "string") {
          write(find("[data-done]", form), result);
        } else if (result?.length) {
          tell(form, result);
        }
      })
      .catch((reason: unknown) => {
        if (reason instanceof Cancelled) {
          alert(form, reason.message);
        } else if (!(reason instanceof Refused)) {
          throw reason;
        } else if (!onRefused(reason)) {
          alert(form, sayRefused(reason));
        }
      })
      .finally(() => {
        busy = false;
        form.removeAttribute("aria-busy");
      });
  });
  for (const button of all<HTMLButtonElement>('button[type="submit"]', form)) {
    button.disabled = false;
  }
}

/** Takes away what was said of a form the last time. */
export function clear(form: HTMLFormElement): void {
  for (const said of all("[data-alert], [data-done], .error", form)) {
    write(said, "");
  }
  for (const control of all("[aria-invalid]", form)) {
    control.removeAttribute("aria-invalid");
  }
}

/** Says something above a form. */
function alert(form: HTMLFormElement, text: string): void {
  const place = find("[data-alert]", form);
  write(place, text);
  place?.scrollIntoView({ block: "nearest" });
}

/** Checks what the browser can check, and reports whether all is well. */
function check(form: HTMLFormElement): boolean {
  const wrong = controls(form).filter((control) => control.willValidate && !control.validity.valid);
  for (const control of wrong) {
    mark(control, control.validationMessage);
  }
  wrong[0]?.focus();
  return wrong.length === 0;
}

const controls = (form: HTMLFormElement): Control[] => all<Control>("input[name], select[name], textarea[name]", form);

/** Writes each problem at its field and moves to the first of them. */
function tell(form: HTMLFormElement, problems: readonly Problem[]): void {
  const fields = controls(form).filter((control) => !(control instanceof HTMLInputElement && control.type === "hidden"));
  const wrong = new Set<Control>();
  const others: string[] = [];
  for (const problem of problems) {
    const control = fieldOf(fields, (problem.path ?? []).slice(1));
    if (control) {
      wrong.add(control);
      mark(control, sayProblem(problem));
    } else {
      others.push(sayProblem(problem));
    }
  }
  if (others.length > 0) {
    alert(form, others.join(" "));
  }
  fields.find((control) => wrong.has(control))?.focus();
}

/** Finds the control of a path, or of the part of it that has one: profile.tags for profile.tags.1. */
function fieldOf(fields: readonly Control[], path: readonly string[]): Control | undefined {
  for (let length = path.length; length > 0; length--) {
    const name = path.slice(0, length).join(".");
    const control = fields.find((field) => !field.disabled && (field.name === name || field.dataset.path === name));
    if (control) {
      return control;
    }
  }
  return undefined;
}

/** Writes an error below a control, which names it by aria-describedby. */
function mark(control: Control, message: string): void {
  control.setAttribute("aria-invalid", "true");
  const place = document.getElementById(`${control.id}-error`);
  write(place, place?.textContent ? `${place.textContent} ${message}` : message);
}
