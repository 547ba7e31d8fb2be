// Everything that is tested: installs, builds, checks, and runs every suite on Node, Bun and Deno, side by side.
//
//   node scripts/test.mjs                all
//   node scripts/test.mjs node deno      these parts; see GROUPS
//   node scripts/test.mjs --keep folder  all; the results stay in the folder, for scripts/guarantees.mjs
//
// The last line counts what ran.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { bin, bun, deno, root } from "./bin.mjs";
import { failuresOf } from "./failures.mjs";
import { install } from "./install.mjs";
import { fetchServers } from "./nats-servers.mjs";

install();
fetchOnce();

const node = process.execPath;
const vitest = bin("vitest")[1];
const given = parseArgs({ allowPositionals: true, options: { keep: { type: "string" } } });
const folder = given.values.keep ?? mkdtempSync(join(tmpdir(), "compute-cluster-results-"));
if (given.values.keep) mkdirSync(folder, { recursive: true });

/** What every runtime runs; Node the rest of the suite, too. */
const SUITES = ["test/core", "test/unit", "test/conformance", "test/faults", "test/nats/conformance.test.ts"];

/** Off by default in Deno 2.9. */
const SANITIZERS = ["--sanitize-ops", "--sanitize-resources"];

/**
 * The parts, in groups: the parts of a group run side by side, the groups one after the other. The suites that measure
 * nothing but results share the machine; the package's tests start builds and servers and have it for themselves.
 */
const GROUPS = [
  { build: [node, "scripts/build.mjs"] },
  {
    node: [node, vitest, "run", "--project", "suite"],
    bun: [bun, "--bun", vitest, "run", "--project", "suite", ...SUITES],
    deno: [deno, "run", "-A", vitest, "run", "--project", "suite", ...SUITES],
    "deno-least": [
      deno,
      "test",
      "--no-prompt",
      "--allow-read=.",
      "--no-check",
      ...SANITIZERS,
      "test/deno/least-permissions.deno.ts",
    ],
  },
  { "soak-node": soak("node"), "soak-bun": soak("bun"), "soak-deno": soak("deno") },
  // Skipped where no network namespaces can be made: that takes root.
  { cluster: [node, vitest, "run", "--project", "cluster"] },
  { package: [node, vitest, "run", "--project", "package"], check: [node, "scripts/check.mjs"] },
];

/** How long a part may take, in milliseconds: twice what the longest takes on two cores. */
const LIMIT = 80 * 60_000;

/** A minute of the soak. @param {string} runtime */
function soak(runtime) {
  return [node, "scripts/soak.mjs", "--runtime", runtime, "--seconds", "60"];
}

const asked = given.positionals;
const unknown = asked.filter((name) => !GROUPS.some((group) => name in group));
if (unknown.length > 0) {
  const known = GROUPS.flatMap((group) => Object.keys(group));
  throw new Error(`there is no part ${unknown.join(", ")}; there are: ${known.join(", ")}`);
}
const total = { passed: 0, failed: 0, skipped: 0 };
/** @type {string[]} */
const failures = [];
try {
  for (const group of GROUPS) {
    const parts = Object.entries(group).filter(([name]) =>
      asked.length === 0 || asked.includes(name) || name === "build"
    );
    await Promise.all(parts.map(([name, command]) => run(name, command)));
  }
} finally {
  if (!given.values.keep) rmSync(folder, { recursive: true, force: true });
}
if (given.values.keep) writeFileSync(join(folder, "versions.json"), JSON.stringify(versions()));
for (const failure of failures) console.log(failure);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** The tests fetch the servers that they need; all at once, if they had to. What is missing is theirs to say. */
function fetchOnce() {
  try {
    fetchServers();
  } catch (error) {
    console.log(error.message);
  }
}

/** What ran: each runtime and its version. */
function versions() {
  return [["Node", node], ["Bun", bun], ["Deno", deno]].map(([name, file]) => {
    const { stdout } = spawnSync(file, ["--version"], { encoding: "utf8" });
    return `${name} ${/\d+\.\d+\.\d+/.exec(stdout)?.[0]}`;
  });
}

/**
 * Runs one part and adds what it counted.
 *
 * @param {string} name
 * @param {string[]} command
 */
async function run(name, [file, ...args]) {
  const results = join(folder, `${name}.json`);
  const reports = args[0] === vitest || args.includes(vitest)
    ? ["--reporter=dot", "--reporter=json", `--outputFile.json=${results}`]
    : [];
  const start = performance.now();
  const { code, output } = await finished(file, [...args, ...reports], name);
  const found = reports.length > 0 ? resultsIn(results) : null;
  const counted = count(name, reports.length > 0, found, output, code);
  for (const key of Object.keys(total)) total[key] += counted[key];
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`${name}: ${counted.passed} passed, ${counted.failed} failed, ${counted.skipped} skipped (${seconds} s)`);
  if (code === 0) return;
  console.log(output);
  for (const failure of failuresOf(found, output)) failures.push(`FAILED ${name}: ${failure}`);
}

/** What Vitest has written; null if it has not. @param {string} file */
function resultsIn(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

/** Runs a command to its end; what it prints is kept, for the case that it fails. */
function finished(file, args, name) {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: LIMIT,
      killSignal: "SIGKILL",
      env: { ...process.env, EXPECT_RUNTIME: ["bun", "deno"].includes(name) ? name : "node", NO_COLOR: "1" },
    });
    let output = "";
    const take = (chunk) => output += chunk;
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("error", (error) => resolve({ code: 1, output: String(error) }));
    child.on("exit", (_, signal) => {
      if (signal === null) return;
      // What it has started may hold its pipes open.
      output += `\n${name} was ended by ${signal}`;
      resolve({ code: 1, output });
    });
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** What a part counted; a part that fails without saying so, or in which nothing ran, counts as one failure. */
function count(name, isVitest, found, output, code) {
  const counted = isVitest ? tests(found) : read(output, name);
  const nothing = name !== "build" && counted.passed + counted.skipped === 0;
  if ((code !== 0 || nothing) && counted.failed === 0) counted.failed = 1;
  return counted;
}

function tests(found) {
  if (!found) return { passed: 0, failed: 1, skipped: 0 };
  return { passed: found.numPassedTests, failed: found.numFailedTests, skipped: found.numPendingTests };
}

function read(output, name) {
  if (name === "check" || name.startsWith("soak")) {
    return { passed: output.match(/^ok /gm)?.length ?? 0, failed: output.match(/^FAILED /gm)?.length ?? 0, skipped: 0 };
  }
  const [, passed = 0, failed = 0, ignored = 0] =
    /(\d+) passed[^|]*\| (\d+) failed(?: \| (\d+) ignored)?/.exec(output) ?? [];
  return { passed: Number(passed), failed: Number(failed), skipped: Number(ignored) };
}
