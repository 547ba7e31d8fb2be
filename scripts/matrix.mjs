// The Linux part of the CI matrix on one machine:
//
//   node scripts/matrix.mjs                            every runtime
//   node scripts/matrix.mjs node22 bun                 these
//   node scripts/matrix.mjs node                       the Node that runs this
//   node scripts/matrix.mjs deno -- test/core          these tests
//
// Nodes are fetched into .runtimes/. Never make npm's package `node` a dependency: its .bin/node would take the place of
// the real one in every `npm run`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { bin, bun, deno, npm, root } from "./bin.mjs";

const NODES = ["20", "22", "24", "26"];
const ALL = [...NODES.map((version) => `node${version}`), "bun", "deno"];

/** How long one runtime may take, in milliseconds. */
const LIMIT = 20 * 60_000;

/** What every runtime must pass. */
const SUITES = ["test/core", "test/unit", "test/conformance"];

const vitest = bin("vitest")[1];

/**
 * The path of a Node, which is fetched if it is not there.
 *
 * @param {string} version
 */
function fetchNode(version) {
  const folder = join(root, ".runtimes", `node${version}`);
  const file = join(folder, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, allowScripts: { node: true } }));
  const [command, ...args] = [...npm(), "install", "--prefix", folder, "--no-audit", "--no-fund", `node@${version}`];
  spawnSync(command, args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  if (!existsSync(file)) throw new Error(`npm could not install node@${version}`);
  return file;
}

/**
 * The start of the command that runs vitest in a runtime.
 *
 * @param {string} name
 * @returns {string[]}
 */
function command(name) {
  if (name === "bun") return [bun, "--bun", vitest];
  if (name === "deno") return [deno, "run", "-A", vitest];
  const version = /^node(\d*)$/.exec(name)?.[1];
  if (version === undefined) throw new Error(`there is no runtime ${name}; there are: node, ${ALL.join(", ")}`);
  return [version === "" ? process.execPath : fetchNode(version), vitest];
}

/**
 * Runs the suites; gives what became of them.
 *
 * @param {string} name
 * @param {string[]} rest
 */
function run(name, rest) {
  const [file, ...args] = command(name);
  const { status, signal, error } = spawnSync(file, [...args, "run", "--project", "suite", ...rest], {
    cwd: root,
    stdio: "inherit",
    timeout: LIMIT,
    killSignal: "SIGKILL",
    env: { ...process.env, EXPECT_RUNTIME: name.replace(/\d+$/, "") },
  });
  return error?.message ?? (status === 0 ? "ok" : `FAILED (${signal ?? `code ${status}`})`);
}

const given = process.argv.slice(2);
const end = given.indexOf("--");
const names = end < 0 ? given : given.slice(0, end);
const rest = end < 0 ? SUITES : given.slice(end + 1);

const results = [];
for (const name of names.length > 0 ? names : ALL) {
  const start = performance.now();
  let result;
  try {
    result = run(name, rest);
  } catch (error) {
    result = `FAILED (${error.message})`;
  }
  results.push(`${name}: ${result} (${((performance.now() - start) / 1000).toFixed(0)} s)`);
  if (result !== "ok") process.exitCode = 1;
}
console.log(results.join("\n"));
