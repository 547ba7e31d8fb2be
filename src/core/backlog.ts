/**
 * The jobs that wait for a worker, in the order of their coming.
 *
 * @module
 */

import { Chain } from "./chain.ts";
import type { Job } from "./job.ts";

/** Jobs that are `queued`. */
export class Backlog {
  readonly #jobs: Chain<Job> = new Chain<Job>();
  #bounded = 0;

  /** How many there are. */
  get size(): number {
    return this.#jobs.size;
  }

  /** How many of them don't count against `maxBacklog`. */
  get bounded(): number {
    return this.#bounded;
  }

  /** The job whose turn is next, or null. */
  get first(): Job | null {
    return this.#jobs.first;
  }

  /** A job is last in line. */
  push(job: Job): void {
    this.#enter(job);
    this.#jobs.push(job);
  }

  /** A job that had been given to a worker waits again, where it had been. */
  putBack(job: Job): void {
    this.#enter(job);
    this.#jobs.putBack(job, (other) => job.number < other.number);
  }

  /** A job leaves, to enter another state. */
  remove(job: Job): void {
    this.#jobs.remove(job);
    if (job.request.bounded) this.#bounded--;
  }

  #enter(job: Job): void {
    job.queue();
    if (job.request.bounded) this.#bounded++;
  }
}
