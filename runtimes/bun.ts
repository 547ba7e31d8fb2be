/**
 * Bun: workers by `Bun.spawn` with IPC, and by `node:worker_threads`.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { ownProcess } from "../src/built-in.ts";
import type { WorkerAdapter, WorkerPort, WorkerSpec } from "../src/core/adapter.ts";
import { refuseForProcess } from "../src/wire/unsendable.ts";
import { withOwnBytes } from "../src/wire/views.ts";
import { bootstrapSource, bootstrapUrl } from "./bootstrap-url.ts";
import { type FileExchange, openExchange } from "./exchange.ts";
import { guard, unguard } from "./guard.ts";
import { type Line, open } from "./line.ts";
import { beNice } from "./niceness.ts";
import { passOn } from "./pass-on.ts";
import { CUT_OFF, LAST_WORDS, waitInTurns } from "./patience.ts";
import { StderrTail } from "./stderr-tail.ts";
import { threadPort } from "./worker-threads.ts";

/** What is used of `Bun`: its own types would be asked of everyone who type-checks the package. */
interface BunRuntime {
  spawn(options: {
    cmd: string[];
    env?: Record<string, string>;
    cwd?: string;
    stdio: ["ignore", "inherit" | "ignore", "pipe", ...("ignore" | number)[]];
    serialization: "advanced" | "json";
    ipc(message: unknown): void;
    onExit(child: BunChild, code: number | null, signal: string | number | null): void;
    onDisconnect(): void;
  }): BunChild;
}

interface BunChild {
  readonly pid: number;
  readonly stderr: { getReader(): StderrReader };
  readonly connected?: boolean;
  send(message: unknown): void;
  kill(signal: number | string): void;
  ref(): void;
  unref(): void;
}

interface StderrReader {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
  releaseLock(): void;
}

/**
 * Processes. `Bun.spawn` rather than `node:child_process.fork`: fork's channel can't be unref'ed
 * (https://github.com/oven-sh/bun/issues/33593). Bun ignores a `data:` preload, so the bootstrap is the main module and
 * imports the user's.
 */
export const bunProcess: WorkerAdapter = {
  name: "bun process",
  isolation: "process",
  // A missing executable or folder is thrown at once (Node tells of it later).
  start: (spec, events) => open(spec, events, (line) => startBun(line, spec)),
};

function startBun(line: Line, spec: WorkerSpec): BunPort {
  const exchange = openExchange(false);
  try {
    return new BunPort(line, spec, exchange);
  } catch (error) {
    exchange?.close();
    throw error;
  }
}

class BunPort implements WorkerPort {
  readonly id: string;
  readonly pid: number;
  readonly exchange: FileExchange | null;
  readonly #child: BunChild;
  readonly #line: Line;
  readonly #passesStderr: boolean;
  readonly #clones: boolean;
  readonly #stderr = new StderrTail();
  #reader: StderrReader | null = null;

  constructor(line: Line, spec: WorkerSpec, exchange: FileExchange | null) {
    this.#line = line;
    this.exchange = exchange;
    this.#clones = spec.serialization === "advanced";
    this.#passesStderr = spec.stdio === "inherit";
    const { Bun } = globalThis as unknown as { Bun: BunRuntime };
    this.#child = Bun.spawn({
      cmd: [spec.execPath ?? ownProcess().execPath, ...(spec.execArgv ?? []), "-e", bootstrapSource(spec)],
      // Bun.spawn's own defaults differ for each stream.
      stdio: [
        "ignore",
        spec.stdio,
        "pipe",
        ...(exchange ? ["ignore" as const, "ignore" as const, ...exchange.descriptors] : []),
      ],
      serialization: spec.serialization,
      ...(spec.env ? { env: { ...spec.env } } : {}),
      ...(spec.cwd === null ? {} : { cwd: spec.cwd }),
      ipc: (message) => line.receive(message),
      onDisconnect: () => line.unlessEnded(CUT_OFF, () => this.kill()),
      onExit: (_, code, signal) => void this.#exited(code, signal),
    });
    this.pid = this.#child.pid;
    this.id = String(this.pid);
    beNice(this.pid, spec.niceness);
    guard(this.pid);
    void this.#readStderr();
    line.begin(this, true, exchange?.init ?? null);
  }

  /** Reads until the end, or until `unref` lets go of the reader: one that waits keeps the program alive (1.4.5). */
  async #readStderr(): Promise<void> {
    if (this.#reader) return;
    const reader = this.#child.stderr.getReader();
    this.#reader = reader;
    try {
      for (let next = await reader.read(); next.value; next = await reader.read()) {
        this.#stderr.push(next.value);
        if (this.#passesStderr) passOn(next.value);
      }
    } catch {
      // Let go of.
    }
  }

  async #exited(code: number | null, signal: string | number | null): Promise<void> {
    unguard(this.pid);
    this.#letGoOfStderr();
    let stopWaiting = (): void => {};
    const patience = new Promise<void>((resolve) => {
      stopWaiting = waitInTurns(LAST_WORDS, () => this.#line.ended, resolve);
    });
    await Promise.race([this.#readStderr(), patience]);
    stopWaiting();
    // One turn of the loop for messages that were read with the exit
    // (https://github.com/oven-sh/bun/pull/39479: their order is not certain).
    await new Promise((resolve) => setImmediate(resolve));
    this.#line.end({ code, signal: signal === null ? null : String(signal), stderr: this.#stderr.toString() });
  }

  send(frame: unknown): void {
    if (this.#line.ended || this.#child.connected === false) return;
    try {
      // Bun, unlike Node and Deno, sends all the memory behind a view to a process too (1.4.5).
      this.#child.send(this.#clones ? withOwnBytes(frame, [], refuseForProcess) : frame);
    } catch (error) {
      // Between a worker's death and the news of it, its exit tells.
      if ((error as { code?: unknown }).code === "ERR_IPC_CHANNEL_CLOSED") return;
      throw error;
    }
  }

  stop(free: boolean): void {
    this.#line.stop(this, free, () => this.#signal("SIGTERM"));
  }

  kill(): void {
    this.#signal("SIGKILL");
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    if (this.#line.ended) return;
    try {
      this.#child.kill(signal);
    } catch {
      // ESRCH: it is gone, and `onExit` comes.
    }
  }

  ref(): void {
    this.#child.ref();
    void this.#readStderr();
  }

  unref(): void {
    this.#child.unref();
    this.#letGoOfStderr();
  }

  #letGoOfStderr(): void {
    this.#reader?.releaseLock();
    this.#reader = null;
  }
}

/** Threads. */
export const bunThread: WorkerAdapter = {
  name: "bun thread",
  isolation: "thread",
  start: (spec, events) => threadPort(spec, events, new URL(bootstrapUrl(spec, Infinity))),
};
