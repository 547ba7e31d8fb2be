/**
 * How many workers there are to be: for the jobs that wait, kept warm, renewed, and as many as a budget leaves.
 *
 * @module
 */

import type { Admission } from "./admission.ts";
import type { Allowances } from "./allocator.ts";
import type { Awaiting } from "./awaiting.ts";
import type { Backlog } from "./backlog.ts";
import type { Clock } from "./clock.ts";
import type { Crew } from "./crew.ts";
import type { Lifetime } from "./lifetime.ts";
import { Share } from "./share.ts";

/** What staffing obeys. */
export interface StaffingOptions {
  readonly maxWorkers: number;
  readonly minWorkers: number;
  readonly concurrency: number;
}

/** What staffing is given to work with. */
export interface StaffingParts {
  readonly clock: Clock;
  readonly crew: Crew;
  readonly backlog: Backlog;
  readonly admission: Pick<Admission, "unplaced">;
  readonly lifetime: Lifetime;
  /** Those who wait for the workers that are kept warm. */
  readonly warmUp: Awaiting;
  /** Those who wait until all have been replaced. */
  readonly renewal: Awaiting;
  /** The budget that the cluster has a share of; null for one that has all its workers to itself. */
  readonly allowances: Allowances | null;
  /** Has the scheduler look who may have what now. */
  turn(): void;
}

/** Has workers started, replaced and sent home. */
export class Staffing {
  readonly #options: StaffingOptions;
  readonly #parts: StaffingParts;
  #share: Share | null = null;

  constructor(options: StaffingOptions, parts: StaffingParts) {
    this.#options = options;
    this.#parts = parts;
    const { allowances, clock, turn } = parts;
    if (allowances) this.#share = new Share(allowances, { clock, most: options.maxWorkers, turn });
  }

  /** Before jobs are served: who is too many or too old takes none of them. */
  beforeService(): void {
    const { crew, admission, warmUp } = this.#parts;
    if (this.#share) this.#keepTo(this.#share);
    // Before workers get jobs or are started for want of some.
    if (crew.takers >= this.#warm) warmUp.succeed();
    if (this.#parts.lifetime.at === "open") crew.recycle(admission.unplaced, this.#warm);
  }

  /** After it: what waits now needs workers. */
  afterService(): void {
    const { crew, admission, lifetime, warmUp, renewal } = this.#parts;
    if (lifetime.at !== "closed") crew.grow(admission.unplaced, this.#warm, warmUp.awaited || renewal.awaited);
    if (renewal.awaited && this.#isRenewed()) renewal.succeed();
    this.#share?.report(this.#need, crew.size);
  }

  /** No worker is left, and none will come. */
  end(): void {
    this.#parts.crew.hold();
    this.#share?.leave();
    this.#share = null;
  }

  #keepTo(share: Share): void {
    const { crew } = this.#parts;
    share.report(this.#need, crew.size);
    crew.limit = Math.min(this.#options.maxWorkers, share.limit);
    crew.shrink(share.allowance);
  }

  /** How many are to be there even without jobs. */
  get #warm(): number {
    if (this.#parts.lifetime.at !== "open") return 0;
    const target = Math.max(this.#options.minWorkers, this.#isOneAwaited ? 1 : 0);
    return this.#share ? Math.min(target, this.#share.allowance) : target;
  }

  /** Whether anybody waits for a worker, though there may be no job. */
  get #isOneAwaited(): boolean {
    const { warmUp, renewal, crew } = this.#parts;
    return warmUp.awaited || (renewal.awaited && crew.proves);
  }

  /** How many there is work for. */
  get #need(): number {
    const { crew, backlog } = this.#parts;
    const { maxWorkers, minWorkers, concurrency } = this.#options;
    let [jobs, used] = [backlog.open, 0];
    for (const worker of crew) {
      jobs += worker.jobs.size;
      if (worker.jobs.size > 0 || backlog.isAwaited(worker)) used++;
    }
    const warm = this.#isOneAwaited ? Math.max(1, minWorkers) : 0;
    return Math.min(maxWorkers, Math.max(Math.ceil(jobs / concurrency), used, warm));
  }

  /** Whether no worker is left from before, and those that have taken their places can be started. */
  #isRenewed(): boolean {
    const { crew, admission, lifetime } = this.#parts;
    if (crew.renews) return false;
    const serving = crew.count("idle") + crew.count("busy");
    // Others may be about to start for ever, where workers don't last.
    if (serving === 0 && crew.count("starting") > 0) return false;
    return lifetime.at !== "open" || serving >= Math.max(this.#warm, Math.min(admission.unplaced, 1));
  }
}
