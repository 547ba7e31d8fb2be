/**
 * Looks after workers to which jobs were sent ahead: one that says nothing for a while runs a long job, and those behind it
 * are better off elsewhere.
 *
 * @module
 */

import type { Clock, Timer } from "./clock.ts";

/** The longest time between two looks, in milliseconds. */
const SELDOM = 64;

/** A look now and then, as long as there is something to look after; less and less often. */
export class SilenceWatch {
  readonly #clock: Clock;
  readonly #turn: (change: () => void) => void;
  readonly #look: () => boolean;
  #timer: Timer | null = null;
  #dueAt = 0;
  #pause = 0;

  /**
   * @param turn Runs a change of state as one turn.
   * @param look Takes a look; returns whether there is something to look after still.
   */
  constructor(clock: Clock, turn: (change: () => void) => void, look: () => boolean) {
    this.#clock = clock;
    this.#turn = turn;
    this.#look = look;
  }

  /** Sees to it that a look is taken within `patience` milliseconds: something was sent ahead. */
  start(patience: number): void {
    this.#pause = patience;
    if (this.#timer !== null && this.#dueAt <= this.#clock.now() + patience) return;
    this.stop();
    this.#wait();
  }

  /** Nothing more will be sent. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #wait(): void {
    this.#dueAt = this.#clock.now() + this.#pause;
    this.#timer = this.#clock.schedule(this.#pause, () =>
      this.#turn(() => {
        this.#timer = null;
        this.#pause = Math.min(2 * this.#pause, SELDOM);
        if (this.#look()) this.#wait();
      }));
  }
}
