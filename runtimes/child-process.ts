/**
 * A worker process of `node:child_process`: the port that Node and Deno share.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import process from "node:process";
import type { WorkerEvents, WorkerPort, WorkerSpec } from "../src/core/adapter.ts";
import { guard, unguard } from "./guard.ts";
import { type Line, NOT_STARTED, open } from "./line.ts";
import { CUT_OFF, LAST_WORDS } from "./patience.ts";
import { StderrTail } from "./stderr-tail.ts";

/** What a process transport does in its own way. */
export interface ChildOptions {
  /** Whether the bootstrap imports the module, or the runtime runs it as the main one. */
  readonly imports: boolean;
  /** Refuses what `send` would not survive; throws. */
  check(frame: unknown): void;
}

/** Starts a child by `start`, which may throw, and makes a port of it. */
export function childPort(
  spec: WorkerSpec,
  events: WorkerEvents,
  options: ChildOptions,
  start: () => ChildProcess,
): WorkerPort {
  return open(spec, events, (line) => new ChildPort(start(), line, spec, options));
}

class ChildPort implements WorkerPort {
  readonly id: string;
  readonly pid: number | null;
  readonly #child: ChildProcess;
  readonly #line: Line;
  readonly #options: ChildOptions;
  readonly #stderr = new StderrTail();

  constructor(child: ChildProcess, line: Line, spec: WorkerSpec, options: ChildOptions) {
    this.#child = child;
    this.#line = line;
    this.#options = options;
    this.pid = child.pid ?? null;
    this.id = child.pid === undefined ? NOT_STARTED : String(child.pid);
    if (child.pid !== undefined) guard(child.pid);
    this.#watch(spec);
    line.begin(this, options.imports);
  }

  #watch(spec: WorkerSpec): void {
    const child = this.#child;
    child.on("message", (frame) => this.#line.receive(frame));
    // Without a pid the process was never there and `exit` will not come; later errors are those of a channel whose
    // process is going: `exit` comes. Unheard, either would end the program.
    child.on("error", (cause) => child.pid === undefined && this.#ended({ cause }));
    child.on("exit", (code, signal) => this.#exited(code, signal));
    child.on("disconnect", () => setTimeout(() => this.kill(), CUT_OFF).unref());
    child.stderr?.on("data", (chunk: Uint8Array) => {
      this.#stderr.push(chunk);
      if (spec.stdio === "inherit") process.stderr.write(chunk);
    });
    // An idle worker's pipe must not keep the program alive.
    (child.stderr as { unref?(): void } | null)?.unref?.();
  }

  /** The exit is known before the last messages and the end of stderr have been read: those come first. */
  #exited(code: number | null, signal: string | null): void {
    if (this.pid !== null) unguard(this.pid);
    const child = this.#child;
    const tell = (): void => this.#ended({ code, signal });
    const ends = [
      child.connected && new Promise((resolve) => child.once("disconnect", resolve)),
      child.stderr && !child.stderr.readableEnded && new Promise((resolve) => child.stderr?.once("end", resolve)),
    ];
    // Deno never tells of a disconnect when the child dies within a message
    // (https://github.com/denoland/deno/pull/35961): the wait is bounded on every runtime.
    // The pipes are read once more when it is up: a host that was busy finds the timer due first.
    const timer = setTimeout(() => setImmediate(tell), LAST_WORDS);
    Promise.all(ends).then(() =>
      setImmediate(() => {
        clearTimeout(timer);
        tell();
      })
    );
  }

  #ended(ending: { code?: number | null; signal?: string | null; cause?: unknown }): void {
    if (this.pid !== null) unguard(this.pid);
    // Deno's channel would keep the program alive where it does not tell of the disconnect.
    if (this.#child.connected) this.#child.disconnect();
    this.#line.end({ ...ending, stderr: this.#stderr.toString() });
  }

  send(frame: unknown): void {
    if (this.#line.ended || !this.#child.connected) return;
    this.#options.check(frame);
    // A worker that can't be reached any more is going, or is of no use: either way its exit tells.
    this.#child.send(frame as object, (error) => error && this.kill());
  }

  stop(): void {
    if (this.#line.hasTeardown) this.send({ type: "stop" });
    else this.#signal("SIGTERM");
  }

  kill(): void {
    this.#signal("SIGKILL");
  }

  #signal(signal: "SIGTERM" | "SIGKILL"): void {
    if (this.#line.ended) return;
    try {
      this.#child.kill(signal);
    } catch {
      // EPERM under a security module: nothing more can be done from here, and `exit` still comes when it goes.
    }
  }

  ref(): void {
    this.#child.ref();
    this.#channel?.ref?.();
  }

  // Node needs both, the channel's hold is its own; Deno needs the child's only.
  unref(): void {
    this.#child.unref();
    this.#channel?.unref?.();
  }

  get #channel(): { ref?(): void; unref?(): void } | null | undefined {
    return this.#child.channel as { ref?(): void; unref?(): void } | null | undefined;
  }
}
