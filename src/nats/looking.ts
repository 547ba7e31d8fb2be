/**
 * Looks for what may be known of a job before a host runs it: the answer that it has already, and how many hosts it has been lost with.
 *
 * @module
 */

import type { Delivery } from "./delivery.ts";
import type { GivingBack } from "./giving-back.ts";
import { type AnswerLetter, isVoid, type JobLetter } from "./letters.ts";
import type { Broker } from "./link.ts";
import { isNamed, type Names } from "./names.ts";
import { findStored, forgetStored } from "./stored.ts";
import type { Withdrawn } from "./withdrawn.ts";

/** What was found. */
export interface Known {
  readonly before: AnswerLetter | null;
  readonly losses: number;
}

export const UNKNOWN: Known = { before: null, losses: 0 };

/** What looking is given to work with. */
export interface LookingParts {
  readonly broker: Broker;
  readonly names: Names;
  readonly givingBack: GivingBack;
  readonly withdrawn: Withdrawn;
  /** How often a job is given to a host; then it is given up. */
  readonly maxDeliveries: number;
}

/** Looks for the jobs that one host has of one queue. */
export class Looking {
  readonly #parts: LookingParts;
  /** Those that are looked for now; null if none are. */
  #now: Promise<unknown> | null = null;

  constructor(parts: LookingParts) {
    this.#parts = parts;
  }

  /**
   * What is known of a job that has come; null if it need not be looked for. Those that come after it wait for it: all others would
   * overtake it otherwise.
   */
  for(delivery: Delivery, address: string, letter: JobLetter): Promise<Known> | null {
    const before = this.#now;
    if (!this.#isWorthIt(delivery, address, letter)) return before && before.then(() => UNKNOWN);
    const own = Promise.all([this.#answerTo(address, letter), this.#lossesOf(delivery)]);
    const now = Promise.allSettled([before, own]);
    this.#now = now;
    return this.#found(now, own);
  }

  async #found(now: Promise<unknown>, own: Promise<[AnswerLetter | null, number]>): Promise<Known> {
    await now;
    if (this.#now === now) this.#now = null;
    const [before, losses] = await own;
    return { before, losses };
  }

  #isWorthIt({ count, sequence }: Delivery, address: string, { over }: JobLetter): boolean {
    return count > 1 || this.#parts.withdrawn.mayHave(sequence) || isNamed(address) || over > 0;
  }

  async #answerTo(address: string, { over }: JobLetter): Promise<AnswerLetter | null> {
    const { broker, names } = this.#parts;
    const found = await findStored(broker, names, address);
    if (found === null) return null;
    const { answer, sequence } = found;
    if (answer !== null && !(sequence === over && isVoid(answer))) return answer;
    // It is none to this job, and in the way of its own. Nobody but hosts may delete: the right is to all answers.
    await forgetStored(broker, names.answers, sequence);
    return null;
  }

  /** Only of one that came more often than it may be lost. */
  async #lossesOf(delivery: Delivery): Promise<number> {
    return delivery.count > this.#parts.maxDeliveries ? await this.#parts.givingBack.losses(delivery) : 0;
  }
}
