/**
 * A host whose workers can't be started takes no jobs for a while: otherwise it, which always has room, would draw all jobs of the queue
 * to itself.
 *
 * @module
 */

import type { Clock, Timer } from "../core/clock.ts";

/** How long the first time, and at most, in milliseconds: each time twice as long as the last, if that was not long ago. */
const FIRST = 1_000;
const MOST = 10_000;

/** Stands back for others. */
export class StandingBack {
  readonly #clock: Clock;
  readonly #over: () => void;
  #duration = 0;
  #endedAt = -Infinity;
  #timer: Timer | null = null;

  /** @param over Called when jobs may be taken again. */
  constructor(clock: Clock, over: () => void) {
    this.#clock = clock;
    this.#over = over;
  }

  /** Whether no jobs are to be taken now. */
  get active(): boolean {
    return this.#timer !== null;
  }

  /** A job was given back that could not be run. */
  begin(): void {
    if (this.#timer) return;
    const again = this.#clock.now() - this.#endedAt < MOST;
    this.#duration = again ? Math.min(MOST, this.#duration * 2) : FIRST;
    this.#timer = this.#clock.schedule(this.#duration, () => {
      this.end();
      this.#endedAt = this.#clock.now();
      this.#over();
    });
  }

  /** The host ends. */
  end(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
