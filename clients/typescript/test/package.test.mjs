// What is published: small, whole, and nothing else.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const folder = join(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

test("the package has its code, its types, its words, and nothing else", () => {
  const [{ files }] = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: folder, encoding: "utf8" }));
  const paths = files.map(({ path }) => path);
  for (const path of paths) assert.match(path, /^(dist\/(esm|cjs)\/\w+\.(js|d\.ts)|dist\/cjs\/package\.json|LICENSE|README\.md|package\.json)$/);
  for (const wanted of ["LICENSE", "README.md", ...Object.values(manifest.exports).flatMap((entry) => (typeof entry === "string" ? entry : Object.values(entry)))]) {
    assert.ok(paths.includes(wanted.replace("./", "")), `${wanted} is missing`);
  }
  assert.equal(manifest.dependencies, undefined, "it has dependencies");
});

test("it has less than 8 kB, compressed", async () => {
  for (const entry of ["index.js", "server.js"]) {
    const { outputFiles } = await build({ entryPoints: [join(folder, "dist/esm", entry)], bundle: true, minify: true, format: "esm", write: false });
    const size = gzipSync(outputFiles[0].contents, { level: 9 }).length;
    assert.ok(size < 8000, `${entry} has ${size} bytes`);
  }
});

test("import and require get the same", async () => {
  const require = createRequire(import.meta.url);
  for (const name of ["@latchkey-auth/client", "@latchkey-auth/client/server"]) {
    assert.deepEqual(Object.keys(require(name)).sort(), Object.keys(await import(name)).sort());
  }
});

test("what the server serves is built from these sources", () => {
  const built = mkdtempSync(join(tmpdir(), "latchkey-client-"));
  try {
    execFileSync(process.execPath, [join(folder, "build.mjs"), "--page", join(built, "client.js")]);
    assert.equal(readFileSync(join(built, "client.js"), "utf8"), readFileSync(join(folder, "../../web/client.js"), "utf8"), "run npm run build, and commit web/client.js");
  } finally {
    rmSync(built, { recursive: true });
  }
});
