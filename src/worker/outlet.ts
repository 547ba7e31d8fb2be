/**
 * What a worker process tells its host, on Node and Deno: a pipe of its own, written to at once and as a whole. The runtime's
 * own streams and channels may keep what is written until their loop turns: a job that ends the process, or never lets the
 * loop turn, would take the answers of those before it along.
 *
 * @module
 */

import { files } from "../built-in.ts";
import type { Init } from "../core/frame.ts";
import type { Format } from "../wire/cloneable.ts";
import { NO_KEY, shelve, writeFrame } from "../wire/pipe-frames.ts";
import type { Shelf } from "../wire/shelf.ts";
import { made } from "../wire/system-error.ts";

// Taken hold of before the module can replace it.
const { writeSync } = files();

/** The descriptor that the host has opened for us. */
const PIPE = 4;

/** How long to wait for room in a pipe that doesn't wait by itself, in milliseconds. */
const PAUSE = 1;

/** How much is written at once: `node:fs` refuses 2 GiB and more. */
const MOST = 2 ** 30;

/** Writes so many bytes, from there on, to a descriptor; returns how many it has. */
export type Write = (descriptor: number, bytes: Uint8Array, at: number, length: number) => number;

/** Writes frames. */
export class Outlet {
  readonly #cut: () => void;
  readonly #writeSome: Write;
  #key = NO_KEY;
  #format: Format = "advanced";
  #shelf: Shelf | null = null;

  /** @param cut Called when the host is gone. */
  constructor(cut: () => void, write: Write = writeSync) {
    this.#cut = cut;
    this.#writeSome = write;
  }

  /** @param shelf For what is long; null if there is none. */
  begin({ key, serialization }: Init, shelf: Shelf | null): void {
    this.#key = key;
    this.#format = serialization;
    this.#shelf = shelf;
  }

  /** Throws what structured clone, or JSON, throws for a value that it can't carry. */
  post(frame: unknown): void {
    for (const part of shelve(writeFrame(frame, this.#key, this.#format), this.#shelf)) this.#write(part);
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      try {
        const most = Math.min(bytes.length - at, MOST);
        let written = most;
        made(() => written = this.#writeSome(PIPE, bytes, at, most));
        at += written;
      } catch (error) {
        // Something in this process may have made it one that doesn't wait.
        if ((error as { code?: unknown }).code !== "EAGAIN") return this.#cut();
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
      }
    }
  }
}
