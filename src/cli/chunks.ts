/**
 * The bytes of a file or of stdin, one piece after the other.
 *
 * @module
 */

import type { Readable } from "node:stream";

/** Reads a stream no further than it is asked to, and can be stopped while it waits: a terminal may never say more. */
export class Chunks {
  readonly #stream: Readable;
  /** Pieces that have come and were not asked for: one, or a few where the stream had more at hand. */
  readonly #pieces: Uint8Array[] = [];
  #end: { readonly error: Error | null } | null = null;
  #wake: (() => void) | null = null;

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on("data", (piece: Uint8Array) => {
      stream.pause();
      this.#pieces.push(piece);
      this.#wake?.();
    });
    stream.on("end", () => this.#ends(null));
    stream.on("error", (error) => this.#ends(error));
    stream.on("close", () => this.#ends(null));
    stream.pause();
  }

  /** The next piece, or null after the last. Rejects with what the stream could not read. */
  async next(): Promise<Uint8Array | null> {
    while (this.#pieces.length === 0 && this.#end === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#stream.resume();
      });
    }
    this.#wake = null;
    const piece = this.#pieces.shift();
    if (piece) return piece;
    if (this.#end?.error) throw this.#end.error;
    return null;
  }

  /** There is no next piece any more. */
  stop(): void {
    this.#pieces.length = 0;
    this.#ends(null);
    this.#stream.destroy();
  }

  #ends(error: Error | null): void {
    this.#end ??= { error };
    this.#wake?.();
  }
}
