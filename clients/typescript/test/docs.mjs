// Writes the programs of docs/clients/javascript.md to test/docs, where tsc checks them.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "docs");
const page = readFileSync(join(import.meta.dirname, "../../../docs/clients/javascript.md"), "utf8");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const [, file, text] of page.matchAll(/^```ts file=(\S+)\n(.*?)^```$/gms)) writeFileSync(join(folder, file), text);
