/**
 * Which jobs began, in the workers' own words. One for each cluster, so that it stays small.
 *
 * @module
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Isolation } from "../../mod.ts";

export class Journal {
  /** What the workers write to: a folder with a file for each process, or one memory for all threads. */
  readonly place: string | SharedArrayBuffer;

  /**
   * @param folder Where a folder can be made.
   * @param jobs How many there may be.
   */
  constructor(folder: string, isolation: Isolation, jobs: number) {
    this.place = isolation === "thread"
      ? new SharedArrayBuffer(jobs * Int32Array.BYTES_PER_ELEMENT)
      : mkdtempSync(join(folder, "journal-"));
  }

  /** For each job, the processes that began it, or as many nulls as threads did. */
  begins(first: number): Map<number, (string | null)[]> {
    const begins = new Map<number, (string | null)[]>();
    const add = (n: number, worker: string | null): void => {
      const all = begins.get(n);
      if (all) all.push(worker);
      else begins.set(n, [worker]);
    };
    if (typeof this.place !== "string") {
      new Int32Array(this.place).forEach((count, i) => {
        for (let time = 0; time < count; time++) add(first + i, null);
      });
      return begins;
    }
    for (const worker of readdirSync(this.place)) {
      const lines = readFileSync(join(this.place, worker), "utf8").split("\n");
      for (const line of lines) if (line !== "") add(Number(line), worker);
    }
    return begins;
  }

  remove(): void {
    if (typeof this.place === "string") rmSync(this.place, { recursive: true, force: true });
  }
}
