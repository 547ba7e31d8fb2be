/**
 * Jobs that were sent ahead and have not begun are taken back: from a worker that is lost or silent, from one whose job is no
 * longer wanted, and for one that has nothing to do. What makes it safe `runtimes/exchange.ts`.
 *
 * @module
 */

import type { Backlog } from "./backlog.ts";
import type { Clock } from "./clock.ts";
import type { Crew } from "./crew.ts";
import { type Answer, readKept } from "./frame.ts";
import type { Job } from "./job.ts";
import type { Placement } from "./placement.ts";
import type { Prefetch } from "./prefetch.ts";
import { SilenceWatch } from "./silence.ts";
import type { Worker } from "./worker.ts";

/** What is left for a worker to do before a free one takes some of it over, in milliseconds: taking back costs a frame. */
const WORTH = 1;

/** What taking back is given to work with, and whom it tells. */
export interface TakingBackParts {
  readonly clock: Clock;
  readonly crew: Crew;
  readonly placement: Placement;
  readonly backlog: Backlog;
  readonly prefetch: Prefetch;
  /** Runs a change of state as one turn. */
  turn(change: () => void): void;
  /** The worker has answered a job of its own. */
  answered(worker: Worker, answer: Answer): void;
  /** A job that stood ahead has got a place. */
  runs(job: Job, worker: Worker): void;
  /** The jobs that are first in line have the worker's free places. */
  fill(worker: Worker): void;
  /** A run of the job was thought to have begun, and had not. */
  returned(job: Job, worker: Worker): void;
  /** The job is back among those that wait. */
  waits(job: Job): void;
}

/** Takes back what workers have not begun. */
export class TakingBack {
  readonly #parts: TakingBackParts;
  readonly #silence: SilenceWatch;

  constructor(parts: TakingBackParts) {
    this.#parts = parts;
    this.#silence = new SilenceWatch(parts.clock, () => this.#look());
  }

  /** Jobs were sent ahead: their workers are looked after. */
  watch(): void {
    this.#silence.within(this.#parts.prefetch.patience);
  }

  /** There is nothing to look after any more. */
  end(): void {
    this.#silence.stop();
  }

  /** Takes back what silent workers have not begun. Returns in how many milliseconds another may be silent. */
  #look(): number {
    const { clock, crew, prefetch: { patience }, turn } = this.#parts;
    const now = clock.now();
    const silent = (worker: Worker): boolean => worker.ahead > 0 && worker.isSilent(now, patience);
    // It may be stuck: if it is to leave, nothing is waited for any more.
    const deaf = (worker: Worker): boolean => worker.recalledAt !== null && !worker.hearsSoon(now);
    const found = [...crew].filter((worker) => silent(worker) || deaf(worker));
    if (found.length > 0) {
      turn(() => {
        for (const worker of found) this.recall(worker);
      });
    }
    let next = Infinity;
    for (const worker of crew) {
      if (worker.ahead > 0) next = Math.min(next, Math.max(0, worker.heardAt + patience - now));
      if (worker.hearsSoon(now)) next = Math.min(next, worker.hearsWithin(now));
    }
    return next;
  }

  /** Takes back half of what another worker has yet to begin, if one has nothing to do. */
  share(now: number): void {
    const { placement, prefetch } = this.#parts;
    const rich = placement.mostAhead();
    if (rich === null || prefetch.work(rich.ahead) < WORTH) return;
    const free = placement.leastLoaded(now);
    if (free === null || free === rich) return;
    this.recall(rich, Math.ceil(rich.ahead / 2));
  }

  /**
   * Takes back jobs that a worker has not begun, the last first, and the answers that it keeps back.
   *
   * @param most How many jobs; those that stand ahead, if not given.
   */
  recall(worker: Worker, most: number = worker.ahead): void {
    const { exchange } = worker.port;
    if (exchange === null) return;
    const { clock, crew, fill } = this.#parts;
    const { ahead } = worker;
    const count = most === 0 ? 0 : exchange.recall(most);
    this.takeKept(worker, readKept(exchange.kept()));
    // With tickets left, the others may have begun or not.
    if (count === most && most < ahead) {
      this.#sendBack(worker, worker.last(count, 0));
      fill(worker);
    } else {
      this.sort(worker, worker.last(count, 0));
    }
    if (count > 0) {
      worker.recalledAt = clock.now();
      worker.recalls++;
      worker.port.send({ type: "recall", count });
    }
    crew.letGo(worker);
  }

  /** A worker has heard that jobs were taken back. */
  recalled(worker: Worker): void {
    if (worker.recalls === 0 || --worker.recalls > 0) return;
    worker.recalledAt = null;
    this.#parts.crew.letGo(worker);
  }

  /** Takes the answers that a worker keeps back. It will send them too, if it lives. */
  takeKept(worker: Worker, answers: readonly Answer[]): void {
    for (const answer of answers) {
      if (!worker.job(answer[0])) continue;
      this.#parts.answered(worker, answer);
      worker.early.add(answer[0]);
    }
  }

  /** These of a worker's jobs have not begun: they go back to where they were. The others have. */
  sort(worker: Worker, unbegun: readonly Job[]): void {
    this.#sendBack(worker, unbegun);
    // Some have ended, and their answers are on their way.
    if (worker.ahead > 0) {
      for (const job of worker.jobs) if (job.state.at === "ahead") this.#parts.runs(job, worker);
    }
  }

  /** The last first: each is put in front of those that followed it. */
  #sendBack(worker: Worker, unbegun: readonly Job[]): void {
    for (const job of unbegun.toReversed()) this.#takeBack(job, worker);
  }

  #takeBack(job: Job, worker: Worker): void {
    const { crew, backlog, returned, waits } = this.#parts;
    crew.takeBack(job, worker);
    // Nobody waits for it any more.
    if (job.state.at !== "running" && job.state.at !== "ahead") return job.settle();
    const wasThoughtToRun = job.state.at === "running";
    if (wasThoughtToRun) job.retract();
    crew.retry();
    backlog.putBack(job);
    if (wasThoughtToRun) returned(job, worker);
    // Only now: its time may be over.
    waits(job);
  }
}
