/**
 * Predicts how long a job takes, from the runs of those before it.
 *
 * @module
 */

/** How many runs the average remembers, roughly. */
const MEMORY = 32;

/** Milliseconds of rest after which half of a prediction is forgotten, so that a slow spell can't last for ever. */
const HALF_LIFE = 30_000;

/**
 * For how long no job has run. Time in which jobs run does not count: of jobs that take minutes nothing new is known for minutes.
 */
export class Rest {
  #total = 0;
  /** Since when no job runs, or null. */
  #since: number | null = null;

  /** Says whether a job runs from now on. */
  watch(runs: boolean, now: number): void {
    if (!runs) {
      this.#since ??= now;
      return;
    }
    this.#total = this.until(now);
    this.#since = null;
  }

  /** All of it until now, in milliseconds. */
  until(now: number): number {
    return this.#since === null ? this.#total : this.#total + now - this.#since;
  }

  /** All of it but for the rest under way: a job ends. */
  get past(): number {
    return this.#total;
  }
}

/** Exponentially weighted mean of run times. */
export class Estimator {
  readonly #rest: Rest;
  #mean = 0;
  /** How many runs the mean stands for; fades like the prediction. */
  #weight = 0;
  #runs = 0;
  /** How much rest there had been at the last run. */
  #at = 0;

  /** @param rest Of the cluster. */
  constructor(rest: Rest) {
    this.#rest = rest;
  }

  /** How many runs were recorded. */
  get runs(): number {
    return this.#runs;
  }

  /** Records one run that ended well; those that failed say little about the next. */
  record(ran: number): void {
    const { past } = this.#rest;
    this.#runs++;
    // The mean itself must not fade: jobs that are far apart would be taken for short ones.
    this.#weight = Math.min(this.#weight * this.#remembered(past) + 1, MEMORY);
    this.#mean += (ran - this.#mean) / this.#weight;
    this.#at = past;
  }

  /** Predicted run of one job, in milliseconds; 0 while nothing is known. */
  run(now: number): number {
    return this.#mean * this.#remembered(this.#rest.until(now));
  }

  /** The part that is not forgotten after so much rest. */
  #remembered(rest: number): number {
    return rest === this.#at ? 1 : 2 ** (-(rest - this.#at) / HALF_LIFE);
  }

  /** Another that knows what this one does. */
  copy(): Estimator {
    const copy = new Estimator(this.#rest);
    [copy.#mean, copy.#weight, copy.#runs, copy.#at] = [this.#mean, this.#weight, this.#runs, this.#at];
    return copy;
  }
}
