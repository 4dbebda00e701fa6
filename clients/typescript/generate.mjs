// Writes src/generated.ts from the schema: its types, a method for each operation, and the documents that the
// methods send. `npm run generate`, after a change of the schema.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { buildSchema, getNamedType, getNullableType, isEnumType, isInputObjectType, isListType, isNonNullType, isObjectType } from "graphql";

const read = (path) => readFile(new URL(path, import.meta.url), "utf8");
const parts = (await readdir(new URL("../../graph/", import.meta.url))).filter((name) => name.endsWith(".graphqls")).sort();
const texts = await Promise.all(["../../schema.graphqls", ...parts.map((name) => "../../graph/" + name)].map(read));
const schema = buildSchema(texts.join("\n"));

const scalars = { String: "string", ID: "string", Int: "number", Float: "number", Boolean: "boolean", DateTime: "string", JSONObject: "JSONObject" };
const nullWithErrors = /\bnull with errors\b/i;
const hasField = (type, name) => isObjectType(type) && name in type.getFields();
const isPayload = (type) => hasField(type, "errors");

/** The description as a comment. */
function doc(description, indent = "") {
  if (!description) return "";
  const lines = description.replaceAll("*/", "*\\/").split("\n");
  return lines.length === 1 ? `${indent}/** ${lines[0]} */\n` : `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}

/** The type of a value in TypeScript, never null. */
function bareText(type) {
  if (isListType(type)) {
    const item = valueText(type.ofType);
    return item.includes(" ") ? `(${item})[]` : `${item}[]`;
  }
  return scalars[type.name] ?? type.name;
}

/** The same, with null where the schema allows it. */
const valueText = (type) => (isNonNullType(type) ? bareText(type.ofType) : `${bareText(type)} | null`);

/** What a method sends has no `delivery`: the client fills that in. */
function inputText(type) {
  const fields = Object.values(type.getFields()).filter(({ name }) => name !== "delivery");
  const lines = fields.map(({ name, type, defaultValue, description }) => {
    const optional = !isNonNullType(type) || defaultValue !== undefined;
    return `${doc(description, "  ")}  ${name}${optional ? "?" : ""}: ${valueText(type)}${optional ? " | undefined" : ""};\n`;
  });
  return `${doc(type.description)}export interface ${type.name} {\n${lines.join("")}}\n`;
}

function objectText(type) {
  const lines = Object.values(type.getFields()).map(({ name, type, description }) => `${doc(description, "  ")}  ${name}: ${valueText(type)};\n`);
  return `${doc(type.description)}export interface ${type.name} {\n${lines.join("")}}\n`;
}

const resultName = (payload) => payload.name.replace(/Payload$/, "Result");

/** What a method makes of a payload: a union by `ok`, and by `status` for what begins a session. Tokens are the client's own. */
function resultText(payload) {
  const fields = Object.values(payload.getFields()).filter(({ name }) => !["errors", "tokens", "trustedDevice"].includes(name));
  const beginsSession = hasField(payload, "challenge") && hasField(payload, "tokens");
  const neverFails = /^Always empty/.test(payload.getFields().errors.description ?? "");
  let cases;
  if (beginsSession) {
    cases = ['{ ok: true; status: "signedIn"; user: User; session: Session }', '{ ok: true; status: "challenge"; challenge: LoginChallenge }'];
    if (hasField(payload, "pendingIdentity")) cases.push('{ ok: true; status: "pendingIdentity"; pendingIdentity: PendingIdentity }');
    if (hasField(payload, "confirmationRequired")) cases.push('{ ok: true; status: "confirmEmail" }');
  } else {
    const members = fields.map(({ name, type, description }) => {
      const text = neverFails || nullWithErrors.test(description ?? "") ? bareText(getNullableType(type)) : valueText(type);
      return `; ${name}: ${text}`;
    });
    cases = [`{ ok: true${members.join("")} }`];
  }
  return `${doc(payload.description)}export type ${resultName(payload)} =${[...cases, "Failed"].map((text) => `\n  | ${text}`).join("")};\n`;
}

// The document of a type is all of it. What a type contains is named before it.
const selections = new Map();
const constantOf = (name) => name[0].toLowerCase() + name.slice(1) + "Fields";

function select(type, path = []) {
  if (selections.has(type.name)) return;
  if (path.includes(type.name)) throw new Error(`${type.name} contains itself: ${path.join(" > ")}`);
  const words = Object.values(type.getFields()).map((field) => {
    if (field.args.some((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined)) throw new Error(`${type.name}.${field.name} has an argument`);
    const named = getNamedType(field.type);
    if (!isObjectType(named)) return field.name;
    select(named, [...path, type.name]);
    return `${field.name}{\${${constantOf(named.name)}}}`;
  });
  selections.set(type.name, words.join(" "));
}

const roots = { query: schema.getQueryType(), mutation: schema.getMutationType() };
// What needs a role is for those who administer others, not for the programs that people sign in to.
const needsRole = (field) => field.astNode.directives.some(({ name, arguments: args }) => name.value === "auth" && args.some((arg) => arg.name.value === "role"));
const operations = Object.entries(roots).flatMap(([kind, root]) =>
  Object.values(root.getFields()).filter((field) => !needsRole(field)).map((field) => ({ kind, field })),
);

// The types that the operations take or answer, with those in them.
const used = new Set();
function use(type) {
  const named = getNamedType(type);
  if (used.has(named.name)) return;
  used.add(named.name);
  if (!isObjectType(named) && !isInputObjectType(named)) return;
  for (const field of Object.values(named.getFields())) use(field.type);
}
for (const { field } of operations) {
  use(field.type);
  for (const arg of field.args) use(arg.type);
}

const payloads = new Map();
const methods = [];
const rows = [];

for (const { kind, field } of operations) {
  const result = getNamedType(field.type);
  if (isObjectType(result)) select(result);
  if (isPayload(result)) payloads.set(result.name, result);

  // Most operations take one input; the arguments of others are given as one object.
  const { args } = field;
  const input = args[0]?.name === "input" ? getNamedType(args[0].type) : undefined;
  if (input && args.length > 1) throw new Error(`${field.name} takes more than its input`);
  const optional = ({ type, defaultValue }) => !isNonNullType(type) || defaultValue !== undefined;
  const given = input ? input.name : `{ ${args.map((arg) => `${arg.name}${optional(arg) ? "?" : ""}: ${bareText(getNullableType(arg.type))}`).join("; ")} }`;
  const parameters = [...(args.length ? [`input${args.every(optional) ? "?" : ""}: ${given}`] : []), "options?: CallOptions"];
  const variables = args.map((arg) => `${arg.name}:${arg.defaultValue === undefined ? arg.type : getNullableType(arg.type)}`).join(" ");
  const answer = isPayload(result) ? resultName(result) : bareText(getNullableType(field.type));
  methods.push(`${doc(field.description, "  ")}  ${field.name}(${parameters.join(", ")}): Promise<${answer}>;\n`);

  const auth = field.astNode.directives.find(({ name }) => name.value === "auth");
  const pending = auth?.arguments.some(({ name, value }) => name.value === "pending" && value.value === true);
  const flags = (input && "delivery" in input.getFields() ? 1 : 0) + (pending ? 2 : 0);
  const document = [`"${kind}"`, `"${variables}"`, isObjectType(result) ? constantOf(result.name) : '""', ...(flags ? [flags] : [])];
  rows.push(`  ${field.name}: [${document.join(", ")}],\n`);
}

const types = Object.values(schema.getTypeMap())
  .filter(({ name }) => used.has(name) && !Object.values(roots).some((root) => root.name === name) && schema.getSubscriptionType()?.name !== name)
  .sort((a, b) => (a.name < b.name ? -1 : 1));
const enums = types.filter(isEnumType).map((type) => {
  const values = type.getValues().map(({ name, description }) => `\n${doc(description, "  ")}  | "${name}"`);
  return `${doc(type.description)}export type ${type.name} =${values.join("")};\n`;
});
const selected = types.filter((type) => isObjectType(type) && selections.has(type.name) && !isPayload(type) && type.name !== "UserError");

const text = `// Written by generate.mjs from the schema: do not edit.

/** Any JSON object. */
export type JSONObject = { [name: string]: unknown };

${enums.join("\n")}
/** Something about the input that the user can mend: a union by \`code\`. Newer servers may send a code that is not here. */
export type UserError = { [C in UserErrorCode]: { code: C; message: string; path: string[] | null } }[UserErrorCode];

/** Nothing was changed: \`errors\` says what the user can mend, all of it at once. */
export interface Failed {
  ok: false;
  errors: [UserError, ...UserError[]];
}

/** For one call. */
export interface CallOptions {
  /** Sent as the bearer in place of what the client has: the \`token\` of a challenge that is not this client's. */
  token?: string;
  signal?: AbortSignal;
}

${selected.map(objectText).join("\n")}
${types.filter(isInputObjectType).map(inputText).join("\n")}
${[...payloads.values()].map(resultText).join("\n")}
/** A method for each operation. They throw a RequestError for what is wrong with the request as a whole. */
export interface Operations {
${methods.join("")}}

/** How an operation is asked for: its kind, its variables with their types, what of the answer. Flags: 1 its input has \`delivery\`, 2 it takes the token of a challenge. */
export type OperationText = readonly [kind: "query" | "mutation", variables: string, fields: string, flags?: number];

${[...selections].map(([name, words]) => `const ${constantOf(name)} = \`${words}\`;\n`).join("")}
export const operations: { readonly [N in keyof Operations]: OperationText } = {
${rows.join("")}};
`;
await writeFile(new URL("src/generated.ts", import.meta.url), text);
