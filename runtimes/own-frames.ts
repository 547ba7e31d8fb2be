/**
 * Where Node prints a stack as it ends (`process.abort()`, a failed assertion of its own), it names each frame of the bootstrap by
 * the whole of its URL: 30 KB a line. What the worker's module had to say would not be found in that, nor kept.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { WorkerSpec } from "../src/core/adapter.ts";
import { bootstrapUrl } from "./bootstrap-url.ts";

/** As much of the bootstrap is enough to know it by, in characters. */
const MARK = 24;

const NEWLINE = 10;
const NAME = Buffer.from("compute-cluster-worker.js …");
const NOTHING = Buffer.alloc(0);

/** Cuts the bootstrap's URL out of what a worker writes to stderr: it is given a name, and the rest of its line is left out. */
export class OwnFrames {
  readonly #mark: Buffer;
  #inside = false;
  /** The end of what came last, if a URL may begin there. */
  #held: Buffer = NOTHING;

  constructor({ bootstrap }: Pick<WorkerSpec, "bootstrap">) {
    this.#mark = Buffer.from(bootstrapUrl({ bootstrap: bootstrap.slice(0, MARK) }, Infinity));
  }

  /** What is to be kept of this chunk and of what was held before it. */
  cut(chunk: Uint8Array): Buffer {
    const bytes = Buffer.concat([this.#held, chunk]);
    this.#held = NOTHING;
    const kept: Buffer[] = [];
    let at = 0;
    for (;;) {
      if (this.#inside) {
        at = bytes.indexOf(NEWLINE, at);
        if (at < 0) return Buffer.concat(kept);
        this.#inside = false;
      }
      const found = bytes.indexOf(this.#mark, at);
      if (found < 0) break;
      kept.push(bytes.subarray(at, found), NAME);
      at = found + this.#mark.length;
      this.#inside = true;
    }
    const rest = bytes.subarray(at);
    const held = this.#beginning(rest);
    this.#held = rest.subarray(rest.length - held);
    return Buffer.concat([...kept, rest.subarray(0, rest.length - held)]);
  }

  /** Gives away what is held. */
  release(): Buffer {
    const held = this.#held;
    this.#held = NOTHING;
    return held;
  }

  /** How many of the last bytes may be the beginning of a URL. */
  #beginning(bytes: Buffer): number {
    for (let length = Math.min(this.#mark.length - 1, bytes.length); length > 0; length--) {
      if (bytes.subarray(bytes.length - length).equals(this.#mark.subarray(0, length))) return length;
    }
    return 0;
  }
}
