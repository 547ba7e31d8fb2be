/**
 * How many jobs a worker is given beyond those that it runs, so that it has the next at hand when one ends.
 *
 * Only short jobs are sent ahead: as many as keep a worker busy for {@link LOOK_AHEAD}. One that turns out long holds up
 * those behind it no longer than that, because what a worker has not begun by then is taken back. (Without that, the depth
 * would have to go by E[S²]/E[S], the run that a job finds before it, and a busy machine makes one job in some hundreds so
 * long that hardly anything would ever be sent ahead.)
 *
 * @module
 */

/** How long the jobs that were sent ahead of a worker are to keep it busy, in milliseconds. */
export const LOOK_AHEAD = 2;

/** The most that are sent ahead per place. */
const MOST = 128;

/** How many runs are remembered, roughly. */
const MEMORY = 256;

/**
 * How rare jobs that take longer than {@link LOOK_AHEAD} must be to count as exceptions, which cost those behind them no
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
    const long = took > LOOK_AHEAD;
    this.#long += (Number(long) - this.#long) * part;
    if (!long) this.#mean += (took - this.#mean) * part;
  }

  /** How many jobs to send ahead per place. */
  get depth(): number {
    if (this.#fixed !== null) return this.#fixed;
    if (this.#runs === 0 || this.#long > RARE) return 0;
    return Math.min(Math.floor(LOOK_AHEAD / this.#mean), MOST);
  }
}
