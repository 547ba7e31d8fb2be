// Keeps the three manifests equal. The version is package.json's ("npm version" runs this); jsr.json is made of deno.json,
// which is the one that Deno reads. With --check it only says what differs.
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

/** @param {string} file */
const read = (file) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");

const npm = JSON.parse(read("package.json"));
const denoText = read("deno.json").replace(/("version": )"[^"]*"/, `$1${JSON.stringify(npm.version)}`);
const deno = JSON.parse(denoText);
const { name, version, license, exports, imports, publish, compilerOptions } = deno;
const jsrText = JSON.stringify({ name, version, license, exports, imports, publish, compilerOptions }, null, 2) + "\n";
/** Has the version for the code. */
const CODE = "src/version.ts";
const code = read(CODE).replace(/= "[^"]*"/, `= ${JSON.stringify(npm.version)}`);

const problems = [];
for (const [file, text] of [["deno.json", denoText], ["jsr.json", jsrText], [CODE, code]]) {
  let old = "";
  try {
    old = read(file);
  } catch {
    // jsr.json is made here.
  }
  if (old === text) continue;
  if (process.argv.includes("--check")) problems.push(`${file} is stale: run node scripts/sync-versions.mjs`);
  else writeFileSync(new URL(`../${file}`, import.meta.url), text);
}
if (version !== npm.version) problems.push(`deno.json has the version ${version}, package.json ${npm.version}`);
if (license !== npm.license) problems.push(`deno.json has the license ${license}, package.json ${npm.license}`);
// The command line is a program in npm, and an entry point in JSR.
const entries = [...Object.keys(npm.exports).filter((entry) => entry !== "./package.json"), "./cli"].join(", ");
if (Object.keys(exports).join(", ") !== entries) problems.push(`deno.json must have the entry points ${entries}`);
for (const [dependency, specifier] of Object.entries(imports)) {
  const expected = `npm:${dependency}@${npm.peerDependencies[dependency] ?? npm.devDependencies[dependency]}`;
  if (specifier !== expected) problems.push(`deno.json must import ${dependency} from ${expected}`);
}
const locked = JSON.parse(read("package-lock.json")).version;
if (locked !== npm.version) problems.push(`package-lock.json has the version ${locked}, package.json ${npm.version}`);

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
