/**
 * What is too long for a pipe between two processes lies in a file that both have, in memory, and the pipe carries only where. A pipe
 * takes 64 KB at a time: a megabyte would wait for the other process sixteen times, and be copied three times, not two.
 *
 * One shelf for each direction. Who puts something there does so behind what was put there before, in a ring; who takes it writes
 * down how far they have come, so that the place can be used again. There is no lock: each of both numbers has one writer.
 *
 * ```text
 * taken, f64 | taken again, f64 | … | the ring
 * ```
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { made } from "./system-error.ts";

/**
 * The largest ring and the smallest, in bytes. What is longer than the ring goes through the pipe: what was used of it stays taken until
 * the worker ends.
 */
export const LARGEST_SHELF = 16_777_216;
const SMALLEST_SHELF = 1_048_576;

/** Of the memory that is free, one worker's shelves may take this part: other programs use it, too. */
const SHARE = 1 / 64;

/** What is shorter is as quick through the pipe, in bytes. */
export const LEAST_SHELVED = 65_536;

/** Where the ring begins: at a page of its own. */
const RING = 4_096;

/** A part of a file, from 0 on. Each call does all of it, or throws. */
export interface Place {
  read(into: Uint8Array, at: number): void;
  write(bytes: Uint8Array, at: number): void;
}

/** Of `node:fs`. */
interface Files {
  readSync(descriptor: number, into: Uint8Array, offset: number, length: number, position: number): number;
  writeSync(descriptor: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
}

/**
 * The place of one direction's shelf in a file.
 *
 * @param descriptor Gives the file; throws when it is that no more.
 * @param from Where the first shelf's place begins.
 * @param size The size of each.
 */
export function placeIn(
  { readSync, writeSync }: Files,
  descriptor: () => number,
  from: number,
  size: number,
  to: "worker" | "host",
): Place {
  const start = from + (to === "worker" ? 0 : RING + size);
  return {
    read(into, at) {
      const file = descriptor();
      whole(into, (done) => readSync(file, into, done, into.length - done, start + at + done));
    },
    write(bytes, at) {
      const file = descriptor();
      whole(bytes, (done) => writeSync(file, bytes, done, bytes.length - done, start + at + done));
    },
  };
}

function whole({ length }: Uint8Array, go: (done: number) => number): void {
  for (let done = 0; done < length;) {
    let more = length - done;
    made(() => more = go(done));
    if (more === 0) throw new RangeError(`${length - done} bytes are not there`);
    done += more;
  }
}

/** How large a worker's two shelves are to be where so much memory is free, each; 0 for none. */
export function shelfSizeFor(free: number): number {
  const most = free * SHARE / 2;
  return most < SMALLEST_SHELF ? 0 : Math.min(LARGEST_SHELF, 2 ** Math.floor(Math.log2(most)));
}

/** The end that puts things there. */
export class Shelf {
  readonly #place: Place;
  readonly #size: number;
  readonly #marks = new Float64Array(2);
  /** How far was put and taken, in bytes from the first on; the ring is used again and again. */
  #put = 0;
  #taken = 0;
  /** No memory to be had, or the file is closed. */
  #broken = false;

  constructor(place: Place, size: number) {
    this.#place = place;
    this.#size = size;
  }

  /** Puts these there, one behind the other. Returns where the first begins, or null if there is no room. */
  put(parts: readonly Uint8Array[]): number | null {
    const size = parts.reduce((sum, { length }) => sum + length, 0);
    const at = this.#broken || size > this.#size ? null : this.#roomFor(size);
    if (at === null) return null;
    try {
      let next = RING + at % this.#size;
      for (const part of parts) {
        this.#place.write(part, next);
        next += part.length;
      }
    } catch {
      this.#broken = true;
      return null;
    }
    this.#put = at + size;
    return at;
  }

  #roomFor(size: number): number | null {
    this.#look();
    // Nothing is there: the memory at the start of the ring is warm.
    if (this.#taken === this.#put) this.#taken = this.#put = Math.ceil(this.#put / this.#size) * this.#size;
    const left = this.#size - this.#put % this.#size;
    // Nothing lies across the end.
    const at = size > left ? this.#put + left : this.#put;
    return at + size - this.#taken > this.#size ? null : at;
  }

  #look(): void {
    if (this.#taken === this.#put) return;
    try {
      this.#place.read(new Uint8Array(this.#marks.buffer), 0);
    } catch {
      this.#broken = true;
      return;
    }
    const [taken, again] = this.#marks as unknown as readonly [number, number];
    // Read while it was written, or written by somebody else.
    if (taken === again && taken > this.#taken && taken <= this.#put) this.#taken = taken;
  }
}

/** The end that takes things from it. */
export class ShelfReader {
  readonly #place: Place;
  readonly #size: number;
  readonly #marks = new Float64Array(2);

  constructor(place: Place, size: number) {
    this.#place = place;
    this.#size = size;
  }

  /**
   * Takes what was put there, in parts.
   *
   * @throws {RangeError} for a place that there is not.
   */
  take<T>(at: number, size: number, read: (parts: ShelfParts) => T): T {
    if (!Number.isSafeInteger(at) || at < 0 || size > this.#size - at % this.#size) {
      throw new RangeError(`there are no ${size} bytes at ${at} of the shelf`);
    }
    try {
      return read(new ShelfParts(this.#place, RING + at % this.#size));
    } finally {
      this.#mark(at + size);
    }
  }

  /** Without memory for it the shelf looks full to whoever puts things there, and they go through the pipe. */
  #mark(taken: number): void {
    this.#marks.fill(taken);
    try {
      this.#place.write(new Uint8Array(this.#marks.buffer), 0);
    } catch {
      // What was taken is whole.
    }
  }
}

/** What lies at one place, in order. */
export class ShelfParts {
  readonly #place: Place;
  #at: number;

  constructor(place: Place, at: number) {
    this.#place = place;
    this.#at = at;
  }

  /** The next bytes. */
  take(size: number): Buffer {
    return Buffer.from(this.copy(size));
  }

  /** The next bytes, as memory of their own. */
  copy(size: number): ArrayBuffer {
    const { buffer } = Buffer.allocUnsafeSlow(size);
    this.#place.read(new Uint8Array(buffer), this.#at);
    this.#at += size;
    return buffer;
  }
}
