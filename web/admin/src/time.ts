import { moment } from "../../account/src/say";
import { el } from "./el";

const language = document.documentElement.lang || "en";
const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]];

/** Shows a day; the time is in the tooltip. */
export const day = (iso: string): HTMLElement => stamp(iso, new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(iso)));

/** Shows a point in time, to the second. */
export const exact = (iso: string): HTMLElement => stamp(iso, new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(iso)));

/** Shows how long ago something was, or how soon it will be. */
export function ago(iso: string): HTMLElement {
  const seconds = (new Date(iso).getTime() - Date.now()) / 1000;
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["minute" as const, 60];
  return stamp(iso, new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.trunc(seconds / length), unit));
}

/** Shows a number as the language of the page writes it. */
export const count = (n: number): string => new Intl.NumberFormat(language).format(n);

const stamp = (iso: string, text: string): HTMLElement => el("time", { datetime: iso, title: moment(iso) }, text);
