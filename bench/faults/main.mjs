// The same faults for everyone, and what becomes of them:
//
//   npm run bench:faults                                        everyone, everything
//   npm run bench:faults -- --only piscina,workerpool           these (a name, or how it begins)
//   npm run bench:faults -- --fault exit,load                   these faults
//   npm run bench:faults -- --runtime bun                       in Bun, or deno, or node, which is the default
//   npm run bench:faults -- --json                              all facts
//   npm run bench:faults -- --write                             the table into docs/faults.md too
//
// Each fault is done in a host process of its own with a time limit, so that what hangs or crashes is a verdict.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bun, deno, npm, root } from "../../scripts/bin.mjs";
import { readLog, until } from "./log.mjs";
import { end } from "./processes.mjs";

/** @import { Contender } from "../contenders.mjs" */
/** @import { Fault } from "./faults.mjs" */

/** How long one host may take, in milliseconds. */
const LIMIT = 40_000;

const bench = fileURLToPath(new URL("../", import.meta.url));
const host = fileURLToPath(new URL("./host.mjs", import.meta.url));
const RUNTIMES = { node: [process.execPath], bun: [bun], deno: [deno, "run", "-A"] };

const { values: options } = parseArgs({
  options: {
    only: { type: "string" },
    fault: { type: "string" },
    runtime: { type: "string", default: "node" },
    jobs: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

const jobs = Number(options.jobs);
if (!(Number.isInteger(jobs) && jobs > 0)) {
  console.error(`--jobs must be a positive integer, got ${options.jobs}`);
  process.exit(1);
}

/** @param {string} file */
const json = (file) => JSON.parse(readFileSync(file, "utf8"));

/** Gets what is not there. */
function prepare() {
  const { dependencies } = json(join(bench, "package.json"));
  const [command, ...args] = npm();
  const there = Object.keys(dependencies).every((name) => existsSync(join(bench, "node_modules", name)));
  // Into stderr, for --json.
  const stdio = /** @type {const} */ (["ignore", 2, 2]);
  if (!there) {
    execFileSync(command, [...args, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: bench, stdio });
  }
  execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: root, stdio });
}

/**
 * Those whose name is asked for.
 *
 * @template {{ name: string }} T
 * @param {T[]} all
 * @param {string | undefined} asked
 * @param {(name: string, asked: string) => boolean} is
 * @returns {T[]}
 */
function chosen(all, asked, is) {
  if (asked === undefined) return all;
  const names = asked.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !all.some((one) => is(one.name, name)));
  if (unknown.length > 0) {
    console.error(`there is no ${unknown.join(", ")}; there are: ${all.map(({ name }) => name).join(", ")}`);
    process.exit(1);
  }
  return all.filter((one) => names.some((name) => is(one.name, name)));
}

/** The hosts that run. @type {Map<import("node:child_process").ChildProcess, string>} */
const running = new Map();

/**
 * Ends a host, and the workers that it left.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @param {string} folder
 */
function clear(child, folder) {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  for (const pid of new Set(readLog(join(folder, "log")).map((line) => line.pid))) {
    if (pid !== child.pid) end(pid, folder);
  }
}

process.once("exit", () => {
  for (const [child, folder] of running) {
    clear(child, folder);
    rmSync(folder, { recursive: true, force: true });
  }
});
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.once(signal, () => process.exit(1));
}

/**
 * Does a fault to somebody; gives the verdict, and the facts that it is made of.
 *
 * @param {Contender} contender
 * @param {Fault} fault
 */
