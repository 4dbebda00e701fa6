import { useSyncExternalStore, type ReactNode } from "react";
import { Account } from "./account";
import { SignIn, SignUp } from "./entrance";
import { useSignedIn } from "./session";

function useRoute(): string {
  const subscribe = (listener: () => void) => {
    addEventListener("hashchange", listener);
    return () => removeEventListener("hashchange", listener);
  };
  return useSyncExternalStore(subscribe, () => location.hash);
}

// Protected shows what only a user may see. Whoever is nobody signs in first, at the same address. It
// spares people a page that says no; what keeps strangers out is the server.
function Protected({ children }: { children: ReactNode }) {
  return useSignedIn() ? children : <SignIn />;
}

export function App() {
  switch (useRoute()) {
    case "#/sign-up":
      return <SignUp />;
    default:
      return (
        <Protected>
          <Account />
        </Protected>
      );
  }
}
