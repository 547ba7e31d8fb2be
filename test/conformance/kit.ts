/**
 * What a case has at hand: clusters that end with it, fixtures, temporary files, and programs of their own.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ComputeCluster, type ComputeClusterOptions, type EnqueueOptions, type Isolation } from "../../mod.ts";
import type { Capability, Lack } from "../../runtimes/capabilities.ts";
import { type Runtime, runtime } from "../../runtimes/select.ts";
import type { Style } from "./case.ts";
import { builtProgram } from "./programs.ts";

/** How a job ended. */
export type Ended = { readonly ok: unknown } | { readonly error: unknown };

/** How a program ended. */
export interface Program {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs. */
export interface RunningProgram {
  readonly child: ChildProcess;
  /** Waits for a line of output that starts with `start`; gives the rest of it. */
  line(start: string): Promise<string>;
  readonly ended: Promise<Program>;
}

/** What clusters a kit makes: of which kind, and what those lack. */
export interface Kind {
  readonly name: string;
  readonly isolation: Isolation;
  readonly lacks: Readonly<Partial<Record<Capability, Lack>>>;
  /** Clusters whose jobs are run elsewhere; null for those of this machine. */
  readonly elsewhere: Elsewhere | null;
}

/** Has the jobs of clusters run elsewhere. */
export interface Elsewhere {
  /** A cluster, and how all that belongs to it is ended. `fault` is told of the errors of whoever has the workers. */
  open(options: ComputeClusterOptions, fault: (error: Error) => void): [ComputeCluster, end: () => Promise<unknown>];
}

/** A case that has nothing to say of this kind of worker, or this system. */
export class NotHere extends Error {}

export class Kit {
  readonly isolation: Isolation;
  readonly runtime: Runtime = runtime;
  /** Every `error` event of the case's clusters. */
  readonly faults: Error[] = [];
  readonly #kind: Kind;
  readonly #ends: (() => Promise<unknown>)[] = [];
  readonly #children: ChildProcess[] = [];
  #folder: string | null = null;

  constructor(kind: Kind) {
    this.#kind = kind;
    this.isolation = kind.isolation;
  }

  /** Whether this kind of worker lacks something. */
  lacks(capability: Capability): boolean {
    return this.#kind.lacks[capability] !== undefined;
  }

  /** Skips the case, and says why. */
  notHere(why: string): never {
    throw new NotHere(why);
  }

  /** Skips the rest of a case where this kind of worker lacks something. */
  needs(capability: Capability): void {
    const lack = this.#kind.lacks[capability];
    if (lack) this.notHere(lack.because);
  }

  /** The URL of a worker fixture. */
  worker(name: string): URL {
    return new URL(`../workers/${name}`, import.meta.url);
  }

  /** A cluster that ends with the case. */
  cluster(worker: string | URL, options: Partial<ComputeClusterOptions> = {}): ComputeCluster {
    const module = worker instanceof URL ? worker : this.worker(worker);
    const whole = { module, isolation: this.isolation, maxWorkers: 2, ...options };
    const fault = (error: Error): void => void this.faults.push(error);
    const [cc, end] = this.#kind.elsewhere?.open(whole, fault) ?? openHere(whole);
    cc.on("error", fault);
    this.#ends.push(end);
    return cc;
  }

  /** Runs a job and says how it ended, whichever way the caller waits. Fails if a callback is called more than once. */
  job(cc: ComputeCluster, args: unknown, options?: EnqueueOptions, style: Style = "promise"): Promise<Ended> {
    if (style === "promise") return cc.enqueue(args, options).then((ok) => ({ ok }), (error: unknown) => ({ error }));
    return new Promise((resolve, reject) => {
      let calls = 0;
      const returned = cc.enqueue(args, options, (error, ok) => {
        if (++calls > 1) return reject(new Error("the callback was called twice"));
        resolve(error ? { error } : { ok });
      });
      if (calls > 0) reject(new Error("the callback was called before enqueue returned"));
      if (returned !== cc) reject(new Error("enqueue with a callback must return the cluster"));
    });
  }

  /** The value of a job that must succeed. */
  async value(cc: ComputeCluster, args: unknown, options?: EnqueueOptions, style?: Style): Promise<unknown> {
    const ended = await this.job(cc, args, options, style);
    if ("ok" in ended) return ended.ok;
    throw new Error("the job failed", { cause: ended.error });
  }

  /** The error of a job that must fail. */
  async error(cc: ComputeCluster, args: unknown, options?: EnqueueOptions, style?: Style): Promise<Failure> {
    const ended = await this.job(cc, args, options, style);
    if ("error" in ended) return ended.error as Failure;
    throw new Error(`the job succeeded with ${String(ended.ok)}`);
  }

