/**
 * Turns: every input changes the state, lets the scheduler act on it, and only then calls strangers.
 *
 * @module
 */

import type { Clock } from "./clock.ts";
import type { Outbox } from "./outbox.ts";

/** Takes turns, one at a time. */
export class Turns {
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #act: () => void;
  /** The changes that are to be made, the one under way first. */
  readonly #changes: (() => void)[] = [];
  /** Whether changes were made that nothing has followed yet. */
  #due = false;

  /** @param act What follows each change: dispatch, and the end if it has come. */
  constructor(clock: Clock, outbox: Outbox, act: () => void) {
    this.#clock = clock;
    this.#outbox = outbox;
    this.#act = act;
  }

  /** A turn that the runtime began: strangers are called at its end. */
  ofRuntime(change: () => void): void {
    if (this.#take(change)) this.#outbox.deliver();
  }

  /**
   * A turn that a caller began: strangers are called when the caller's code has returned.
   *
   * @param together Whether what follows the change may wait until then too, so that many changes are followed by one.
   */
  ofCaller(change: () => void, together = false): void {
    if (together && this.#changes.length === 0) return this.#changeOnly(change);
    if (this.#take(change)) this.#outbox.deliverSoon();
  }

  #changeOnly(change: () => void): void {
    change();
    if (this.#due) return;
    this.#due = true;
    this.#clock.endOfTick(() => {
      // Unless another turn has come in between.
      if (this.#due) this.ofCaller(() => {});
    });
  }

  /**
   * Takes a turn. Turns don't nest: one that begins inside another is taken right after it. (A transport that clones a
   * job's arguments runs their getters, which are a stranger's code and may submit or cancel.)
   *
   * @returns whether no turn was under way.
   */
  #take(change: () => void): boolean {
    if (this.#changes.push(change) > 1) return false;
    try {
      for (const next of this.#changes) this.#makeOne(next);
    } finally {
      this.#changes.length = 0;
    }
    return true;
  }

  /** Nothing in a turn throws. If something does, it is a fault of ours, and is not to cost the turns after it. */
  #makeOne(change: () => void): void {
    try {
      change();
      this.#due = false;
      this.#act();
    } catch (error) {
      this.#clock.soon(() => {
        throw error;
      });
    }
  }
}
