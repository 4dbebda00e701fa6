// Writes dist/esm and dist/cjs, which are published, and web/client.js, which the server serves at /client.js
// and which is committed. With --page PATH it writes the latter only, and there.
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const here = import.meta.dirname;
const [, , option, path] = process.argv;

if (option !== "--page") {
  const compile = (...options) =>
    execFileSync(process.execPath, [`${here}/node_modules/typescript/bin/tsc`, "-p", `${here}/tsconfig.build.json`, ...options], { stdio: "inherit" });
  rmSync(`${here}/dist`, { recursive: true, force: true });
  compile();
  compile("--module", "commonjs", "--verbatimModuleSyntax", "false", "--outDir", `${here}/dist/cjs`);
  writeFileSync(`${here}/dist/cjs/package.json`, '{ "type": "commonjs" }\n');
}

await build({
  entryPoints: [`${here}/src/web.ts`],
  outfile: path ?? `${here}/../../web/client.js`,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
});
