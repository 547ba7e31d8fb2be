/**
 * Has the broker forget the answers that a program has taken: those of jobs without a name, which nobody will ask for again. All at once
 * up to a number, now and then: a request for each would cost as much as the job.
 *
 * An answer has a higher number than all that were there when its job was enqueued. So up to the lowest number that was the highest when
 * any job that still waits was enqueued, all have been taken.
 *
 * @module
 */

import type { Clock, Timer } from "../core/clock.ts";
import type { Broker } from "./link.ts";
import type { Names } from "./names.ts";

/** How often, in milliseconds. */
const EVERY = 10_000;

/** For how long a withdrawn job must be known to be so, in milliseconds: hosts may only just come back. */
const WITHDRAWN = 600_000;

/** What tidying is given to work with. */
export interface TidyingParts {
  readonly clock: Clock;
  readonly names: Names;
  /** The addresses of this program's jobs without a name begin with it. */
  readonly prefix: string;
  /** What {@link Tidying.highest} was when each job that still waits was enqueued. */
  waiting(): Iterable<number>;
}

/** Forgets answers. */
export class Tidying {
  readonly #parts: TidyingParts;
  #highest = 0;
  /** The number of the last answer that was forgotten. */
  #done = 0;
  #withdrawn: { readonly number: number; readonly until: number }[] = [];
  #timer: Timer | null = null;

  constructor(parts: TidyingParts) {
    this.#parts = parts;
  }

  /** The highest number of an answer that is known of. */
  get highest(): number {
    return this.#highest;
  }

  /** An answer was taken. */
  took(broker: Broker, number: number): void {
    this.#highest = Math.max(this.#highest, number);
    this.#timer ??= this.#parts.clock.schedule(EVERY, () => {
      this.#timer = null;
      void this.tidy(broker);
    });
  }

  /** An answer was left that says that its job is withdrawn. */
  withdrew(number: number): void {
    this.#withdrawn.push({ number, until: this.#parts.clock.now() + WITHDRAWN });
  }

  /** Forgets what can be. Never rejects: who has not the right to leaves it to time. */
  async tidy({ jsm, purges }: Broker): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    const { names, prefix, clock, waiting } = this.#parts;
    this.#withdrawn = this.#withdrawn.filter(({ until }) => until > clock.now());
    let upTo = this.#highest;
    for (const number of waiting()) upTo = Math.min(upTo, number);
    for (const { number } of this.#withdrawn) upTo = Math.min(upTo, number - 1);
    if (upTo <= this.#done || !purges) return;
    this.#done = upTo;
    await jsm.streams.purge(names.answers, { filter: names.answer(`${prefix}.>`), seq: upTo + 1 }).catch(() => {});
  }
}
