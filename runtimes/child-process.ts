/**
 * A worker process of `node:child_process`: the port that Node and Deno share.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { ChildProcess } from "node:child_process";
import { setImmediate } from "node:timers";
import type { WorkerEvents, WorkerPort, WorkerSpec } from "../src/core/adapter.ts";
import { BrokenPipeFrame } from "../src/wire/pipe-frames.ts";
import type { ChildChannel } from "./child-channel.ts";
import type { FileExchange } from "./exchange.ts";
import { guard, unguard } from "./guard.ts";
import { type Line, NOT_STARTED, open } from "./line.ts";
import { beNice } from "./niceness.ts";
import { OwnFrames } from "./own-frames.ts";
import { passOn } from "./pass-on.ts";
import { CUT_OFF, LAST_WORDS, waitInTurns } from "./patience.ts";
import { StderrTail } from "./stderr-tail.ts";

/** Own options of a spawn, undefined or not: none is to come from a polluted prototype. */
export const UNPOLLUTED = {
  cwd: undefined,
  env: undefined,
  argv0: undefined,
  uid: undefined,
  gid: undefined,
  shell: false,
  detached: false,
  timeout: undefined,
  signal: undefined,
  killSignal: undefined,
  windowsHide: false,
  windowsVerbatimArguments: false,
};

/** What a child is to inherit after stderr and the channel, and the shelves in it. */
export type Shared = Pick<FileExchange, "shelves"> & { readonly descriptors: readonly number[] };

const NOTHING_SHARED: Shared = { descriptors: [], shelves: null };

/** How a runtime starts a child: with a channel, and by whom the module is imported. */
export interface StartedChild {
  readonly child: ChildProcess;
  readonly channel: ChildChannel;
  /** Whether the bootstrap imports the module, or the runtime runs it as the main one. */
  readonly imports: boolean;
}

/**
 * Starts a child by `start`, which may throw, and makes a port of it.
 *
 * @param exchange What is to be shared with it, or null.
 * @param start Is given what its frames are to begin with, and what is shared.
 */
export function childPort(
  spec: WorkerSpec,
  events: WorkerEvents,
  exchange: FileExchange | null,
  start: (key: string, shared: Shared) => StartedChild,
): WorkerPort {
  return open(spec, events, (line) => {
    try {
      return new ChildPort(start(line.key, exchange ?? NOTHING_SHARED), line, spec, exchange);
    } catch (error) {
      exchange?.close();
      throw error;
    }
  });
}

class ChildPort implements WorkerPort {
  readonly id: string;
  readonly pid: number | null;
  readonly exchange: FileExchange | null;
  readonly #child: ChildProcess;
  readonly #channel: ChildChannel;
  readonly #line: Line;
  readonly #stderr = new StderrTail();
  readonly #ownFrames: OwnFrames;
  readonly #whenClosed: (() => void)[] = [];

  constructor(
    { child, channel, imports }: StartedChild,
    line: Line,
    spec: WorkerSpec,
    exchange: FileExchange | null,
  ) {
    this.exchange = exchange;
    this.#ownFrames = new OwnFrames(spec);
    this.#child = child;
    this.#channel = channel;
    this.#line = line;
    this.pid = child.pid ?? null;
    this.id = child.pid === undefined ? NOT_STARTED : String(child.pid);
    if (child.pid !== undefined) {
      beNice(child.pid, spec.niceness);
      guard(child.pid);
    }
    this.#watch(spec);
    line.begin(this, imports, exchange?.init ?? null);
  }

  #watch(spec: WorkerSpec): void {
    const child = this.#child;
    this.#channel.listen({
      frame: (frame) => this.#line.receive(frame),
      closed: () => {
        for (const heard of this.#whenClosed.splice(0)) heard();
        this.#cutOff();
      },
      cut: () => this.#cutOff(),
      // Of no use any more, or going anyway: either way its exit tells.
      broken: (error) => {
        // What can't be reached is going: killed now, it would be told to have been, though it crashed.
        if (!(error instanceof BrokenPipeFrame)) return this.#cutOff();
        this.#line.broke(error);
        this.kill();
      },
    });
    // Without a pid the process was never there and `exit` will not come; later errors are those of a channel whose
    // process is going: `exit` comes. Unheard, either would end the program.
    child.on("error", (cause) => child.pid === undefined && this.#ended({ cause }));
    child.on("exit", (code, signal) => this.#exited(code, signal));
    const shown = new OwnFrames(spec);
    child.stderr?.on("data", (chunk: Uint8Array) => {
      this.#stderr.push(this.#ownFrames.cut(chunk));
      // Nothing is held back here: a prompt is to be seen as it is written.
      if (spec.stdio === "inherit") passOn(Buffer.concat([shown.cut(chunk), shown.release()]));
    });
    // An idle worker's pipe must not keep the program alive.
    (child.stderr as { unref?(): void } | null)?.unref?.();
  }

  /** The exit is known before the last messages and the end of stderr have been read: those come first. */
  #exited(code: number | null, signal: string | null): void {
    if (this.pid !== null) unguard(this.pid);
    const { stderr } = this.#child;
    const tell = (): void => this.#ended({ code, signal });
    const ends = [
      this.#channel.readable && new Promise<void>((resolve) => this.#whenClosed.push(resolve)),
      stderr && !stderr.readableEnded && new Promise((resolve) => stderr.once("end", resolve)),
    ];
    // Deno never tells of a disconnect when the child dies within a message
    // (https://github.com/denoland/deno/pull/35961): the wait is bounded on every runtime.
    const stopWaiting = waitInTurns(LAST_WORDS, () => this.#line.ended, () => setImmediate(tell));
    Promise.all(ends).then(() =>
      setImmediate(() => {
        stopWaiting();
        tell();
      })
    );
  }

  /** A worker without its line is of no use. */
  #cutOff(): void {
    this.#line.unlessEnded(CUT_OFF, () => this.kill());
  }

  #ended(ending: { code?: number | null; signal?: string | null; cause?: unknown }): void {
    if (this.pid !== null) unguard(this.pid);
    // Deno's channel would keep the program alive where it does not tell of the disconnect.
    this.#channel.close();
    // What the worker has started may hold the other end for long.
    this.#child.stderr?.destroy();
    this.#stderr.push(this.#ownFrames.release());
    this.#line.end({ ...ending, stderr: this.#stderr.toString() });
  }

  send(frame: unknown): void {
    if (!this.#line.ended && this.#channel.connected) this.#channel.send(frame);
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
      // Deno sends no second signal to a child that it counts as killed (2.9.6): a frozen one would stay.
      (this.#child as { killed: boolean }).killed = false;
      this.#child.kill(signal);
    } catch {
      // EPERM under a security module: nothing more can be done from here, and `exit` still comes when it goes.
    }
  }

  // The channel's hold is its own.
  ref(): void {
    this.#child.ref();
    this.#channel.ref();
  }

  unref(): void {
    this.#child.unref();
    this.#channel.unref();
  }
}
