/**
 * Jobs that yield: what they have yielded is told, and they go no further than their callers have asked for.
 *
 * Their timeout is for each value: how long it may take while one is wanted. The time in which nobody wants one does not count.
 *
 * @module
 */

import type { Timer } from "./clock.ts";
import type { Job } from "./job.ts";

/** What jobs that yield are given to work with. */
export interface StreamParts {
  /** The timer that ends a job which takes too long, or null. */
  timeout(job: Job): Timer | null;
  /** Tells a caller, after the turn. */
  tell(call: () => void): void;
}

/** Looks after jobs that yield. */
export class Streams {
  readonly #parts: StreamParts;

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  /** A job has yielded this; null for one that its worker does not have. Nobody wants it of a job that was given up. */
  yielded(job: Job | null, value: unknown): void {
    const stream = job?.request.stream;
    if (job?.state.at !== "running" || !stream) return;
    job.yielded++;
    job.credit--;
    this.#watch(job);
    this.#parts.tell(() => stream.onYield(value));
  }

  /** So many more are wanted. Nobody asks for more before there was one, and so the worker has begun the job. */
  more(job: Job, count: number): void {
    if (job.state.at !== "running") return;
    const waited = job.credit <= 0;
    job.credit += count;
    if (waited) this.#watch(job);
    job.state.worker.port.send({ type: "more", job: job.number, count });
  }

  /** Its time begins anew, if a value is wanted. */
  #watch(job: Job): void {
    if (job.state.at !== "running" || job.request.timeout === Infinity) return;
    const { worker } = job.state;
    job.enter({ at: "running", worker, timer: job.credit > 0 ? this.#parts.timeout(job) : null });
  }
}
