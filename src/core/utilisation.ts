/**
 * How much of their time workers spend running jobs.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import type { WorkerState } from "./worker.ts";

/** Milliseconds after which time counts half as much as when it passed: what was long ago says little about now. */
const HALF_LIFE = 5_000;

/** How long time that never ends would count for, in milliseconds: one half-life, at once and then ever less. */
const MEAN_LIFE = HALF_LIFE / Math.LN2;

/** Busy time over ready time of all workers. Counts only when a worker begins to run jobs or ends, not with every job. */
export class Utilisation {
  readonly #clock: Clock;
  #ready = 0;
  #busy = 0;
  /** Worker-milliseconds until `#at`, those of long ago less. */
  #readyTime = 0;
  #busyTime = 0;
  #at = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A worker changes now. */
  changed(from: WorkerState["at"], to: WorkerState["at"]): void {
    const ready = Number(isReady(to)) - Number(isReady(from));
    const busy = Number(isBusy(to)) - Number(isBusy(from));
    if (ready === 0 && busy === 0) return;
    this.#pass();
    this.#ready += ready;
    this.#busy += busy;
  }

  /** From 0 to 1; 0 before any worker was ready. */
  get share(): number {
    this.#pass();
    return this.#readyTime > 0 ? this.#busyTime / this.#readyTime : 0;
  }

  #pass(): void {
    const now = this.#clock.now();
    const left = 2 ** (-(now - this.#at) / HALF_LIFE);
    const gained = MEAN_LIFE * (1 - left);
    this.#readyTime = this.#readyTime * left + this.#ready * gained;
    this.#busyTime = this.#busyTime * left + this.#busy * gained;
    this.#at = now;
  }
}

function isReady(at: WorkerState["at"]): boolean {
  return at === "idle" || isBusy(at);
}

function isBusy(at: WorkerState["at"]): boolean {
  return at === "busy" || at === "retiring";
}
