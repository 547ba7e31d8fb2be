/**
 * Jobs that wait in an order. The next is the one that has waited longest, and a job of a higher priority counts as if it had
 * waited longer: so it overtakes others, and no job waits for ever.
 *
 * @module
 */

import { Chain } from "./chain.ts";
import type { Job } from "./job.ts";

/** By how much longer a job counts to have waited for each level of priority, in milliseconds. */
export const LEVEL = 1_000;

/** Those of one priority, in the order of their coming: among them the order never changes. */
interface Lane {
  readonly priority: number;
  readonly jobs: Chain<Job>;
}

/** Jobs of all priorities. */
export class Lanes {
  /** The lane of most jobs, and of all in most programs. */
  readonly #normal: Lane = { priority: 0, jobs: new Chain<Job>() };
  /** Those of other priorities, few; they go when they are empty. */
  readonly #others: Map<number, Lane> = new Map<number, Lane>();
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** The job whose turn is next, or null. */
  get first(): Job | null {
    let { first } = this.#normal.jobs;
    // Not even an iterator is made where there are none: this is asked for each job.
    if (this.#others.size === 0) return first;
    for (const { jobs } of this.#others.values()) {
      if (!first || precedes(jobs.first as Job, first)) first = jobs.first;
    }
    return first;
  }

  /** The same of those that do not yield. Looked for: it is asked for only where all workers are kept by jobs that do. */
  get firstAnswered(): Job | null {
    let first: Job | null = null;
    for (const { jobs } of [this.#normal, ...this.#others.values()]) {
      for (const job of jobs) {
        if (job.request.stream !== null) continue;
        if (!first || precedes(job, first)) first = job;
        break;
      }
    }
    return first;
  }

  /** A job is last in its lane. */
  push(job: Job): void {
    this.#laneOf(job).jobs.push(job);
    job.line = this;
    this.#size++;
  }

  /** A job is put where its number says: it had been there, or in another line. */
  putBack(job: Job): void {
    const { jobs } = this.#laneOf(job);
    if (!jobs.last || jobs.last.number < job.number) return this.push(job);
    jobs.putBack(job, (other) => job.number < other.number);
    job.line = this;
    this.#size++;
  }

  /** Takes a job out. */
  remove(job: Job): void {
    const lane = this.#laneOf(job);
    lane.jobs.remove(job);
    job.line = null;
    if (lane !== this.#normal && lane.jobs.size === 0) this.#others.delete(lane.priority);
    this.#size--;
  }

  /** Each lane in its order. The job that was given last may be taken out meanwhile. */
  *[Symbol.iterator](): Generator<Job> {
    for (const { jobs } of [this.#normal, ...this.#others.values()]) yield* jobs;
  }

  #laneOf({ request: { priority } }: Job): Lane {
    if (priority === 0) return this.#normal;
    return this.#others.get(priority) ?? this.#openLane(priority);
  }

  #openLane(priority: number): Lane {
    const lane = { priority, jobs: new Chain<Job>() };
    this.#others.set(priority, lane);
    return lane;
  }
}

/** Whether a job's turn comes before another's. */
export function precedes(job: Job, other: Job): boolean {
  const [since, others] = [countsSince(job), countsSince(other)];
  return since < others || (since === others && job.number < other.number);
}

function countsSince({ submittedAt, request: { priority } }: Job): number {
  return submittedAt - priority * LEVEL;
}
