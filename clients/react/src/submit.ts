import { isRequestError, type UserError } from "@latchkey-auth/client";
import { useState, type FormEvent } from "react";
import { englishLabels, type Labels } from "./labels.js";

/** What becomes of a form. */
export interface Submission {
  onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  busy: boolean;
  /** What is to be mended in a field, by the name of its input. */
  errorOf: (field: string) => string | undefined;
  /** What is to be said beside no field; empty: nothing. */
  problem: string;
}

type Values = Record<string, string>;

/**
 * For forms of your own: sends what was typed, and tells what is to be mended. `fields` are the names of the inputs;
 * `send` resolves to the result of a method of the client.
 */
export function useSubmit(fields: readonly string[], send: (values: Values) => Promise<{ ok: boolean; errors?: UserError[] }>, labels?: Partial<Labels>): Submission {
  const [errors, setErrors] = useState<UserError[]>([]);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const texts = { ...englishLabels, ...labels };
  const fieldOf = ({ path }: UserError) => fields.find((name) => path?.includes(name));

  async function submit(form: HTMLFormElement) {
    const values = Object.fromEntries(new FormData(form)) as Values;
    setBusy(true);
    setProblem("");
    try {
      const { errors = [] } = await send(values);
      setErrors(errors);
    } catch (error) {
      setErrors([]);
      setProblem(inWords(error, texts));
    } finally {
      setBusy(false);
    }
  }

  return {
    onSubmit(event) {
      event.preventDefault();
      if (!busy) void submit(event.currentTarget);
    },
    busy,
    errorOf: (field) => errors.find((error) => fieldOf(error) === field)?.message,
    problem: [...errors.filter((error) => !fieldOf(error)).map(({ message }) => message), problem].filter(Boolean).join(" "),
  };
}

function inWords(error: unknown, texts: Labels): string {
  if (!isRequestError(error)) return texts.failed;
  switch (error.code) {
    case "RATE_LIMITED":
      return texts.rateLimited(error.retryAfterSeconds);
    case "NETWORK":
      return texts.network;
    case "INTERNAL":
      return `${texts.failed} (${error.requestId})`;
    default:
      return error.message;
  }
}
