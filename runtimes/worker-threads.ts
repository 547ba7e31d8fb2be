/**
 * A worker thread of `node:worker_threads`: the port that Node and Bun share.
 *
 * @module
 */

import type { Transferable, Worker } from "node:worker_threads";
import { workerThreads } from "../src/built-in.ts";
import type { WorkerEvents, WorkerPort, WorkerSpec } from "../src/core/adapter.ts";
import { THREAD_MARK } from "../src/core/frame.ts";
import { refuseMoved, withOwnBytes } from "../src/wire/views.ts";
import { MemoryExchange } from "./exchange.ts";
import { type Line, open } from "./line.ts";
import { HEARING, waitInTurns } from "./patience.ts";

let lastThread = 0;

/** Starts a thread and makes a port of it. */
export function threadPort(spec: WorkerSpec, events: WorkerEvents, script: URL): WorkerPort {
  return open(spec, events, (line) => new ThreadPort(line, spec, script));
}

class ThreadPort implements WorkerPort {
  readonly id: string = String(++lastThread);
  readonly pid = null;
  readonly exchange = new MemoryExchange();
  readonly #worker: Worker;
  readonly #line: Line;
  #terminated = false;
  #killed = false;
  #error: unknown = null;

  constructor(line: Line, spec: WorkerSpec, script: URL) {
    this.#line = line;
    const { Worker } = workerThreads();
    const worker = new Worker(script, {
      workerData: THREAD_MARK,
      env: { ...spec.env },
      // Not given: a thread has the program's flags, and refuses most of them when they are given to it.
      execArgv: spec.execArgv === null ? undefined : [...spec.execArgv],
      stdout: spec.stdio === "ignore",
      stderr: spec.stdio === "ignore",
      // Own properties, undefined or not: an option is not to come from a polluted prototype.
      eval: false,
      stdin: false,
      argv: [],
      resourceLimits: spec.resourceLimits ?? undefined,
    });
    this.#worker = worker;
    // Captured and unread, it would fill up, and a worker that waits for it to drain would wait for ever.
    if (spec.stdio === "ignore") { for (const output of [worker.stdout, worker.stderr]) output?.resume(); }
    worker.on("message", (frame: unknown) => line.receive(frame));
    worker.on("messageerror", () => this.kill());
    worker.on("error", (error: unknown) => this.#error = error);
    worker.on("exit", (code) => this.#exited(code));
    line.begin(this, true, this.exchange.init);
  }

  /** A terminated thread reports code 1, which would read as a crash: it is told as the kill that it was. */
  #exited(code: number): void {
    if (this.#terminated) return this.#line.end({ signal: "SIGKILL" });
    // Bun reports code 0 after an unhandled rejection (1.4.5): the error tells the truth.
    this.#line.end({ code: this.#error && code === 0 ? 1 : code, cause: this.#error });
  }

  send(frame: unknown, transfer: readonly object[] = []): void {
    if (this.#line.ended) return;
    refuseMoved(transfer);
    this.#worker.postMessage(withOwnBytes(frame, transfer), transfer as Transferable[]);
  }

  /** A thread with a large heap takes a while to go, on Bun hundreds of milliseconds: the grace is the caller's. */
  stop(free: boolean): void {
    this.#line.stop(this, free, () => this.#terminate());
  }

  kill(): void {
    if (this.#line.ended || this.#killed) return;
    this.#killed = true;
    this.#terminate();
    // Code that is not JavaScript (a read of a pipe, a child that is waited for) is not interrupted.
    waitInTurns(HEARING.endable, () => this.#line.ended, () => this.#abandon());
  }

  #terminate(): void {
    if (this.#line.ended || this.#terminated) return;
    this.#terminated = true;
    void this.#worker.terminate();
  }

  /** Until it comes back by itself, if ever. */
  #abandon(): void {
    this.#worker.unref();
    this.#line.end({ signal: "SIGKILL", abandoned: true });
  }

  ref(): void {
    this.#worker.ref();
  }

  unref(): void {
    this.#worker.unref();
  }
}
