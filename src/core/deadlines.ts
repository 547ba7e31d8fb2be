/**
 * Jobs whose answer is of no use after a while: one that waits is dropped once it is not expected to be answered in time any more,
 * so that it doesn't take the time of those that can be; one that runs is given up when its time is over.
 *
 * @module
 */

import type { Timer } from "./clock.ts";
import type { JobRequest } from "./engine.ts";
import type { ClusterError } from "./errors.ts";
import type { Job } from "./job.ts";
import * as loss from "./loss.ts";

/** What is less is over, in milliseconds: a timer for it might not move the clock. */
const LEAST = 0.001;

/** What watching deadlines takes. */
export interface DeadlineParts {
  /** Runs a change of state as one turn, later. */
  after(delay: number, change: () => void): Timer | null;
  now(): number;
  /** Predicted run of such a job, in milliseconds; 0 while nothing is known. */
  expectedRun(request: JobRequest): number;
  /** Predicted time until such a job that came now would be answered, in milliseconds; null while too little is known. */
  expectedLatency(request: JobRequest): number | null;
  /** Whether every job that waits has a worker that is free, or is about to be there. */
  hasPlaces(): boolean;
  /** Takes back what a worker has not begun. */
  recall(job: Job): void;
  /** Settles a job, wherever it is, and frees its worker. */
  giveUp(job: Job, error: ClusterError): void;
}

/** Watches the deadlines of accepted jobs. */
export class Deadlines {
  readonly #parts: DeadlineParts;

  constructor(parts: DeadlineParts) {
    this.#parts = parts;
  }

  /** Watches a job that waits, if it has a deadline. */
  watch(job: Job): void {
    if (job.request.deadline < Infinity) this.#look(job);
  }

  #look(job: Job): void {
    const { after, now, expectedRun, hasPlaces } = this.#parts;
    const left = job.submittedAt + job.request.deadline - now();
    if (left <= LEAST) return this.#isOver(job);
    const spare = job.state.at === "queued" ? left - expectedRun(job.request) : 0;
    // Only the jobs that run can show that they have become faster than was predicted: with a place to be had it runs.
    if (job.state.at === "queued" && spare <= LEAST && !hasPlaces()) return this.#drop(job);
    job.expires(after(spare > LEAST ? spare : left, () => this.#look(job)));
  }

  #isOver(job: Job): void {
    if (job.state.at === "ahead") this.#parts.recall(job);
    if (job.state.at === "queued") this.#drop(job);
    else this.#parts.giveUp(job, loss.pastDeadline(job));
  }

  #drop(job: Job): void {
    this.#parts.giveUp(job, loss.dropped(job, this.#parts.expectedLatency(job.request)));
  }
}
