import type { AuthConfig } from "@latchkey-auth/client";
import { useEffect, useState } from "react";
import { useLatchkey } from "./session.js";

// What the server offers. Without an answer the form works all the same.
export function useConfig(): AuthConfig | undefined {
  const client = useLatchkey();
  const [config, setConfig] = useState<AuthConfig>();
  useEffect(() => {
    let current = true;
    client.authConfig().then(
      (config) => current && setConfig(config),
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [client]);
  return config;
}
