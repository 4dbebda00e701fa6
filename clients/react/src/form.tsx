import type { UserError } from "@latchkey-auth/client";
import { useId, type InputHTMLAttributes, type ReactNode } from "react";
import type { Labels } from "./labels.js";
import { useSubmit } from "./submit.js";

export interface Field extends InputHTMLAttributes<HTMLInputElement> {
  name: string;
  label: string;
}

interface FormProps {
  fields: readonly Field[];
  button: string;
  send: (values: Record<string, string>) => Promise<{ ok: boolean; errors?: UserError[] }>;
  labels: Labels;
  className?: string | undefined;
  children?: ReactNode;
}

/** A form without looks: labels, inputs, what is wrong beside each of them, and a button. */
export function Form({ fields, button, send, labels, className, children }: FormProps) {
  const id = useId();
  const { onSubmit, busy, errorOf, problem } = useSubmit(fields.map(({ name }) => name), send, labels);
  return (
    <form onSubmit={onSubmit} className={className} aria-busy={busy} method="post">
      {fields.map(({ name, label, ...input }) => {
        const error = errorOf(name);
        const described = `${id}-${name}`;
        return (
          <div key={name}>
            <label>
              {label} <input name={name} aria-invalid={error !== undefined} aria-describedby={error && described} {...input} />
            </label>
            {error && (
              <p id={described} role="alert">
                {error}
              </p>
            )}
          </div>
        );
      })}
      {problem && <p role="alert">{problem}</p>}
      <button disabled={busy}>{button}</button>
      {children}
    </form>
  );
}
