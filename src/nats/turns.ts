/**
 * What is under way at the broker at a time, bounded: what a program asks for all at once waits here, not in the client, whose patience
 * begins with the asking.
 *
 * @module
 */

import { Chain } from "../core/chain.ts";

/** One that waits for its turn. */
interface Waiting {
  before: Waiting | null;
  after: Waiting | null;
  readonly weight: number;
  begin(): void;
}

/** Whose turn it is, in the order in which they came. */
export class Turns {
  readonly #most: number;
  readonly #waiting = new Chain<Waiting>();
  #under = 0;

  /** @param most The sum of what those weigh that are under way; one that weighs more is under way alone. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Waits for a turn, which {@link end} ends; null if it is there. */
  begin(weight: number): Promise<void> | null {
    if (this.#waiting.size === 0 && this.#hasRoom(weight)) {
      this.#under += weight;
      return null;
    }
    return new Promise((begin) => this.#waiting.push({ before: null, after: null, weight, begin }));
  }

  /** A turn is over. */
  end(weight: number): void {
    this.#under -= weight;
    for (let next = this.#waiting.first; next && this.#hasRoom(next.weight); next = this.#waiting.first) {
      this.#waiting.remove(next);
      this.#under += next.weight;
      next.begin();
    }
  }

  #hasRoom(weight: number): boolean {
    return this.#under === 0 || this.#under + weight <= this.#most;
  }
}
