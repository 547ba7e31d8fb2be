/**
 * Predicts how long a job takes, from the runs of those before it.
 *
 * @module
 */

/** How many runs the average remembers, roughly. */
const MEMORY = 32;

/**
 * Milliseconds without any job after which half of the prediction is forgotten, so that a slow spell can't last for ever.
 * Time in which jobs run does not count: of jobs that take minutes nothing new is known for minutes.
 */
const HALF_LIFE = 30_000;

/** Exponentially weighted mean of run times. */
export class Estimator {
  #mean = 0;
  /** How many runs the mean stands for; fades like the prediction. */
  #weight = 0;
  #runs = 0;
  /** The part of the prediction that is left after the rests since the last run. */
  #left = 1;
  /** Since when no job runs, or null. */
  #restsSince: number | null = null;

  /** How many runs were recorded. */
  get runs(): number {
    return this.#runs;
  }

  /** Says whether a job runs from now on. */
  watch(runs: boolean, now: number): void {
    if (!runs) {
      this.#restsSince ??= now;
      return;
    }
    this.#left = this.#remembered(now);
    this.#restsSince = null;
  }

  /** Records one run that ended well; those that failed say little about the next. */
  record(ran: number): void {
    this.#runs++;
    // The mean itself must not fade: jobs that are far apart would be taken for short ones.
    this.#weight = Math.min(this.#weight * this.#left + 1, MEMORY);
    this.#mean += (ran - this.#mean) / this.#weight;
    this.#left = 1;
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
    return this.#restsSince === null ? this.#left : this.#left * 2 ** (-(now - this.#restsSince) / HALF_LIFE);
  }
}
