/**
 * Which worker a new key goes to. It stays there (see `keys.ts`), so the first worker that is ready is not to get them all while
 * others start: it has no more than its share, for a while. One with little to set up is ready by then; nobody waits for another.
 *
 * @module
 */

import type { Clock, Timer } from "./clock.ts";
import type { Crew } from "./crew.ts";
import { takesKeys } from "./keys.ts";
import type { Worker } from "./worker.ts";

/** How long a worker that starts is waited for, in milliseconds since its start. */
export const AWAITED = 500;

/** What spreading is given to work with. */
export interface SpreadingParts {
  readonly clock: Clock;
  readonly crew: Crew;
  /** Has the scheduler look who may have what now. */
  turn(): void;
}

/** Spreads keys over workers. */
export class Spreading {
  readonly #parts: SpreadingParts;
  /** How many keys workers have been given while others are awaited. */
  readonly #taken = new Map<Worker, number>();
  #timer: Timer | null = null;

  constructor(parts: SpreadingParts) {
    this.#parts = parts;
  }

  /**
   * Whether a worker may have one more key.
   *
   * @param unbound How many keys have no worker.
   */
  mayTake(worker: Worker, unbound: number): boolean {
    if (unbound === 0) return false;
    let [awaited, workers, keys] = [0, 0, unbound];
    for (const other of this.#parts.crew) {
      if (this.#awaitedFor(other) > 0) awaited++;
      if (!takesKeys(other)) continue;
      workers++;
      keys += this.#taken.get(other) ?? 0;
    }
    if (awaited === 0) {
      this.#taken.clear();
      return true;
    }
    // Not those that it had before: it would get none while any worker starts.
    return (this.#taken.get(worker) ?? 0) < Math.ceil(keys / (workers + awaited));
  }

  /** A worker was given a new key. */
  took(worker: Worker): void {
    if (![...this.#parts.crew].some((other) => this.#awaitedFor(other) > 0)) return;
    this.#taken.set(worker, (this.#taken.get(worker) ?? 0) + 1);
  }

  /** Keys wait: they are given to somebody once nobody is waited for any more. */
  watch(): void {
    if (this.#timer) return;
    const delay = Math.max(...[...this.#parts.crew].map((worker) => this.#awaitedFor(worker)), 0);
    if (delay === 0) return;
    this.#timer = this.#parts.clock.schedule(delay, () => {
      this.#timer = null;
      this.#parts.turn();
    });
  }

  /** There is nothing to spread any more. */
  end(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#taken.clear();
  }

  #awaitedFor({ state, startedAt }: Worker): number {
    return state.at === "starting" ? Math.max(0, startedAt + AWAITED - this.#parts.clock.now()) : 0;
  }
}
