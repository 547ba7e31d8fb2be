/**
 * Those who wait until the workers that are kept warm are there.
 *
 * @module
 */

import type { ClusterError } from "./errors.ts";
import type { Outbox } from "./outbox.ts";

/** Who asked for warm workers. */
export class WarmUp {
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

  /** They will not come; each gets an error of its own. */
  fail(reason: () => ClusterError): void {
    for (const done of this.#waiting.splice(0)) this.#outbox.push(() => done(reason()));
  }
}
