/**
 * Time, as the core sees it. The core never reads a global clock: production hands it the runtime's, tests a hand-driven
 * one.
 *
 * @module
 */

/** A pending call. */
export interface Timer {
  /** Forgets the call; a no-op once it has run or was cancelled. */
  cancel(): void;
  /** Whether the program must stay alive for it. */
  hold(holds: boolean): void;
}

/** What the core asks of time. */
export interface Clock {
  /** Milliseconds that never run backwards; only differences mean anything. */
  now(): number;

  /**
   * Calls `run` once, `delay` milliseconds from now, and not before what has come from workers by then has been told: after
   * a pause of the program a timer must not find a worker silent that has answered.
   *
   * @param delay Milliseconds, 0 or more; may exceed what the runtime's own timer takes (2^31 − 1).
   * @param keepAlive Whether the program must stay alive for this call. Only a wait that no worker's own hold on the
   * program covers needs it.
   */
  schedule(delay: number, run: () => void, keepAlive?: boolean): Timer;

  /** Calls `run` once the code that is running now has ended, and with it the microtasks, if it is one. */
  endOfTick(run: () => void): void;

  /** Calls `run` as soon as the code that is running now has returned to the runtime. */
  soon(run: () => void): void;
}
