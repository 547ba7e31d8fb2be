/**
 * Counts what becomes of the jobs that a host has of one queue, and how long they take it.
 *
 * @module
 */

import { Estimator, Rest } from "../core/estimator.ts";
import type { HostReport } from "./host-report.ts";

/** In how many milliseconds half of what was counted is forgotten, for what is of late. */
const HALF_LIFE = 5_000;

/** Jobs are counted together that are answered within so many milliseconds: of several in one packet the first would have cost it all. */
const TOGETHER = 5;

/** What was counted. */
export type Figures = Pick<HostReport, "done" | "failed" | "ran" | "rate" | "capacity">;

/** Counts the jobs of one queue. */
export class Tally {
  readonly #slots: number;
  readonly #now: () => number;
  readonly #rest = new Rest();
  readonly #ran = new Estimator(this.#rest);
  /**
   * For how long a job keeps a slot: all that it takes, and not the wait for its turn of what was taken ahead. Nor does it count while
   * no job has begun: its worker is being started.
   */
  readonly #cost = new Estimator(this.#rest);
  #held = 0;
  #begun = 0;
  /** How long slots were taken since jobs were last counted, together; how many were answered since; and when the first was. */
  #spent = 0;
  #answers = 0;
  #answersAt = 0;
  #at: number;
  readonly #since: number;
  #done = 0;
  #failed = 0;
  #recent = 0;
  #recentAt: number;

  /** @param now Milliseconds, of a clock that never runs backwards. */
  constructor(slots: number, now: () => number) {
    this.#slots = slots;
    this.#now = now;
    this.#since = this.#at = this.#recentAt = now();
    this.#rest.watch(false, this.#since);
  }

  /** The host has one job more. */
  taken(): void {
    this.#spend();
    if (this.#held++ === 0) this.#rest.watch(true, this.#at);
  }

  /** One of them runs. */
  began(): void {
    this.#spend();
    this.#begun++;
  }

  /** It runs no more. */
  ended(): void {
    this.#spend();
    this.#begun--;
  }

  /** The host has one job less, whatever has become of it. */
  left(): void {
    this.#spend();
    if (--this.#held > 0) return;
    this.#count();
    this.#rest.watch(false, this.#at);
  }

  /**
   * One of them was answered. Before {@link Tally.left}.
   *
   * @param ran How long it ran, in milliseconds; 0 if it did not.
   */
  answered(ok: boolean, ran: number): void {
    this.#spend();
    if (this.#answers++ === 0) this.#answersAt = this.#at;
    if (ok) this.#ran.record(ran);
    if (ok) this.#done++;
    else this.#failed++;
    this.#recent = this.#recentUntil(this.#at) + 1;
    this.#recentAt = this.#at;
  }

  /** How long a slot has to do with one job, in milliseconds, whether jobs end one by one or many at a time; 0 while nothing is known. */
  get each(): number {
    this.#spend();
    return Math.min(this.#ran.run(this.#at), this.#cost.run(this.#at));
  }

  /** As they are now. */
  get figures(): Figures {
    this.#spend();
    const now = this.#at;
    const cost = this.#cost.run(now);
    // Of the time that there was at all, in its first seconds.
    const window = (HALF_LIFE / Math.LN2) * (1 - 2 ** ((this.#since - now) / HALF_LIFE));
    return {
      done: this.#done,
      failed: this.#failed,
      ran: this.#ran.run(now),
      rate: window > 0 ? (1000 * this.#recentUntil(now)) / window : 0,
      capacity: cost > 0 ? (1000 * this.#slots) / cost : 0,
    };
  }

  #count(): void {
    if (this.#answers === 0) return;
    for (let i = 0; i < this.#answers; i++) this.#cost.record(this.#spent / this.#answers);
    this.#spent = this.#answers = 0;
  }

  #spend(): void {
    const now = this.#now();
    if (now > this.#at && now >= this.#answersAt + TOGETHER) this.#count();
    if (this.#begun > 0) this.#spent += Math.min(this.#held, this.#slots) * (now - this.#at);
    this.#at = now;
  }

  #recentUntil(now: number): number {
    return this.#recent * 2 ** ((this.#recentAt - now) / HALF_LIFE);
  }
}
