/**
 * The jobs that wait inside the worker until one may begin, in the order in which they came.
 *
 * @module
 */

import { type JobEntry, type JobNumber, UNTICKETED } from "../core/frame.ts";

/** Waiting jobs. An array with a mark instead of a list: they come many at a time, and most leave in order. */
export class Line {
  /** Those that have not left, from `#next` on. */
  #jobs: JobEntry[] = [];
  #next = 0;

  /** How many there are. */
  get size(): number {
    return this.#jobs.length - this.#next;
  }

  /** The next, or undefined. */
  get first(): JobEntry | undefined {
    return this.#jobs[this.#next];
  }

  /** Jobs come. */
  push(jobs: readonly JobEntry[]): void {
    for (const job of jobs) this.#jobs.push(job);
  }

  /** The first leaves. */
  shift(): void {
    this.#next++;
  }

  /** Lets go of those that have left, once they are half of what is there. */
  tidy(): void {
    if (this.#next === 0 || this.#next * 2 < this.#jobs.length) return;
    this.#jobs = this.#jobs.slice(this.#next);
    this.#next = 0;
  }

  /** The job of this number, or undefined. */
  find(number: JobNumber): JobEntry | undefined {
    return this.#jobs.find((entry, at) => at >= this.#next && entry[0] === number);
  }

  /** Takes one out. */
  remove(entry: JobEntry): void {
    this.#jobs.splice(this.#jobs.indexOf(entry, this.#next), 1);
  }

  /** All leave. */
  clear(): void {
    this.#jobs = [];
    this.#next = 0;
  }

  /** Drops so many of those that need a ticket, the last. */
  drop(count: number): void {
    const jobs = this.#jobs.slice(this.#next);
    let left = count;
    for (let at = jobs.length - 1; at >= 0 && left > 0; at--) {
      if (!needsTicket(jobs[at] as JobEntry)) continue;
      jobs.splice(at, 1);
      left--;
    }
    this.#jobs = jobs;
    this.#next = 0;
  }
}

/** Whether a job begins with a ticket only. */
export function needsTicket([, , flags = 0]: JobEntry): boolean {
  return (flags & UNTICKETED) === 0;
}
