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
  /** How many runs the mean stands for; fades like the prediction. */
  #weight = 0;
  #runs = 0;
  #recordedAt = 0;

  /** How many runs were recorded. */
  get runs(): number {
    return this.#runs;
  }

  /** Records one run that ended well; those that failed say little about the next. */
  record(ran: number, now: number): void {
    this.#runs++;
    // The mean itself must not fade here: jobs that run for minutes would be taken for short ones.
    this.#weight = Math.min(this.#weight * this.#remembered(now) + 1, MEMORY);
    this.#mean += (ran - this.#mean) / this.#weight;
    this.#recordedAt = now;
  }

  /** Predicted run of one job, in milliseconds; 0 while nothing is known. */
  run(now: number): number {
    return this.#mean * this.#remembered(now);
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

  /** The part that is not forgotten by now. */
  #remembered(now: number): number {
    return 2 ** (-(now - this.#recordedAt) / HALF_LIFE);
  }
}
