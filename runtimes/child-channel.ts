/**
 * The host's end of the line to a child process: Deno's IPC channel, or a pipe of our own on Node.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { BrokenPipeFrame, FrameReader, writeFrame } from "../src/wire/pipe-frames.ts";

/** Who hears what comes. */
export interface ChannelEvents {
  frame(frame: unknown): void;
  /** Nothing more can come or go. */
  closed(): void;
  /** The worker, or something in it, wrote what is no frame, or can't be reached. */
  broken(error: unknown): void;
}

/** A line to a child process. */
export interface ChildChannel {
  readonly connected: boolean;
  listen(events: ChannelEvents): void;
  /** Throws what the transport throws for a value that it can't carry; then nothing was sent. */
  send(frame: unknown): void;
  close(): void;
  ref(): void;
  unref(): void;
}

/** The line to a process that could not be started. */
export const NO_CHANNEL: ChildChannel = { connected: false, listen() {}, send() {}, close() {}, ref() {}, unref() {} };

/** The runtime's own channel. */
export class IpcChannel implements ChildChannel {
  readonly #child: ChildProcess;
  readonly #check: (frame: unknown) => void;
  #events: ChannelEvents | null = null;

  /** @param check Refuses what `send` would not survive; throws. */
  constructor(child: ChildProcess, check: (frame: unknown) => void) {
    this.#child = child;
    this.#check = check;
  }

  get connected(): boolean {
    return this.#child.connected;
  }

  listen(events: ChannelEvents): void {
    this.#events = events;
    this.#child.on("message", (frame) => events.frame(frame));
    this.#child.on("disconnect", () => events.closed());
  }

  send(frame: unknown): void {
    this.#check(frame);
    this.#child.send(frame as object, (error) => error && this.#events?.broken(error));
  }

  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }

  // Deno needs only the child's own hold.
  ref(): void {}

  unref(): void {}
}

/** A pipe of our own. */
export class PipeChannel implements ChildChannel {
  readonly #pipe: Socket;
  readonly #key: string;
  readonly #format: "advanced" | "json";

  constructor(pipe: Socket, key: string, format: "advanced" | "json") {
    this.#pipe = pipe;
    this.#key = key;
    this.#format = format;
  }

  get connected(): boolean {
    return !this.#pipe.destroyed && this.#pipe.writable;
  }

  listen({ frame, closed, broken }: ChannelEvents): void {
    const reader = new FrameReader(this.#key);
    this.#pipe.on("data", (chunk: Uint8Array) => {
      try {
        for (const next of reader.read(chunk)) frame(next);
      } catch (error) {
        if (!(error instanceof BrokenPipeFrame)) throw error;
        this.#pipe.destroy();
        broken(error);
      }
    });
    this.#pipe.on("error", broken);
    this.#pipe.on("close", closed);
  }

  send(frame: unknown): void {
    this.#pipe.write(writeFrame(frame, this.#key, this.#format));
  }

  close(): void {
    this.#pipe.destroy();
  }

  ref(): void {
    this.#pipe.ref();
  }

  unref(): void {
    this.#pipe.unref();
  }
}