async function judge(contender, fault) {
  const skip = fault.skip?.(contender) ?? null;
  if (skip !== null) return { verdict: skip.startsWith("no ") ? skip : "–", why: skip };
  const folder = mkdtempSync(join(tmpdir(), "compute-cluster-fault-"));
  const output = openSync(join(folder, "output"), "w");
  const [file, ...args] = RUNTIMES[options.runtime];
  const child = spawn(file, [...args, host, contender.name, fault.name, folder], {
    cwd: bench,
    stdio: ["ignore", output, output],
    env: { ...process.env, FAULT_LOG: join(folder, "log"), ...fault.env },
  });
  running.set(child, folder);
  try {
    /** @type {Promise<void>} */
    const exit = new Promise((resolve) => child.once("exit", () => resolve()).once("error", () => resolve()));
    const facts = join(folder, "facts.json");
    let left = false;
    exit.then(() => left = true);
    await until(() => left || existsSync(facts), LIMIT);
    const ended = await until(() => left, existsSync(facts) ? fault.patience ?? 10_000 : 0);
    const said = () => readFileSync(join(folder, "output"), "utf8").slice(-2_000);
    if (!existsSync(facts)) {
      return { verdict: ended ? "host crash" : "hang", code: child.exitCode, signal: child.signalCode, output: said() };
    }
    const pids = [...new Set(readLog(join(folder, "log")).map(({ pid }) => pid))];
    const more = await (fault.after?.(json(facts), { pids, ended, until }) ?? json(facts));
    return { verdict: fault.verdict(more), facts: more, output: said() };
  } finally {
    clear(child, folder);
    running.delete(child);
    closeSync(output);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} name */
const version = (name) =>
  json(name === "compute-cluster" ? join(root, "package.json") : join(bench, "node_modules", name, "package.json"))
    .version;

/**
 * A Markdown table with columns of equal width.
 *
 * @param {string[][]} rows
 */
function table(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  return [line(rows[0]), line(widths.map((width) => "-".repeat(width))), ...rows.slice(1).map(line)].join("\n");
}

prepare();
const [{ CONTENDERS }, { FAULTS }] = await Promise.all([import("../contenders.mjs"), import("./faults.mjs")]);
if (!(options.runtime in RUNTIMES)) {
  console.error(`there is no runtime ${options.runtime}; there are: ${Object.keys(RUNTIMES).join(", ")}`);
  process.exit(1);
}
const contenders = chosen(CONTENDERS, options.only, (name, asked) => name === asked || name.startsWith(`${asked} `));
const faults = chosen(FAULTS, options.fault, (name, asked) => name === asked);

/** @type {Record<string, Record<string, any>>} */
const results = Object.fromEntries(contenders.map(({ name }) => [name, {}]));
const todo = contenders.flatMap((contender) => faults.map((fault) => ({ contender, fault })));
const total = todo.length;
let done = 0;

async function work() {
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
    const { contender, fault } = next;
    const result = await judge(contender, fault);
    results[contender.name][fault.name] = result;
    // What a crash was, so that the bench's own can be told from others'.
    const why = result.verdict === "host crash" ? ` (${/^.*Error.*$/m.exec(result.output)?.[0] ?? result.code})` : "";
    console.error(`${++done}/${total} ${contender.name}, ${fault.name}: ${result.verdict}${why}`);
  }
}
await Promise.all(Array.from({ length: jobs }, work));

const packages = [...new Set(contenders.map((contender) => contender.package))];
const versions = Object.fromEntries(packages.map((name) => [name, version(name)]));
const runtime = options.runtime === "node"
  ? `Node ${process.version.slice(1)}`
  : spawnSync(RUNTIMES[options.runtime][0], ["--version"], { encoding: "utf8" }).stdout.trim().split("\n")[0].replace(
    /^(deno )?(\S+).*/,
    (_, __, number) => `${options.runtime === "bun" ? "Bun" : "Deno"} ${number}`,
  );

/** The tables and their legend, in Markdown. */
function report() {
  const groups = [...new Set(faults.map(({ group }) => group))];
  return [
    `${runtime} on ${process.platform} ${process.arch}, ${availableParallelism()} cores. ` +
    packages.map((name) => `${name.replace("-0.0.9", "")} ${versions[name]}`).join(", ") + ".",
    ...groups.flatMap((group) => {
      const columns = faults.filter((fault) => fault.group === group);
      return [
        `## ${group}`,
        table([
          ["", ...columns.map(({ title }) => title)],
          ...contenders.map(({ name }) => [name, ...columns.map((fault) => results[name][fault.name].verdict)]),
        ]),
        columns.map(({ title, meaning }) => `- **${title}**: ${meaning}`).join("\n"),
      ];
    }),
    "## Legend",
    [
      '- "ok": as described. "–": can\'t be done to it. "no timeout", "no limit": it has none.',
      '- "hang": not settled after 6 s. "host crash": the program that uses the pool died.',
      '- "resolves …": a job that had to fail was answered. "run n ×": it was run again, though that was turned off.',
    ].join("\n"),
  ].join("\n\n");
}

if (options.json) {
  console.log(JSON.stringify({ runtime, versions, date: new Date().toISOString(), results }, null, 2));
} else {
  console.log(report());
}
if (options.write) {
  const command = `npm run bench:faults -- ${process.argv.slice(2).join(" ")}`;
  writeFileSync(
    join(root, "docs/faults.md"),
    [
      "# Faults",
      "What becomes of the same faults in different worker pools. Each is done in a program of its own, with one worker (where " +
      "nothing else is said), and judged by one function for all. Each pool is used as its documentation says, with the " +
      "settings that suit the fault best: its timeout or signal, structured clone between processes, one job at a time in a worker, no re-runs.",
      `Made on ${new Date().toISOString().slice(0, 10)} by \`${command}\`.`,
      report(),
    ].join("\n\n") + "\n",
  );
}
