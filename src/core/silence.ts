/**
 * Looks after workers to which jobs were sent ahead: one that says nothing for a while runs a long job, and those behind it
 * are better off elsewhere.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import { LOOK_AHEAD } from "./prefetch.ts";

/** A look now and then, as long as jobs are sent ahead. */
export class SilenceWatch {
  readonly #clock: Clock;
  readonly #look: () => void;
  #watching = false;

  /** @param look To be called; it starts the watch anew if there still is something to look after. */
  constructor(clock: Clock, look: () => void) {
    this.#clock = clock;
    this.#look = look;
  }

  /** Sees to it that a look is taken. */
  start(): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#clock.schedule(LOOK_AHEAD, () => {
      this.#watching = false;
      this.#look();
    });
  }
}
