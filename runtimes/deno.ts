/**
 * Deno: workers by `Worker`, and by a `deno run` with chosen permissions.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { childProcess, ownProcess, v8 } from "../src/built-in.ts";
import type { WorkerAdapter, WorkerPort, WorkerSpec } from "../src/core/adapter.ts";
import { frameType } from "../src/core/frame.ts";
import { bare } from "../src/wire/pipe-frames.ts";
import { refuseForProcess } from "../src/wire/unsendable.ts";
import { withOwnBytes, withOwnNames } from "../src/wire/views.ts";
import { bootstrapUrl } from "./bootstrap-url.ts";
import { IpcChannel, NO_CHANNEL } from "./child-channel.ts";
import { childPort, UNPOLLUTED } from "./child-process.ts";
import { isGranted } from "./deno-permissions.ts";
import { MemoryExchange, openExchange } from "./exchange.ts";
import { type Line, open } from "./line.ts";
import { HEARING, waitInTurns } from "./patience.ts";

/** What is used of a web `Worker`: Deno's own types would be asked of everyone who type-checks the package. */
interface WebWorker {
  postMessage(message: unknown, transfer?: readonly object[]): void;
  terminate(): void;
  addEventListener(type: "message" | "messageerror", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "error", listener: (event: { message: string; preventDefault(): void }) => void): void;
}

type WebWorkerClass = new (url: string, options: { type: "module" }) => WebWorker;

let lastThread = 0;

/** Threads. The raw `Worker` starts four times as fast as Deno's `node:worker_threads`. */
export const denoThread: WorkerAdapter = {
  name: "deno thread",
  isolation: "thread",
  start: (spec, events) => open(spec, events, (line) => new WebWorkerPort(line, spec)),
};

class WebWorkerPort implements WorkerPort {
  readonly id: string = String(++lastThread);
  readonly pid = null;
  readonly exchange = new MemoryExchange();
  readonly #worker: WebWorker;
  readonly #line: Line;
  readonly #keepAlive: KeepAlive;
  #killed = false;

