/**
 * Looks after workers to which jobs were sent ahead: one that says nothing for a while runs a long job, and those behind it
 * are better off elsewhere.
 *
 * @module
 */

import type { Clock, Timer } from "./clock.ts";

/** A look whenever one is due. */
export class SilenceWatch {
  readonly #clock: Clock;
  readonly #look: () => number;
  #timer: Timer | null = null;
  #dueAt = Infinity;

  /**
   * @param look Takes a look, as a turn only if it finds something; returns in how many milliseconds the next is due, Infinity
   * for none.
   */
  constructor(clock: Clock, look: () => number) {
    this.#clock = clock;
    this.#look = look;
  }

  /** Sees to it that a look is taken within so many milliseconds. */
  within(delay: number): void {
    const dueAt = this.#clock.now() + delay;
    if (dueAt >= this.#dueAt) return;
    this.stop();
    this.#dueAt = dueAt;
    this.#timer = this.#clock.schedule(delay, () => {
      this.stop();
      this.within(this.#look());
    });
  }

  /** There is nothing to look after any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#dueAt = Infinity;
  }
}
