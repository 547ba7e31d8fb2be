/**
 * The host's end of the line to a child process on Node and Deno. What comes from the worker has a pipe of its own (see
 * `src/worker/outlet.ts`).
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { frameType } from "../src/core/frame.ts";
import { BrokenPipeFrame, FrameReader, shelve, writeFrame } from "../src/wire/pipe-frames.ts";
import type { ShelfReader } from "../src/wire/shelf.ts";
import type { FileExchange } from "./exchange.ts";

/** Who hears what comes. */
export interface ChannelEvents {
  frame(frame: unknown): void;
  /** Nothing more can come. */
  closed(): void;
  /** Nothing more can go. */
  cut(): void;
  /** The worker, or something in it, wrote what is no frame, or can't be reached. */
  broken(error: unknown): void;
}

/** A line to a child process. */
export interface ChildChannel {
  /** Whether something can go. */
  readonly connected: boolean;
  /** Whether something can still come. */
  readonly readable: boolean;
  listen(events: ChannelEvents): void;
  /** Throws what the transport throws for a value that it can't carry; then nothing was sent. */
  send(frame: unknown): void;
  close(): void;
  ref(): void;
  unref(): void;
}

/** The line to a process that could not be started. */
export const NO_CHANNEL: ChildChannel = {
  connected: false,
  readable: false,
  listen() {},
  send() {},
  close() {},
  ref() {},
  unref() {},
};

/** Reads what a worker writes to its own pipe, until nothing more can come. */
function read(
  from: Readable,
  key: string,
  shelf: ShelfReader | null,
  { frame, closed, broken }: ChannelEvents,
): void {
  const reader = new FrameReader(key);
  reader.begin(shelf);
  from.on("data", (chunk: Uint8Array) => {
    try {
      reader.read(chunk, frame);
    } catch (error) {
      if (!(error instanceof BrokenPipeFrame)) throw error;
      from.destroy();
      broken(error);
    }
  });
  from.on("error", broken);
  from.on("close", closed);
}

/** Deno: the runtime's own channel to the worker, and a pipe from it. */
export class IpcChannel implements ChildChannel {
  readonly #child: ChildProcess;
  readonly #from: Readable & { ref?(): void; unref?(): void };
  readonly #key: string;
  readonly #prepare: (frame: unknown) => unknown;
  #events: ChannelEvents | null = null;

  /** @param prepare Gives what is to be sent for a frame; throws for what `send` would not survive. */
  constructor(child: ChildProcess, from: Readable, key: string, prepare: (frame: unknown) => unknown) {
    this.#child = child;
    this.#from = from;
    this.#key = key;
    this.#prepare = prepare;
  }

  get connected(): boolean {
    return this.#child.connected;
  }

  get readable(): boolean {
    return !this.#from.closed;
  }

  listen(events: ChannelEvents): void {
    this.#events = events;
    read(this.#from, this.#key, null, events);
  }

  send(frame: unknown): void {
    this.#child.send(this.#prepare(frame) as object, (error) => error && this.#events?.broken(error));
  }

  close(): void {
    this.#from.destroy();
    if (this.#child.connected) this.#child.disconnect();
  }

  ref(): void {
    this.#from.ref?.();
  }

  unref(): void {
    this.#from.unref?.();
  }
}

/** Node: a pipe of our own for each direction, and shelves for what is long. */
export class PipeChannel implements ChildChannel {
  readonly #to: Socket;
  readonly #from: Socket;
  readonly #key: string;
  readonly #format: "advanced" | "json";
  readonly #shelves: FileExchange["shelves"];

  constructor(to: Socket, from: Socket, key: string, format: "advanced" | "json", shelves: FileExchange["shelves"]) {
    this.#to = to;
    this.#from = from;
    this.#key = key;
    this.#format = format;
    this.#shelves = shelves;
  }

  get connected(): boolean {
    return !this.#to.destroyed && this.#to.writable;
  }

  get readable(): boolean {
    return !this.#from.closed;
  }

  listen(events: ChannelEvents): void {
    read(this.#from, this.#key, this.#shelves?.[1] ?? null, events);
    this.#to.on("error", (error) => events.broken(error));
    // Nothing comes this way, and what does must not keep the end of the pipe from being seen.
    this.#to.resume();
    // The worker has cut the line, or is gone.
    this.#to.on("close", () => events.cut());
  }

  send(frame: unknown): void {
    // By the first the worker is told of the shelves.
    const shelf = frameType(frame) === "init" ? null : this.#shelves?.[0] ?? null;
    const [first, ...beside] = shelve(writeFrame(frame, this.#key, this.#format), shelf);
    if (beside.length > 0) this.#to.cork();
    this.#to.write(first);
    // The program may change its arrays before they have left.
    for (const bytes of beside) this.#to.write(bytes.slice());
    if (beside.length > 0) this.#to.uncork();
  }

  close(): void {
    this.#to.destroy();
    this.#from.destroy();
  }

  ref(): void {
    this.#to.ref();
    this.#from.ref();
  }

  unref(): void {
    this.#to.unref();
    this.#from.unref();
  }
}