  constructor(line: Line, spec: WorkerSpec) {
    this.#line = line;
    const { Worker } = globalThis as unknown as { Worker: WebWorkerClass };
    this.#worker = new Worker(bootstrapUrl(spec, Infinity), { type: "module" });
    this.#keepAlive = new KeepAlive(this.#worker);
    this.#worker.addEventListener("message", ({ data }) => this.#receive(data));
    this.#worker.addEventListener("messageerror", () => this.kill());
    this.#worker.addEventListener("error", (event) => {
      // Unprevented, it would end the program.
      event.preventDefault();
      this.#end({ code: 1, cause: new Error(event.message) });
    });
    line.begin(this, true, this.exchange.init);
  }

  #receive(frame: unknown): void {
    const left = readLeft(frame);
    if (left === null) this.#line.receive(frame);
    else this.#end({ code: left });
  }

  #end(ending: { code?: number; signal?: string; cause?: unknown; abandoned?: boolean }): void {
    if (this.#line.ended) return;
    this.#worker.terminate();
    this.#keepAlive.release();
    this.#line.end(ending);
  }

  send(frame: unknown, transfer: readonly object[] = []): void {
    if (!this.#line.ended) this.#worker.postMessage(withOwnBytes(frame, transfer), transfer);
  }

  /**
   * One that is free leaves by itself, so that its `exit` listeners are called. A thread that is still loading ends when it has loaded: the
   * ping waits for it, and the grace is the caller's.
   */
  stop(free: boolean): void {
    if (free || this.#line.hasTeardown) this.send({ type: "stop" });
    else this.#endWhenFree();
  }

  /** Ends as soon as the loop is free; a thread whose loop never is can only be given up. */
  kill(): void {
    if (this.#line.ended || this.#killed) return;
    this.#killed = true;
    this.#endWhenFree();
    // `terminate()` does not stop a loop that is not free (2.9.6, https://github.com/denoland/deno/pull/35657).
    waitInTurns(HEARING.unendable, () => this.#line.ended, () => this.#end({ signal: "SIGKILL", abandoned: true }));
  }

  #endWhenFree(): void {
    this.#line.onPong(() => this.#end({ signal: "SIGKILL" }));
    this.send({ type: "ping" });
  }

  ref(): void {
    this.#keepAlive.hold();
  }

  unref(): void {
    this.#keepAlive.release();
  }
}

function readLeft(frame: unknown): number | null {
  if (typeof frame !== "object" || frame === null || (frame as { type?: unknown }).type !== "left") return null;
  const { code } = frame as { code?: unknown };
  return typeof code === "number" ? code : 1;
}

/**
 * Whether a web `Worker` keeps the program alive. There is no public way to say so (2.9.6): Deno's own
 * `node:worker_threads` uses a method under a symbol without a name, which is used here too where it is found. It counts, so
 * it is called on changes only.
 */
class KeepAlive {
  readonly #worker: WebWorker;
  readonly #method: symbol | undefined;
  #holds = true;

  constructor(worker: WebWorker) {
    this.#worker = worker;
    const symbols = Object.getOwnPropertySymbols(Object.getPrototypeOf(worker));
    this.#method = symbols.find((symbol) => !symbol.description && typeof Reflect.get(worker, symbol) === "function");
  }

  hold(): void {
    this.#set(true);
  }

  release(): void {
    this.#set(false);
  }

  #set(holds: boolean): void {
    if (holds === this.#holds || this.#method === undefined) return;
    this.#holds = holds;
    Reflect.get(this.#worker, this.#method).call(this.#worker, holds);
  }
}

/**
 * Processes. `spawn` rather than `fork`: a forked Deno always gets `-A`, more than the program itself may have
 * (https://github.com/denoland/deno/pull/35443).
 */
export const denoProcess: WorkerAdapter = {
  name: "deno process",
  isolation: "process",
  start: (spec, events) =>
    childPort(spec, events, openExchange(false, mayWrite), (key, { descriptors }) => {
      const child = spawnDeno(spec, descriptors);
      // None at all where there is no descriptor left for them (2.9.6); the child tells of that.
      const from = (child.stdio as ChildProcess["stdio"] | undefined)?.[4] as Readable | undefined;
      const channel = from ? new IpcChannel(child, from, key, prepareFor(spec)) : NO_CHANNEL;
      return { child, channel, imports: false };
    }),
};

/** Deno would ask for a right that it was not given. */
function mayWrite(folder: string): boolean {
  return isGranted("write", folder) && isGranted("read", folder);
}

/**
 * What Deno's IPC can't write takes the program down, uncatchably, and its JSON is not that of `JSON.stringify` (2.9.6): the first is
 * tried beforehand, the other written here.
 */
function prepareFor({ serialization }: WorkerSpec): (frame: unknown) => unknown {
  return (frame) => {
    if (frameType(frame) === "jobs:text") return frame;
    if (serialization === "json") {
      return { type: "json", text: JSON.stringify(bare(frame)) };
    }
    const sent = withOwnNames(frame, refuseForProcess);
    v8().serialize(sent);
    return sent;
  };
}

function spawnDeno(spec: WorkerSpec, more: readonly number[]): ChildProcess {
  const run = ["run", "--no-prompt", "--unstable-detect-cjs", ...(spec.execArgv ?? []), "--import", bootstrapUrl(spec)];
  const child = childProcess().spawn(spec.execPath ?? ownProcess().execPath, [
    ...run,
    fileURLToPath(spec.module),
    ...spec.argv,
  ], {
    ...UNPOLLUTED,
    stdio: ["ignore", spec.stdio, "pipe", "ipc", "pipe", ...more],
    // Read by `spawn` as by `fork`, though only the types of the latter tell.
    ...{ serialization: spec.serialization },
    ...(spec.env ? { env: spec.env } : {}),
    ...(spec.cwd === null ? {} : { cwd: spec.cwd }),
  });
  return child;
}
