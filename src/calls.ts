/**
 * Calls the program's own functions: listeners and callbacks. What they throw is the program's uncaught exception, and must not
 * unwind the cluster; how long they hold up the program's loop is counted.
 *
 * @module
 */

import { now } from "./now.ts";

/** A call that takes longer than this is slow, in milliseconds: answers, timeouts and everything else in the program wait for it. */
const SLOW = 10;

/** What the program's listeners and callbacks did to its loop. */
export interface CallStats {
  /** How many calls took longer than 10 ms. */
  readonly slow: number;
  /** How long the longest took, in milliseconds. */
  readonly longest: number;
  /** What was called then: the name of the event, `callback`, `onProgress`, `tracer`, or `map` for its source; null if nothing was called yet. */
  readonly slowest: string | null;
}

/** Makes calls, and counts. */
export class Calls {
  #slow = 0;
  #longest = 0;
  #slowest: string | null = null;

  /** @param what The name of the event, `callback`, `onProgress` or `tracer`. */
  make(what: string, call: () => void): void {
    const before = now();
    try {
      call();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
    this.#took(what, now() - before);
  }

  /** The same for a function whose result, or error, is somebody's. */
  time<T>(what: string, call: () => T): T {
    const before = now();
    try {
      return call();
    } finally {
      this.#took(what, now() - before);
    }
  }

  #took(what: string, took: number): void {
    if (took > SLOW) this.#slow++;
    if (took <= this.#longest) return;
    this.#longest = took;
    this.#slowest = what;
  }

  /** A snapshot. */
  get stats(): CallStats {
    return { slow: this.#slow, longest: this.#longest, slowest: this.#slowest };
  }
}
