/**
 * Has the broker forget the answers that a program has taken: those of jobs without a name, which nobody will ask for again. All at once
 * up to a number, now and then: a request for each would cost as much as the job.
 *
 * An answer has a higher number than all that were there when its job was enqueued. So up to the lowest number that was the highest when
 * any job that still waits was enqueued, all have been taken. That holds as long as the stream of answers is the same: one that was made
 * anew begins to count again.
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
  /** In numbers that go on where those of a stream end that is there no more. */
  #highest = 0;
  /** The number before the first of the stream that there is. */
  #before = 0;
  /** When that was made; null before it is known. */
  #made: string | null = null;
  /** The number of the last answer that was forgotten. */
  #done = 0;
  #withdrawn: { readonly number: number; readonly until: number }[] = [];
  #timer: Timer | null = null;

  constructor(parts: TidyingParts) {
    this.#parts = parts;
  }

  /** The highest number of an answer that is known of; see {@link TidyingParts.waiting}. */
  get highest(): number {
    return this.#highest;
  }

  /** An answer was taken. */
  took(broker: Broker, number: number): void {
    this.#made ??= broker.answersMade;
    this.#highest = Math.max(this.#highest, this.#before + number);
    this.#timer ??= this.#parts.clock.schedule(EVERY, () => {
      this.#timer = null;
      void this.tidy(broker);
    });
  }

  /** An answer was left that says that its job is withdrawn: one without a name. */
  withdrew(number: number): void {
    this.#withdrawn.push({ number: this.#before + number, until: this.#parts.clock.now() + WITHDRAWN });
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
    try {
      if (await this.#isAnother(jsm)) return;
      this.#done = upTo;
      const seq = upTo - this.#before + 1;
      await jsm.streams.purge(names.answers, { filter: names.answer(`${prefix}.>`), seq });
    } catch {
      // It is left to time.
    }
  }

  /** Whether the stream was made anew since it was last looked at. What was taken of it until now stays until more is. */
  async #isAnother(jsm: Broker["jsm"]): Promise<boolean> {
    const { created } = await jsm.streams.info(this.#parts.names.answers);
    if (created === this.#made) return false;
    this.#made = created;
    const more = this.#highest - this.#before;
    this.#before += more;
    this.#done = this.#before;
    // Of which stream they are is not known: of the new one, at worst.
    this.#withdrawn = this.#withdrawn.map(({ number, until }) => ({ number: number + more, until }));
    return true;
  }
}
