/**
 * The examples as programs of their own, on each runtime, with no more rights than they need. What a test has started ends
 * with it.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test as base, type TestAPI } from "vitest";
import { bun, deno, root } from "../../scripts/bin.mjs";
import { stripsTypes } from "../conformance/kit.ts";

export type Host = "node" | "bun" | "deno";

export const HOSTS: readonly Host[] = ["node", "bun", "deno"];

/** What a program is started with. */
export interface Start {
  readonly host: Host;
  /** What `deno run` is told to allow. */
  readonly rights: readonly string[];
  /** From `examples/`. */
  readonly file: string;
  readonly args?: readonly string[];
}

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs. */
export interface Running {
  readonly ended: Promise<Ended>;
  /** Waits for output that matches, and gives the match. */
  output(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends a signal to the program alone. */
  signal(name: NodeJS.Signals): void;
  /** Sends a signal to the program and its workers, as a terminal does; false if none of them is there. */
  signalAll(name: NodeJS.Signals | 0): boolean;
}

/** The programs and folders of one test. */
export class Programs {
  readonly #running: Running[] = [];
  readonly #folders: string[] = [];

  start(what: Start): Running {
    const program = startProgram(what);
    this.#running.push(program);
    return program;
  }

  /** Runs an example to its end. */
  run(what: Start): Promise<Ended> {
    return this.start(what).ended;
  }

  /** A fresh folder. */
  folder(): string {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "compute-cluster-examples-")));
    this.#folders.push(folder);
    return folder;
  }

  async end(): Promise<void> {
    for (const program of this.#running) program.signalAll("SIGKILL");
    await Promise.all(this.#running.map(({ ended }) => ended));
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** A test with programs. */
export const it: TestAPI<{ programs: Programs }> = base.extend<{ programs: Programs }>({
  // vitest reads the names of what a fixture needs off its first parameter.
  programs: async ({}, use) => {
    const programs = new Programs();
    await use(programs);
    await programs.end();
  },
});

function startProgram({ host, rights, file, args = [] }: Start): Running {
  const [command, ...flags] = commandOf(host, rights, file) as [string, ...string[]];
  const child = spawn(command, [...flags, join(root, "examples", file), ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
    // A process group of its own, in which its workers are too.
    detached: process.platform !== "win32",
  });
  return {
    ...watch(child),
    signal: (name) => void child.kill(name),
    signalAll(name) {
      try {
        return process.kill((process.platform === "win32" ? 1 : -1) * (child.pid as number), name);
      } catch {
        return false;
      }
    },
  };
}

function commandOf(host: Host, rights: readonly string[], file: string): string[] {
  switch (host) {
    case "node":
      return stripsTypes || !file.endsWith(".ts") ? [process.execPath] : [process.execPath, "--import", "tsx"];
    case "bun":
      return [bun];
    case "deno":
      return [deno, "run", "--no-prompt", ...rights];
  }
}

function watch(child: ChildProcess): Pick<Running, "ended" | "output"> {
  const text = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
      for (const look of waiting) look();
    });
  }
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, ...text })));
  const output = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(text.stdout) ?? pattern.exec(text.stderr);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      void ended.then((end) => reject(new Error(`the program ended without ${pattern}: ${JSON.stringify(end)}`)));
    });
  return { ended, output };
}
