/**
 * Jobs that every worker runs once: each of those that are there gets one of its own, and where they are replayed, each that comes
 * later does the same before its first job.
 *
 * @module
 */

import type { ReplayEntry } from "./adapter.ts";
import type { Crew } from "./crew.ts";
import type { JobRequest, Outcome } from "./engine.ts";
import { ClusterError } from "./errors.ts";
import type { Worker } from "./worker.ts";

/** What broadcasts are given to work with. */
export interface BroadcastParts {
  readonly crew: Crew;
  /** Accepts a job for this worker alone. */
  submit(worker: Worker, done: (outcome: Outcome) => void): void;
}

/** Sends jobs to all workers. */
export class Broadcasts {
  #replayed: readonly ReplayEntry[] = [];

  /** What a worker that is started now does first. */
  get replayed(): readonly ReplayEntry[] {
    return this.#replayed;
  }

  /**
   * Sends a job to every worker that is there or about to be, in one turn: one that is started after it replays it.
   *
   * @param done Is given how the jobs ended, once all have, but for those whose workers left before they had begun.
   * @returns whether there is any worker; otherwise `done` is not called.
   */
  send(
    { task, args }: JobRequest,
    replay: boolean,
    { crew, submit }: BroadcastParts,
    done: (outcomes: readonly Outcome[]) => void,
  ): boolean {
    const workers = [...crew].filter(isHere);
    const entry = { task, args };
    if (replay) this.#replayed = [...this.#replayed, entry];
    const outcomes: Outcome[] = [];
    let left = workers.length;
    for (const worker of workers) {
      submit(worker, (outcome) => {
        if (!isLeftOut(outcome)) outcomes.push(outcome);
        if (--left > 0) return;
        // What has failed once would keep every worker from starting.
        if (outcomes.some(({ ok }) => !ok)) this.#replayed = this.#replayed.filter((other) => other !== entry);
        done(outcomes);
      });
    }
    return workers.length > 0;
  }
}

/** Whether it serves, or is about to. */
function isHere({ state }: Worker): boolean {
  return state.at === "starting" || state.at === "idle" || state.at === "busy";
}

/** See `leftOut` in `loss.ts`: no other error of this code is of a job that has not begun. */
function isLeftOut(outcome: Outcome): boolean {
  return !outcome.ok && outcome.error instanceof ClusterError && outcome.error.code === "CC_ERR_WORKER_EXIT" &&
    outcome.error.retryable;
}
