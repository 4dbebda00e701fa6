import { createClient, type Client } from "@latchkey-auth/client";

export const auth: Client = createClient({ url: "http://localhost:8080" });
