/**
 * What a turn leaves to be told to strangers (callbacks, listeners), in order. They are called only between turns; what
 * they cause in turn joins the end of the same line.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** Calls strangers, one after the other, never inside a turn. */
export class Outbox {
  readonly #clock: Clock;
  #calls: (() => void)[] = [];
  #delivering = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a call. One that throws keeps no other from being made. */
  push(call: () => void): void {
    this.#calls.push(call);
  }

  /** Makes the calls now: for a turn that the runtime began. */
  deliver(): void {
    if (this.#delivering) return this.deliverSoon();
    this.#delivering = true;
    // Not what these calls cause in turn: a caller that submits anew at every refusal would keep the runtime from ever
    // bringing the answer that makes room.
    const calls = this.#calls;
    this.#calls = [];
    for (const call of calls) this.#make(call);
    this.#delivering = false;
  }

  #make(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#clock.soon(() => {
        throw error;
      });
    }
  }

  /** Makes the calls once the running code has returned: for a turn that a caller began. */
  deliverSoon(): void {
    if (this.#calls.length > 0) this.#clock.soon(() => this.deliver());
  }
}
