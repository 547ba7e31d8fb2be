/**
 * Predicts how long a job takes, from the runs of those before it.
 *
 * @module
 */

/** How many runs the average remembers, roughly. */
const MEMORY = 32;

/** Milliseconds without a new run after which half of the prediction is forgotten, so that a slow spell can't last for ever. */
const HALF_LIFE = 30_000;

/** Exponentially weighted mean of run times. */
export class Estimator {
  #mean = 0;
  #runs = 0;
  #recordedAt = 0;

  /** How many runs were recorded. */
  get runs(): number {
    return this.#runs;
  }

  /** Records one run that ended well; those that failed say little about the next. */
  record(ran: number, now: number): void {
    this.#runs++;
    const before = this.run(now);
    this.#mean = before + (ran - before) / Math.min(this.#runs, MEMORY);
    this.#recordedAt = now;
  }

  /** Predicted run of one job, in milliseconds; 0 while nothing is known. */
  run(now: number): number {
    return this.#mean * 2 ** (-(now - this.#recordedAt) / HALF_LIFE);
  }

  /**
   * Predicted time until a new job is answered: its share of what waits before it, then its own run.
   *
   * @param waiting Jobs that wait for a slot, the new one included.
   * @param slots Jobs that can run at once.
   */
  latency(waiting: number, slots: number, now: number): number {
    return this.run(now) * (1 + waiting / slots);
  }
}
