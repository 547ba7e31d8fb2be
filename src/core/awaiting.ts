/**
 * Those who wait for workers: until those that are kept warm are there, or until all have been replaced.
 *
 * @module
 */

import type { ClusterError } from "./errors.ts";
import type { Outbox } from "./outbox.ts";

/** Who has asked for them. */
export class Awaiting {
  readonly #outbox: Outbox;
  readonly #waiting: ((error: ClusterError | null) => void)[] = [];

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Whether anybody waits. */
  get awaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** `done` is called once, with null or with why there are none. */
  wait(done: (error: ClusterError | null) => void): void {
    this.#waiting.push(done);
  }

  /** They are there. */
  succeed(): void {
    for (const done of this.#waiting.splice(0)) this.#outbox.push(() => done(null));
  }

  /** They can't be started; each gets an error of its own. */
  fail(reason: () => ClusterError): void {
    for (const done of this.#waiting.splice(0)) this.#outbox.push(() => done(reason()));
  }
}
