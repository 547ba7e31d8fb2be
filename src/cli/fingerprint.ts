/**
 * What tells whether an input is the one that a run has begun with.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import type { Line } from "./lines.ts";

/** The first jobs of an input: how many, and the SHA-256 of their lines in hexadecimal. */
export interface Prefix {
  readonly jobs: number;
  readonly sha256: string;
}

/** Reads along. Ends of lines, empty lines and where one file ends and the next begins make no difference. */
export class Fingerprint {
  readonly #hash: Hash = createHash("sha256");
  #jobs = 0;

  add(line: Line): void {
    this.#jobs++;
    if (line) this.#hash.update(line);
    this.#hash.update("\n");
  }

  /** Of all jobs so far. */
  get prefix(): Prefix {
    return { jobs: this.#jobs, sha256: this.#hash.copy().digest("hex") };
  }
}
