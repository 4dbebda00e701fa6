// Writes src/generated.ts: a typed document for each operation in src/operations.graphql, and the types of the
// schema that it needs. `npm run generate`, after a change of either.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { codegen } from "@graphql-codegen/core";
import * as typedDocuments from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { parse } from "graphql";

const read = (path) => readFile(new URL(path, import.meta.url), "utf8");
const parts = (await readdir(new URL("../../graph/", import.meta.url))).filter((name) => name.endsWith(".graphqls")).sort();
const schema = await Promise.all(["../../schema.graphqls", ...parts.map((name) => "../../graph/" + name)].map(read));
const config = {
  enumType: "string-literal",
  useTypeImports: true,
  avoidOptionals: { field: true, object: true },
  scalars: { DateTime: "string", JSONObject: "Record<string, unknown>" },
};

const text = await codegen({
  filename: "src/generated.ts",
  schema: parse(schema.join("\n"), { noLocation: true }),
  documents: [{ location: "src/operations.graphql", document: parse(await read("src/operations.graphql")) }],
  plugins: [{ operations: {} }, { typedDocuments: {} }],
  pluginMap: { operations, typedDocuments },
  config,
});
await writeFile(new URL("src/generated.ts", import.meta.url), "// Written by generate.mjs: do not edit.\n" + text);
