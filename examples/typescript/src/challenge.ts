import type { GraphQLClient } from "graphql-request";
import { advice } from "./errors.js";
import { BeginAppDocument, CompleteLoginDocument, ConfirmAppDocument, type LogInMutation } from "./generated.js";

type Challenge = NonNullable<NonNullable<LogInMutation["login"]>["challenge"]>;

// secondStep completes a login that has a challenge, and returns the access token. It asks for a code of an
// authenticator app, or for a recovery code, and shows the key of an app that has to be set up first.
export async function secondStep(client: GraphQLClient, challenge: Challenge, ask: (what: string) => Promise<string>): Promise<string> {
  const headers = { Authorization: `Bearer ${challenge.token}` };
  if (challenge.kind === "ENROLL") {
    const { beginTotp } = await client.request(BeginAppDocument, {}, headers);
    if (!beginTotp?.setup) throw new Error("the answer has no app");
    const code = await ask(`Add this key to your authenticator app: ${beginTotp.secret}\nCode: `);
    const { confirmTotp } = await client.request(ConfirmAppDocument, { input: { setup: beginTotp.setup, code } }, headers);
    if (confirmTotp?.recoveryCodes) console.log(`Keep these recovery codes:\n${confirmTotp.recoveryCodes.join("\n")}`);
    return accessToken(confirmTotp);
  }
  const typed = await ask("Code of your authenticator app, or a recovery code: ");
  const input = /^[\d\s-]+$/.test(typed) ? { totpCode: typed } : { recoveryCode: typed };
  const { completeLogin } = await client.request(CompleteLoginDocument, { input }, headers);
  if (completeLogin?.replacementRecoveryCode) console.log(`Keep this code in its place: ${completeLogin.replacementRecoveryCode}`);
  return accessToken(completeLogin);
}

function accessToken(result: { tokens: { accessToken: string | null } | null; errors: Parameters<typeof advice>[0][] } | null): string {
  if (!result?.tokens?.accessToken) throw new Error(result?.errors.map(advice).join("\n") || "the answer has no token");
  return result.tokens.accessToken;
}
