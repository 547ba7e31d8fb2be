/**
 * Which worker gets the next job, and how many more would find room.
 *
 * @module
 */

import type { Crew } from "./crew.ts";
import type { Worker } from "./worker.ts";

/** How many jobs can run at once. */
export interface PlacementLimits {
  readonly concurrency: number;
}

/** Finds room for jobs. Counted off the workers each time: there is nothing to keep right. */
export class Placement {
  readonly #limits: PlacementLimits;
  readonly #crew: Crew;

  constructor(limits: PlacementLimits, crew: Crew) {
    this.#limits = limits;
    this.#crew = crew;
  }

  /** Jobs that free, starting and not yet started workers will take without any job having to end first. */
  get room(): number {
    const { concurrency } = this.#limits;
    let room = Math.max(0, this.#crew.limit - this.#crew.size) * concurrency;
    for (const worker of this.#crew) {
      // Also one with a job on trial, in a moment.
      const takes = worker.state.at === "starting" || this.#takes(worker);
      if (takes && worker.jobs.size < concurrency) room += concurrency - worker.jobs.size;
    }
    return room;
  }

  /** Jobs that were sent ahead and wait for a place. */
  get ahead(): number {
    let ahead = 0;
    for (const worker of this.#crew) ahead += worker.ahead;
    return ahead;
  }

  /** Those of them that don't count against `maxBacklog`. */
  get boundedAhead(): number {
    let ahead = 0;
    for (const worker of this.#crew) ahead += worker.boundedAhead;
    return ahead;
  }

  /** The worker that has most to begin yet of what can be taken back, or null. */
  mostAhead(): Worker | null {
    let most: Worker | null = null;
    for (const worker of this.#crew) {
      if (worker.ahead === 0 || worker.recalledAt !== null || worker.port.exchange === null) continue;
      if (!most || worker.ahead > most.ahead) most = worker;
    }
    return most;
  }

  /** The worker with the fewest jobs and room for one more; among equals the newest, so that the others can go home. */
  leastLoaded(now: number): Worker | null {
    let best: Worker | null = null;
    for (const worker of this.#crew) {
      if (!this.hasPlace(worker, now)) continue;
      if (!best || worker.jobs.size <= best.jobs.size) best = worker;
    }
    return best;
  }

  /** Whether a worker has room for one more. */
  hasPlace(worker: Worker, now: number): boolean {
    return this.#takes(worker) && this.hasRoom(worker, now);
  }

  #takes(worker: Worker): boolean {
    return worker.takesJobs || this.#crew.goesOn(worker);
  }

  /** The same, whether or not it takes jobs. */
  hasRoom(worker: Worker, now: number): boolean {
    if (worker.isTrying || worker.jobs.size >= this.#limits.concurrency) return false;
    // Without a ticket a job can't be taken back: behind what the worker has it might wait for long.
    return worker.recalledAt === null || (worker.jobs.size === 0 && !worker.hearsSoon(now));
  }

  /**
   * How many jobs one worker may have, for jobs to be sent ahead: no more than its share of all, so that none waits in one
   * worker while another has nothing.
   *
   * @param depth Jobs ahead of each place.
   */
  limit(waiting: number, depth: number): number {
    if (depth === 0) return 0;
    let [takers, jobs] = [0, waiting];
    for (const worker of this.#crew) {
      if (!worker.takesJobs) continue;
      takers++;
      jobs += worker.jobs.size;
    }
    return Math.min(this.#limits.concurrency * (1 + depth), Math.ceil(jobs / takers));
  }

  /**
   * The worker with the fewest jobs of those that one may be sent ahead to.
   *
   * @param suits Whether a worker is to get more at all.
   */
  leastAhead(limit: number, suits: (worker: Worker) => boolean): Worker | null {
    let best: Worker | null = null;
    for (const worker of this.#crew) {
      const { size } = worker.jobs;
      if (size >= limit || (best && size > best.jobs.size)) continue;
      if (!worker.takesJobs || worker.isTrying || worker.recalledAt !== null || worker.port.exchange === null) continue;
      if (suits(worker)) best = worker;
    }
    return best;
  }
}
