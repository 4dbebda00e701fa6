import { useMutation, useQuery } from "@apollo/client/react";
import { forget } from "./client";
import { MeDocument, SessionsDocument, SignOutDocument } from "./generated";

export function Account() {
  const me = useQuery(MeDocument);
  const sessions = useQuery(SessionsDocument);
  const [signOut] = useMutation(SignOutDocument);

  // Errors are in me.error and sessions.error, which are shown below.
  const again = () => void Promise.allSettled([me.refetch(), sessions.refetch()]);
  const leave = () => void signOut().catch(() => undefined).finally(forget); // without a network, too

  if (me.error || sessions.error) {
    return (
      <section>
        <p role="alert">This did not work.</p>
        <button onClick={again}>Try again</button>
      </section>
    );
  }
  if (!me.data?.me || !sessions.data?.sessions) return <p>One moment.</p>;
  return (
    <section>
      <h1>Hello, {me.data.me.name ?? me.data.me.email}</h1>
      <p>You are signed in here:</p>
      <ul>
        {sessions.data.sessions.map(({ id, device, current, lastSeenAt }) => (
          <li key={id}>
            <strong>{device ?? "Something"}</strong>
            {current ? ", this one" : `, last seen ${new Date(lastSeenAt).toLocaleString()}`}
          </li>
        ))}
      </ul>
      <button onClick={again}>Look again</button>
      <button onClick={leave}>Sign out</button>
    </section>
  );
}
