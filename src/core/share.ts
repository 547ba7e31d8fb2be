/**
 * A cluster's share of a budget: says what it needs and has, and knows what it may have.
 *
 * @module
 */

import type { Allowances, Member, Report } from "./allocator.ts";
import type { Clock, Timer } from "./clock.ts";

/**
 * For how long a cluster must need less before it says so, in milliseconds. Between two jobs that are enqueued one after the other it
 * needs nothing, and a worker that would be given up for that takes as long as this to be started anew.
 */
export const LULL = 100;

/** What a share is given to work with. */
export interface ShareParts {
  readonly clock: Clock;
  /** The most workers that the cluster will ever want. */
  readonly most: number;
  /** Has the scheduler look at what it may have: it has changed. */
  turn(): void;
}

/** One cluster's. */
export class Share {
  readonly #allowances: Allowances;
  readonly #parts: ShareParts;
  /** Null until the cluster is used. */
  #member: Member | null = null;
  /** The allowance that it was told. */
  #told = 0;
  #last: Report = { need: 0, live: 0, heard: 0 };
  #need = 0;
  /** What it says that it needs: the most of this lull and of the last. */
  #lasting = 0;
  #peak = 0;
  #lull: Timer | null = null;
  #reports = false;
  /** Whether a turn is to come, or none any more. */
  #turns: "none" | "due" | "over" = "none";

  constructor(allowances: Allowances, parts: ShareParts) {
    this.#allowances = allowances;
    this.#parts = parts;
  }

  /** How many workers the cluster may have now. Whoever has work may have one. */
  get allowance(): number {
    return this.#need > 0 ? this.limit : this.#told;
  }

  /** How many it may have when there is work for them. */
  get limit(): number {
    return Math.max(1, this.#told);
  }

  /**
   * Says how things stand; of what is as it was nothing is said.
   *
   * @param need How many workers there is work for.
   * @param live How many there are.
   */
  report(need: number, live: number): void {
    this.#needs(need);
    const is = (last: Report): boolean =>
      last.need === this.#lasting && last.live === live && last.heard === this.#told;
    // Again if it was told of another allowance meanwhile, to confirm it.
    if (is(this.#last)) return;
    this.#reports = true;
    this.#member ??= this.#allowances.join(this.#parts.most, (allowance) => this.#hear(allowance));
    while (!is(this.#last)) {
      this.#last = { need: this.#lasting, live, heard: this.#told };
      this.#member.report(this.#last);
    }
    this.#reports = false;
  }

  /** Nothing is left. */
  leave(): void {
    this.#turns = "over";
    this.#lull?.cancel();
    this.#member?.leave();
  }

  #needs(need: number): void {
    this.#need = need;
    this.#peak = Math.max(this.#peak, need);
    if (need > this.#lasting) this.#lasting = need;
    if (need === this.#lasting || this.#lull) return;
    this.#peak = need;
    this.#lull = this.#parts.clock.schedule(LULL, () => {
      this.#lull = null;
      this.#lasting = this.#peak;
      this.#parts.turn();
    });
  }

  #hear(allowance: number): void {
    this.#told = allowance;
    if (this.#reports || this.#turns !== "none") return;
    this.#turns = "due";
    this.#parts.clock.soon(() => {
      if (this.#turns === "over") return;
      this.#turns = "none";
      this.#parts.turn();
    });
  }
}
