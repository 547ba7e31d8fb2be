/**
 * Asks which hosts serve a queue.
 *
 * @module
 */

import type { Clock } from "../core/clock.ts";
import { ClusterError } from "../core/errors.ts";
import { closed } from "../core/loss.ts";
import type { Link } from "./link.ts";
import type { Names } from "./names.ts";

/** How often it is asked again, in milliseconds, and how long in all. */
const AGAIN = 1_000;
const PATIENCE = 30_000;

/** Calls the roll. */
export class RollCall {
  readonly #link: Link;
  readonly #names: Names;
  readonly #clock: Clock;
  #ended = false;

  constructor(link: Link, names: Names, clock: Clock) {
    this.#link = link;
    this.#names = names;
    this.#clock = clock;
  }

  /**
   * Waits until a host serves the queue.
   *
   * @throws {ClusterError} `CC_ERR_ENGINE` if none does within 30 s, or the broker can't be reached; `CC_ERR_CLOSED` after {@link end}.
   */
  async anyone(): Promise<void> {
    const end = this.#clock.now() + PATIENCE;
    const { connection } = await this.#link.open();
    while (!this.#ended && this.#clock.now() < end) {
      try {
        await connection.request(this.#names.roll, undefined, { timeout: AGAIN });
        return;
      } catch {
        await new Promise<void>((resolve) => this.#clock.schedule(AGAIN / 4, resolve, true));
      }
    }
    if (this.#ended) throw closed();
    throw new ClusterError("CC_ERR_ENGINE", "no host serves the queue: start one with compute-cluster serve", {
      retryable: true,
    });
  }

  /** Nobody wants to know any more. */
  end(): void {
    this.#ended = true;
  }
}
