// The processes in which things are measured: each in a group of its own, which is ended with all that it left behind.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** @import { Case, Machine } from "./cases.mjs" */
/** @import { Runtime } from "./runtimes.mjs" */

/**
 * What became of one measurement.
 *
 * @typedef {object} Outcome
 * @property {Record<string, number>} values Of the metrics.
 * @property {Record<string, string>} leftOut Why others have none.
 * @property {{ kind: "hang" | "wrong answer" | "error" | "crash", message: string } | null} failure
 */

/** The groups that run. @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

process.once("exit", () => running.forEach(end));
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.once(signal, () => process.exit(1));
}

/** @param {import("node:child_process").ChildProcess} child */
function end(child) {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill("SIGKILL");
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nothing is left of it.
  }
}

/**
 * Runs a file; gives how that ended, after at most so many milliseconds, and the end of what it wrote.
 *
 * @param {string[]} command
 * @param {number} limit
 * @param {NodeJS.ProcessEnv} env
 */
async function host([file, ...args], limit, env) {
  const start = performance.now();
  const child = spawn(file, args, {
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    stdio: ["ignore", "pipe", "pipe"],
    detached: process.platform !== "win32",
    env,
  });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => output = (output + text).slice(-4_000));
  }
  /** @type {Promise<string | null>} */
  const exit = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(code === 0 ? null : signal ?? `code ${code}`));
  });
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((resolve) => timer = setTimeout(resolve, limit, "late"));
  const ending = await Promise.race([exit, late]);
  const wall = performance.now() - start;
  clearTimeout(timer);
  end(child);
  await exit;
  running.delete(child);
  return { ending, wall, output };
}

/**
 * Measures one case with one entrant, once.
 *
 * @param {Runtime} runtime
 * @param {Case} test
 * @param {string} entrant
 * @param {{ quick: boolean, machine: Machine, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<Outcome>}
 */
export function measure(runtime, test, entrant, { quick, machine, env }) {
  return inFolder(async (folder) => {
    const out = join(folder, "lines");
    const order = JSON.stringify({ test: test.name, entrant, out, quick, machine });
    const one = fileURLToPath(new URL("./one.mjs", import.meta.url));
    const { ending, wall, output } = await host([...runtime.command, one, order], test.limit, env);
    const lines = existsSync(out) ? readFileSync(out, "utf8").trim().split("\n").map((line) => JSON.parse(line)) : [];
    const values = Object.fromEntries(
      lines.flatMap(({ metric, value }) => value === undefined ? [] : [[metric, value]]),
    );
    const leftOut = Object.fromEntries(
      lines.flatMap(({ metric, reason }) => reason === undefined ? [] : [[metric, reason]]),
    );
    const failure = failureOf(lines, ending, output, test);
    if (test.whole !== undefined && failure === null) values[test.whole] = wall;
    return { values, leftOut, failure };
  });
}

/**
 * @param {any[]} lines
 * @param {string | null} ending
 * @param {string} output
 * @param {Case} test
 * @returns {Outcome["failure"]}
 */
function failureOf(lines, ending, output, { limit, whole }) {
  const told = lines.find(({ kind }) => kind !== undefined);
  if (told !== undefined) return { kind: told.kind, message: told.message };
  const done = lines.some((line) => line.done);
  if (done && (whole === undefined || ending === null)) return null;
  if (ending === "late") {
    return { kind: "hang", message: done ? `did not end in ${limit / 1_000} s` : `no answer in ${limit / 1_000} s` };
  }
  const said = (/^.*(?:Error|error:|panic).*$/m.exec(output)?.[0] ?? output.trim().split("\n").at(-1)).trim();
  return { kind: "crash", message: [ending ?? "ended without an answer", said].filter(Boolean).join(": ") };
}

/**
 * What the machine can do now.
 *
 * @param {Runtime} runtime
 * @returns {Promise<Machine>}
 */
export function calibrate(runtime) {
  return inFolder(async (folder) => {
    const out = join(folder, "machine");
    const file = fileURLToPath(new URL("./calibration.mjs", import.meta.url));
    const { ending, output } = await host([...runtime.command, file, out], 30_000, process.env);
    if (!existsSync(out)) {
      throw new Error(`${runtime.title} can't be calibrated: ${ending}\n${output}`);
    }
    return JSON.parse(readFileSync(out, "utf8"));
  });
}

/**
 * @template T
 * @param {(folder: string) => Promise<T>} use
 */
async function inFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), "compute-cluster-speed-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
