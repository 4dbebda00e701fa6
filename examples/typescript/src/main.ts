// Signs up, logs in, says who that is and logs out.
//
//	echo 'correct horse battery' | npm start -- http://localhost:8080 ada@example.com
import { readFileSync } from "node:fs";
import { ClientError, GraphQLClient } from "graphql-request";
import { advice } from "./errors.js";
import { LogInDocument, LogOutDocument, MeDocument, SignUpDocument } from "./generated.js";

const [url = "http://localhost:8080", email = "ada@example.com"] = process.argv.slice(2);
const password = readFileSync(0, "utf8").replace(/\r?\n$/, ""); // the standard input
const client = new GraphQLClient(`${url}/graphql`);

// A field is null only where there is an error of the request as well, which graphql-request throws.
function present<T>(value: T | null | undefined): T {
  if (value == null) throw new Error("the answer has a null that the schema does not allow without an error");
  return value;
}

// What is wrong with the request itself, by its code.
function codeOf(error: unknown): unknown {
  return error instanceof ClientError ? error.response.errors?.[0]?.extensions["code"] : undefined;
}

async function main(): Promise<string> {
  const { register } = await client.request(SignUpDocument, { input: { email, password, name: "Ada" } });
  const signUp = present(register);
  const known = signUp.errors.some((problem) => problem.code === "EMAIL_TAKEN");
  if (signUp.errors.length > 0 && !known) return signUp.errors.map(advice).join("\n");
  if (signUp.confirmationRequired) console.log("Open the mailed link, if this is new.");

  const { login } = await client.request(LogInDocument, { input: { email, password } });
  const { tokens, challenge, errors } = present(login);
  if (errors.length > 0) return errors.map(advice).join("\n");
  // A program for people would ask for the code here and send it with completeLogin: see docs/second-factors.md.
  if (challenge) return `This account needs a second step (${challenge.kind}): sign in on the page for people.`;
  client.setHeader("Authorization", `Bearer ${present(tokens?.accessToken)}`);

  const { me } = await client.request(MeDocument);
  console.log(`${present(me).name} <${present(me).email}>`);

  await client.request(LogOutDocument);
  try {
    await client.request(MeDocument);
  } catch (error) {
    if (codeOf(error) === "UNAUTHENTICATED") return "Logged out.";
    throw error;
  }
  throw new Error("the session outlives the logout");
}

try {
  console.log(await main());
} catch (error) {
  // A ClientError has the whole request in its message, password included: only its code is told.
  console.error(error instanceof ClientError ? `The server refuses: ${String(codeOf(error))}` : error);
  process.exitCode = 1;
}
