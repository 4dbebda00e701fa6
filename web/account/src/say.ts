import type defaults from "../../texts.json";
import type { Refused } from "./api";
import type { Problem } from "./operations";
import { main } from "./dom";

/** The keys of texts that the operator can replace. */
export type Key = keyof typeof defaults;

const texts = JSON.parse(main.dataset.texts ?? "{}") as Partial<Record<string, string>>;
const language = document.documentElement.lang || "en";

/** Returns a text with the values of what stands in braces there. */
export function say(key: Key, values: Readonly<Record<string, string>> = {}): string {
  return (texts[key] ?? "").replace(/\{([a-z]+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** Says a problem in the operator's words for its code, or in those of the API. */
export function sayProblem(problem: Problem): string {
  return texts[`error.${problem.code}`] ?? problem.message;
}

/** Says why a request was refused. */
export function sayRefused(refused: Refused): string {
  switch (refused.code) {
    case "RATE_LIMITED":
      return say("problem.rate_limited", { time: span(refused.retryAfterSeconds) });
    case "NETWORK":
      return say("problem.network");
    case "EMAIL_NOT_CONFIRMED":
      return say("problem.unverified");
    case "INTERNAL":
      return say("problem.internal", { id: refused.requestId });
    default:
      return refused.message;
  }
}

/** Says a span of time in the language of the page, rounded up to whole minutes or hours where it is long. */
function span(seconds: number): string {
  const s = Math.max(1, seconds);
  const [n, unit] = s < 90 ? [s, "second"] : s < 5400 ? [Math.ceil(s / 60), "minute"] : [Math.ceil(s / 3600), "hour"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(n);
}

/** Says a point in time. */
export function moment(iso: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));
}
