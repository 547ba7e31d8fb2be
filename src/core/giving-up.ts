/**
 * Jobs that nobody waits for any more, by timeout or abort: their callers are answered at once, and their workers are to let
 * go of them.
 *
 * @module
 */

import type { Backlog } from "./backlog.ts";
import type { Timer } from "./clock.ts";
import type { Crew } from "./crew.ts";
import type { Outcome } from "./engine.ts";
import type { AbortWhy } from "./frame.ts";
import type { Job } from "./job.ts";
import type { TakingBack } from "./taking-back.ts";
import type { Worker } from "./worker.ts";

/**
 * How long a worker that runs one job at a time has to show that its loop is free, once its job is no longer wanted, in
 * milliseconds. A handler that watches its signal saves its worker that way; a blocked one is killed.
 */
const HEARING = 200;

/** What giving up obeys. */
export interface GivingUpOptions {
  readonly concurrency: number;
  readonly killGrace: number;
  readonly abortGrace: number;
}

/** What giving up is given to work with. */
export interface GivingUpParts {
  readonly crew: Crew;
  readonly backlog: Backlog;
  readonly takingBack: TakingBack;
  /** Runs a change of state as one turn, later; null for never. */
  after(delay: number, change: () => void): Timer | null;
  settle(job: Job, outcome: Outcome, worker: Worker | null): void;
}

/** Gives jobs up. */
export class GivingUp {
  readonly #options: GivingUpOptions;
  readonly #parts: GivingUpParts;

  constructor(options: GivingUpOptions, parts: GivingUpParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Settles a job that is no longer wanted, and sees to it that its worker lets go of it. */
  giveUp(job: Job, error: unknown, why: AbortWhy): void {
    const { crew, settle, after } = this.#parts;
    this.takeBack(job, error);
    if (job.state.at !== "running") return;
    const { worker } = job.state;
    job.enter({ at: "aborting", worker, heard: false, timer: after(this.#patience, () => crew.kill(worker)) });
    worker.unheard.add(job);
    settle(job, { ok: false, error }, worker);
    worker.port.send({ type: "abort", job: job.number, why });
  }

  /** Settles a job that has not begun. Whether one has that was sent ahead is known when what stands there is recalled. */
  takeBack(job: Job, error: unknown): void {
    const { backlog, takingBack, settle } = this.#parts;
    // Those behind it don't wait for what becomes of it.
    if (job.state.at === "ahead" || job.state.at === "running") takingBack.recall(job.state.worker);
    if (job.state.at !== "queued") return;
    backlog.remove(job);
    settle(job, { ok: false, error }, null);
  }

  /** The worker's loop is free. A handler that knows that it is to stop (`heeds`) has the grace to do so. */
  heard(worker: Worker, job: Job | null, heeds: boolean): void {
    if (job?.state.at !== "aborting" || job.state.heard) return;
    const { crew, takingBack, after } = this.#parts;
    // A handler that goes on regardless costs its worker, but not its neighbours: they finish first.
    const timer = after(heeds ? this.#options.abortGrace : this.#patience, () => {
      takingBack.recall(worker);
      crew.retire(worker);
    });
    job.enter({ at: "aborting", worker, heard: true, timer });
    worker.unheard.delete(job);
  }

  /** With neighbours in the worker, a loop that is busy for a moment is no proof that it is stuck. */
  get #patience(): number {
    return this.#options.concurrency === 1 ? HEARING : Math.max(HEARING, this.#options.killGrace);
  }
}
