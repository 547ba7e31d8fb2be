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

interface Replayed extends ReplayEntry {
  readonly name: string | null;
}

/** Sends jobs to all workers. */
export class Broadcasts {
  #replayed: readonly Replayed[] = [];
  #last = 0;

  /** What a worker that is started now does first. */
  get replayed(): readonly ReplayEntry[] {
    return this.#replayed.map(({ number, task, args }) => ({ number, task, args }));
  }

  /**
   * Sends a job to every worker that is there or about to be, in one turn: one that is started after it replays it.
   *
   * @param replay Whether it is replayed, and under which name: what had that name is not any more.
   * @param done Is given how the jobs ended, once all have, but for those whose workers left before they had begun.
   * @returns whether there is any worker; otherwise `done` is not called.
   */
  send(
    { task, args }: JobRequest,
    replay: boolean | string,
    { crew, submit }: BroadcastParts,
    done: (outcomes: readonly Outcome[]) => void,
  ): boolean {
    const workers = [...crew].filter(isHere);
    const number = ++this.#last;
    if (replay !== false) this.#keep({ number, task, args, name: replay === true ? null : replay });
    const outcomes: Outcome[] = [];
    let left = workers.length;
    for (const worker of workers) {
      submit(worker, (outcome) => {
        if (!isLeftOut(outcome)) outcomes.push(outcome);
        if (--left > 0) return;
        if (outcomes.some(({ ok }) => !ok)) this.drop(number);
        done(outcomes);
      });
    }
    return workers.length > 0;
  }

  #keep(entry: Replayed): void {
    const others = this.#replayed.filter(({ name }) => name === null || name !== entry.name);
    this.#replayed = [...others, entry];
  }

  /** It has failed in a worker, and would in others. Returns whether it was still replayed. */
  drop(number: number): boolean {
    const { length } = this.#replayed;
    this.#replayed = this.#replayed.filter((other) => other.number !== number);
    return this.#replayed.length < length;
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