  /** The path of a file in a folder that goes with the case. */
  file(name: string): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), "compute-cluster-test-"));
    return join(this.#folder, name);
  }

  /** Makes such a file, for somebody who waits for it. */
  write(file: string): void {
    writeFileSync(file, "");
  }

  /**
   * For jobs that block their worker: a thread that can't be killed is to be stuck as long as the case runs, which is as long as
   * the file is there. Others don't look: one of Bun that does it all the time may miss that it is to end (1.4.5).
   */
  get stuck(): { readonly while?: string } {
    if (!this.lacks("kill")) return {};
    this.write(this.#standing);
    return { while: this.#standing };
  }

  get #standing(): string {
    return this.file("standing");
  }

  /** The lines of such a file; none if nobody wrote it. */
  lines(file: string): string[] {
    try {
      return readFileSync(file, "utf8").split("\n").filter((line) => line !== "");
    } catch {
      return [];
    }
  }

  /** Runs a program of `test/programs` on this runtime, with the isolation as its first argument. */
  program(name: string, ...args: string[]): RunningProgram {
    return this.start(this.command(name, args));
  }

  /** The arguments of this runtime's executable that run a program of `test/programs` with all rights. */
  command(name: string, args: readonly string[] = [], flags: readonly string[] = []): string[] {
    const run = this.runtime === "deno" ? ["run", "-A", "--no-prompt"] : [];
    const file = this.runtime === "node"
      ? builtProgram(name)
      : fileURLToPath(new URL(`../programs/${name}`, import.meta.url));
    return [...run, ...flags, file, this.isolation, ...args];
  }

  /** Runs this runtime's executable. */
  start(args: string[], env: Record<string, string> = {}): RunningProgram {
    if (this.#kind.elsewhere) this.notHere("about a program whose cluster has workers of its own");
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env as Record<string, string>, ...env },
    });
    this.#children.push(child);
    return watch(child);
  }

  /** Ends whatever the case has left. */
  async clean(): Promise<void> {
    if (this.#folder) rmSync(this.#standing, { force: true });
    for (const child of this.#children) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await Promise.all(this.#ends.map((end) => end()));
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true });
  }
}

function openHere(options: ComputeClusterOptions): [ComputeCluster, end: () => Promise<unknown>] {
  const cc = new ComputeCluster(options);
  return [cc, () => cc.exit()];
}

/** An error as tests look at it. */
export type Failure = Error & Record<string, unknown>;

/** Whether this runtime takes TypeScript as it is; Node does since 22.18. */
export const stripsTypes: boolean = runtime !== "node" ||
  Boolean((process.features as { typescript?: unknown }).typescript);

/** Reads what a program that was started says. */
export function watch(child: ChildProcess): RunningProgram {
  const output = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  const heard = (stream: "stdout" | "stderr") => (chunk: Uint8Array): void => {
    output[stream] += new TextDecoder().decode(chunk);
    for (const look of waiting) look();
  };
  child.stdout?.on("data", heard("stdout"));
  child.stderr?.on("data", heard("stderr"));
  const ended = new Promise<Program>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, ...output }));
  });
  const line = (start: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = output.stdout.split("\n").slice(0, -1).find((text) => text.startsWith(start));
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found.slice(start.length).trim());
      };
      waiting.add(look);
      look();
      void ended.then((program) => reject(new Error(`the program ended without ${start}: ${JSON.stringify(program)}`)));
    });
  return { child, line, ended };
}

/** Whether a process is there; one that has ended and is only waited for is not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "")[0] !== "Z";
  } catch {
    return process.platform !== "linux";
  }
}

/** The live children of a process that run this command. Linux. */
export function childrenOf(parent: number, command: string): number[] {
  return readdirSync("/proc").map(Number).filter((pid) => {
    if (!pid || !isAlive(pid)) return false;
    try {
      const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
      return name === command && Number(rest?.split(" ")[1]) === parent;
    } catch {
      // It has ended since.
      return false;
    }
  });
}

/** Keeps this program from hearing anything until `condition` holds, without using a core. Throws when it does not within 20 s. */
export function deafUntil(condition: () => boolean): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (const end = Date.now() + 20_000; !condition();) {
    if (Date.now() > end) throw new Error("waited in vain: nothing can be sent meanwhile");
    Atomics.wait(cell, 0, 0, 5);
  }
}

/** Waits until `condition` holds; the runner's time limit ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
