/**
 * Jobs whose answer is of no use after a while: one that waits is dropped as soon as it can't be answered in time any more, so that
 * it doesn't take the time of those that can; one that runs is given up when its time is over.
 *
 * @module
 */

import type { Timer } from "./clock.ts";
import type { ClusterError } from "./errors.ts";
import type { Job } from "./job.ts";
import * as loss from "./loss.ts";

/** What watching deadlines takes. */
export interface DeadlineParts {
  /** Runs a change of state as one turn, later. */
  after(delay: number, change: () => void): Timer | null;
  now(): number;
  /** Predicted run of one job, in milliseconds. */
  expectedRun(): number;
  /** Predicted time until a job that came now would be answered, in milliseconds. */
  expectedLatency(): number;
  /** Settles a job, wherever it is, and frees its worker. */
  giveUp(job: Job, error: ClusterError): void;
}

/** Watches the deadlines of accepted jobs. */
export class Deadlines {
  readonly #parts: DeadlineParts;

  constructor(parts: DeadlineParts) {
    this.#parts = parts;
  }

  /** Watches a job that has just been accepted, if it has a deadline. */
  watch(job: Job): void {
    const { deadline } = job.request;
    if (deadline === Infinity) return;
    const latestStart = Math.max(0, deadline - this.#parts.expectedRun());
    job.expires(this.#parts.after(latestStart, () => this.#isLate(job)));
  }

  /** It is time for the job to have begun. */
  #isLate(job: Job): void {
    const { deadline } = job.request;
    const { after, now, giveUp, expectedLatency } = this.#parts;
    if (job.state.at === "queued") return giveUp(job, loss.dropped(job, expectedLatency()));
    const left = Math.max(0, job.submittedAt + deadline - now());
    job.expires(after(left, () => giveUp(job, loss.pastDeadline(job))));
  }
}
