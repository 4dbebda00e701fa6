// Writes dist/esm and dist/cjs, which are published. Build clients/typescript first: the types come from there.
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";

const here = import.meta.dirname;
const compile = (...options) =>
  execFileSync(process.execPath, [`${here}/node_modules/typescript/bin/tsc`, "-p", `${here}/tsconfig.build.json`, ...options], { stdio: "inherit" });

rmSync(`${here}/dist`, { recursive: true, force: true });
compile();
compile("--module", "commonjs", "--verbatimModuleSyntax", "false", "--outDir", `${here}/dist/cjs`);
writeFileSync(`${here}/dist/cjs/package.json`, '{ "type": "commonjs" }\n');
