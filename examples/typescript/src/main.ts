// Signs up, logs in, says who that is and logs out.
//
//	echo 'correct horse battery' | npm start -- http://localhost:8080 ada@example.com
//
// The standard input has the password in its first line, and a code in the second if the account needs one.
import { createInterface } from "node:readline/promises";
import { ClientError, GraphQLClient } from "graphql-request";
import { secondStep } from "./challenge.js";
import { advice } from "./errors.js";
import { LogInDocument, LogOutDocument, MeDocument, SignUpDocument } from "./generated.js";

const [url = "http://localhost:8080", email = "ada@example.com"] = process.argv.slice(2);
const input = createInterface({ input: process.stdin });
const lines = input[Symbol.asyncIterator]();
const line = async (): Promise<string> => (await lines.next()).value ?? "";
const password = await line();
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
  const ask = (what: string): Promise<string> => {
    process.stdout.write(what);
    return line();
  };
  const token = challenge ? await secondStep(client, challenge, ask) : present(tokens?.accessToken);
  client.setHeader("Authorization", `Bearer ${token}`);

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
} finally {
  input.close();
}
