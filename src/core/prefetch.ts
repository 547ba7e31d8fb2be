/**
 * How many jobs a worker is given beyond those that it runs, so that it has the next at hand when one ends.
 *
 * Only short jobs are sent ahead ({@link LONGEST}): as many as keep a worker busy for {@link AHEAD}. One that turns out long
 * holds up those behind it no longer than {@link Prefetch.patience}, because what a worker has not begun by then is taken
 * back. (Without that, the depth would have to go by E[S²]/E[S], the run that a job finds before it, and a busy machine makes one job in some
 * hundreds so long that hardly anything would ever be sent ahead.)
 *
 * @module
 */

/**
 * How long the jobs that were sent ahead of a worker are to keep it busy, in milliseconds: longer than a busy machine takes
 * to have the host read an answer and send the next job. Jobs in different workers may change places by as much.
 */
const AHEAD = 3;

/** Jobs that take longer by the mean are not sent ahead, in milliseconds: a worker that runs one is silent for too long. */
const LONGEST = 2.5;

/** After how many runs a worker that says nothing counts as silent: it may keep an answer back for one more. */
const PATIENT_RUNS = 3;

/** The shortest time after which it does, in milliseconds: longer than it keeps back answers of short jobs. */
const SHORTEST_PATIENCE = 2.5;

/** The most that are sent ahead per place. */
const MOST = 128;

/** How many runs are remembered, roughly. */
const MEMORY = 256;

/**
 * How rare jobs that take longer than {@link AHEAD} must be to count as exceptions, which cost those behind them no
 * more than being taken back. On a busy machine the system makes a job in some hundreds look like one.
 */
const RARE = 1 / 64;

/** Decides how many jobs are sent ahead. */
export class Prefetch {
  readonly #fixed: number | null;
  #runs = 0;
  /** The part of jobs that took long. */
  #long = 0;
  /** The mean of what the others took. */
  #mean = 0;

  /** @param asked How many, or `"auto"`. */
  constructor(asked: number | "auto") {
    this.#fixed = asked === "auto" ? null : asked;
  }

  /** A job has taken so many milliseconds. */
  record(took: number): void {
    const part = 1 / Math.min(++this.#runs, MEMORY);
    const long = took > AHEAD;
    this.#long += (Number(long) - this.#long) * part;
    if (!long) this.#mean += (took - this.#mean) * part;
  }

  /** How many jobs to send ahead per place. */
  get depth(): number {
    if (this.#fixed !== null) return this.#fixed;
    if (this.#runs === 0 || this.#long > RARE || this.#mean > LONGEST) return 0;
    return Math.min(Math.floor(AHEAD / this.#mean), MOST);
  }

  /** How long so many jobs take, in milliseconds; Infinity where many are long. */
  work(jobs: number): number {
    return this.#long > RARE ? Infinity : jobs * this.#mean;
  }

  /** How long a worker that jobs were sent ahead to may say nothing before it is taken to run a long job, in milliseconds. */
  get patience(): number {
    return Math.max(SHORTEST_PATIENCE, PATIENT_RUNS * this.#mean);
  }
}
