import { englishLabels, type Labels } from "./labels.js";
import { useProvided } from "./session.js";

/** New recovery codes, until the user says that they are kept. `SignedIn` shows it by itself. */
export function RecoveryCodes({ labels, className }: { labels?: Partial<Labels>; className?: string }) {
  const { codes, showCodes } = useProvided();
  const { keepCodes, codesKept } = { ...englishLabels, ...labels };
  if (!codes.length) return null;
  return (
    <section className={className}>
      <p>{keepCodes}</p>
      <ul>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <button type="button" onClick={() => showCodes([])}>
        {codesKept}
      </button>
    </section>
  );
}
