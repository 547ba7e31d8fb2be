/**
 * Turns: every input changes the state, lets the scheduler act on it, and only then calls strangers.
 *
 * @module
 */

import type { Outbox } from "./outbox.ts";

/** Takes turns, one at a time. */
export class Turns {
  readonly #outbox: Outbox;
  readonly #act: () => void;
  /** The changes that are to be made, the one under way first. */
  readonly #changes: (() => void)[] = [];

  /** @param act What follows each change: dispatch, and the end if it has come. */
  constructor(outbox: Outbox, act: () => void) {
    this.#outbox = outbox;
    this.#act = act;
  }

  /** A turn that the runtime began: strangers are called at its end. */
  ofRuntime(change: () => void): void {
    if (this.#take(change)) this.#outbox.deliver();
  }

  /** A turn that a caller began: strangers are called when the caller's code has returned. */
  ofCaller(change: () => void): void {
    if (this.#take(change)) this.#outbox.deliverSoon();
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
      for (const next of this.#changes) {
        next();
        this.#act();
      }
    } finally {
      this.#changes.length = 0;
    }
    return true;
  }
}
