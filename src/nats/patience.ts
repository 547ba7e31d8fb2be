/**
 * How long a job that a host has taken ahead waits there for its turn, until another host is to have it.
 *
 * @module
 */

import type { Run } from "./answering.ts";

/** Behind jobs that run, in milliseconds. What is taken ahead is short: one of them runs for longer than was thought. */
export const WAITS = 100;

/** While none runs, in milliseconds: a worker is being started, and has them soon. Given back they would lose their order. */
const STARTS = 5_000;

/** Of one host, for the jobs of one queue. */
export class Patience {
  /** When no job ran, for the last time that was seen. */
  #stillAt = -Infinity;

  /**
   * The jobs that have waited for too long.
   *
   * @param now In milliseconds, of the same clock as the times of the runs.
   */
  spent<One extends Pick<Run, "startedAt" | "takenAt">>(runs: readonly One[], now: number): One[] {
    const isStill = runs.every(({ startedAt }) => startedAt === 0);
    if (isStill) this.#stillAt = now;
    const end = (takenAt: number): number => isStill ? takenAt + STARTS : Math.max(takenAt, this.#stillAt) + WAITS;
    return runs.filter(({ startedAt, takenAt }) => startedAt === 0 && end(takenAt) < now);
  }
}
