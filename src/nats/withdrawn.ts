/**
 * Jobs that nobody wants any more, as a host hears of them. Of those that it may not have heard of, or has forgotten, it has to look for
 * an answer before it runs them: whoever withdraws a job leaves one.
 *
 * @module
 */

import type { Broker } from "./link.ts";
import type { Names } from "./names.ts";

/** How many are remembered; those before are looked for when they come. */
const REMEMBERED = 10_000;

/** Those of one queue. */
export class Withdrawn {
  readonly #broker: Pick<Broker, "jsm">;
  readonly #names: Names;
  readonly #keys = new Set<string>();
  #looks = 0;
  /** The number of the last job that is to be looked for: all, until it is known which. */
  #horizon = Infinity;

  constructor(broker: Pick<Broker, "jsm">, names: Names) {
    this.#broker = broker;
    this.#names = names;
  }

  /** A job is withdrawn: that of an address which came in this message. */
  add(key: string): void {
    this.#keys.add(key);
    if (this.#keys.size <= REMEMBERED) return;
    this.#keys.clear();
    void this.lookBack();
  }

  /** Whether it was heard that a job is withdrawn. */
  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** Whether a job, by its number in the queue, may have been withdrawn unheard. */
  mayHave(sequence: number): boolean {
    return sequence <= this.#horizon;
  }

  /** Jobs that have come until now are looked for before they are run. Never rejects: it is all of them until it is known which. */
  async lookBack(): Promise<void> {
    const look = ++this.#looks;
    this.#horizon = Infinity;
    try {
      const { state } = await this.#broker.jsm.streams.info(this.#names.jobs);
      // What is known from before another was begun is too little.
      if (look === this.#looks) this.#horizon = state.last_seq;
    } catch {
      // All of them, then.
    }
  }
}
