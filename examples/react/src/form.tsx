import { useState, type FormEvent, type InputHTMLAttributes, type ReactNode } from "react";
import { codeOf } from "./client";
import type { ProblemFragment } from "./generated";

type Values = Record<string, string>;

// Form sends what was typed, and shows what is to be mended: beside the field where there is one, else at the end.
export function Form(props: {
  title: string;
  button: string;
  fields: (InputHTMLAttributes<HTMLInputElement> & { name: string; label: string })[];
  send: (values: Values) => Promise<ProblemFragment[]>;
  children?: ReactNode;
}) {
  const [problems, setProblems] = useState<ProblemFragment[]>([]);
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.currentTarget)) as Values;
    setBusy(true);
    setFault("");
    try {
      setProblems(await props.send(values));
    } catch (error) {
      setProblems([]);
      setFault(codeOf(error) === "RATE_LIMITED" ? "Too many attempts: wait a little." : "This did not work. Try again.");
    } finally {
      setBusy(false);
    }
  }

  const of = (name: string) => problems.find((problem) => problem.path?.at(-1) === name)?.message;
  const others = problems.filter(({ path }) => !props.fields.some(({ name }) => name === path?.at(-1)));
  return (
    <form onSubmit={submit}>
      <h1>{props.title}</h1>
      {props.fields.map(({ name, label, ...input }) => (
        <div key={name}>
          <label>
            {label}
            <input name={name} aria-invalid={of(name) !== undefined} aria-describedby={`${name}-problem`} {...input} />
          </label>
          <small id={`${name}-problem`} role="alert">{of(name)}</small>
        </div>
      ))}
      <p role="alert">{[...others.map(({ message }) => message), fault].join(" ")}</p>
      <button disabled={busy}>{props.button}</button>
      {props.children}
    </form>
  );
}
