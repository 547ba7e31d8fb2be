/**
 * The command line as a program of its own, on each runtime, in a fresh folder with a worker. What a test has started ends with it.
 */

import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { expect, test as base, type TestAPI } from "vitest";
import { bun, deno, root } from "../../scripts/bin.mjs";

export type Host = "node" | "bun" | "deno";

export const HOSTS: readonly Host[] = ["node", "bun", "deno"];

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess;
  /** What it has said until now. */
  readonly said: { readonly stdout: string; readonly stderr: string };
  readonly ended: Promise<Ended>;
  /** Sends a signal to the program and its workers, as a terminal does; false if none of them is there. */
  signalAll(name: NodeJS.Signals | 0): boolean;
}

/** What a command gets on its stdin: nothing, or all of a text, or a file, or what the test writes. */
export type Stdin = "nothing" | "open" | { readonly text: string } | { readonly file: string };

/** What the tests' jobs do. Each says in the file `log` that it runs. */
const WORKER = `
import { appendFileSync, existsSync, readFileSync } from "node:fs";
const log = new URL("./log", import.meta.url);
const said = (n) => appendFileSync(log, n + "\\n");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default (n) => n * 2;
export const upper = (text) => text.toUpperCase();
export const odd = (n) => { if (n % 2 === 0) throw new TypeError(n + " is even"); return n; };
/** 101 ends after 102 has begun, in another worker, and 201 after 205 has: not before a result of those between was taken. */
export const turned = async (n) => {
  said(n);
  const later = { 101: 102, 201: 205 }[n];
  while (later && !readFileSync(log, "utf8").split("\\n").includes(String(later))) await pause(5);
  return n;
};
export const logged = async (n) => {
  said(n);
  await pause(n % 3);
  if (n % 10 === 0) throw new RangeError(n + " is round");
  return "x".repeat(n % 50) + n;
};
export const once = async (n) => { said(n); await pause(300); return n; };
export const gated = async (n) => {
  said(n);
  while (!existsSync(new URL("./gate", import.meta.url))) await pause(5);
  return n;
};
export const stuck = (n) => { said(n); for (;;); };
export const dies = (n) => n === 2 ? process.exit(7) : n;
export const big = () => "x".repeat(50_000);
export const map = () => new Map();
let data;
export const setup = (given) => { data = given; };
export const told = () => data;
`;

/** The commands of one test. */
export class Commands {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), "compute-cluster-cli-")));
  readonly #running: Running[] = [];

  constructor() {
    this.write("worker.mjs", WORKER);
  }

  start(host: Host, args: readonly string[], stdin: Stdin = "nothing"): Running {
    return this.startProgram([...commandOf(host), ...args], stdin);
  }

  /** Starts any program. */
  startProgram(command: readonly string[], stdin: Stdin = "nothing"): Running {
    const running = startIn(this.folder, command, stdin);
    this.#running.push(running);
    return running;
  }

  /** Runs a command to its end. */
  run(host: Host, args: readonly string[], stdin?: Stdin): Promise<Ended> {
    return this.start(host, args, stdin).ended;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** The text of a file, "" if there is none. */
  read(name: string): string {
    const path = join(this.folder, name);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** The whole lines of a file. */
  lines(name: string): string[] {
    return this.read(name).split("\n").slice(0, -1);
  }

  async end(): Promise<void> {
    for (const command of this.#running) command.signalAll("SIGKILL");
    await Promise.all(this.#running.map(({ ended }) => ended));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** A test with commands. */
export const it: TestAPI<{ commands: Commands }> = base.extend<{ commands: Commands }>({
  // vitest reads the names of what a fixture needs off its first parameter.
  commands: async ({}, use) => {
    expect(existsSync(join(root, "dist/cli.js")), "dist/ is there: run `npm run build` first").toBe(true);
    const commands = new Commands();
    await use(commands);
    await commands.end();
  },
});

/** As npm and JSR have it. */
function commandOf(host: Host): [string, ...string[]] {
  if (host === "deno") return [deno, "run", "-A", "--no-prompt", join(root, "src/cli/main.ts")];
  return [host === "node" ? process.execPath : bun, join(root, "dist/cli.js")];
}

function startIn(cwd: string, [program, ...args]: readonly string[], stdin: Stdin): Running {
  const input = stdin === "nothing"
    ? "ignore"
    : typeof stdin === "object" && "file" in stdin
    ? openSync(join(cwd, stdin.file), "r")
    : "pipe";
  const child = spawn(program as string, args, {
    cwd,
    stdio: [input, "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    // A process group of its own, in which its workers are too.
    detached: process.platform !== "win32",
  });
  // It may end before it has read everything.
  child.stdin?.on("error", () => {});
  if (typeof input === "number") closeSync(input);
  if (typeof stdin === "object" && "text" in stdin) child.stdin?.end(stdin.text);
  const said = listen(child);
  return {
    child,
    said,
    ended: new Promise((resolve) => child.on("close", (code) => resolve({ code, ...said }))),
    signalAll(name) {
      try {
        return process.kill((process.platform === "win32" ? 1 : -1) * (child.pid as number), name);
      } catch {
        return false;
      }
    },
  };
}

function listen(child: ChildProcess): Running["said"] {
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (chunk: string) => said[name] += chunk);
  }
  return said;
}
