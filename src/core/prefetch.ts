/**
 * How many jobs a worker is given beyond those that it runs, so that it has the next at hand when one ends.
 *
 * What is sent ahead of a job that waits behind it costs it time if those before it turn out long, so only short jobs are
 * sent ahead: as many as a worker is expected to need {@link LOOK_AHEAD} for. A worker in which a job runs longer than that
 * has the rest taken back.
 *
 * @module
 */

/** How long the jobs that were sent ahead of a worker are to keep it busy, in milliseconds. */
export const LOOK_AHEAD = 2;

/** The most that are sent ahead per place. */
const MOST = 128;

/** How many runs are remembered, roughly. */
const MEMORY = 256;

/** Decides how many jobs are sent ahead. */
export class Prefetch {
  readonly #fixed: number | null;
  #runs = 0;
  /** Moments of the time that jobs take: E[S] and E[S²]. */
  #mean = 0;
  #square = 0;

  /** @param asked How many, or `"auto"`. */
  constructor(asked: number | "auto") {
    this.#fixed = asked === "auto" ? null : asked;
  }

  /** A job has taken so many milliseconds. */
  record(took: number): void {
    const part = 1 / Math.min(++this.#runs, MEMORY);
    this.#mean += (took - this.#mean) * part;
    this.#square += (took * took - this.#square) * part;
  }

  /**
   * How many jobs to send ahead per place. Biased by length: what a job that comes at a random moment finds running is not
   * the mean run but E[S²]/E[S], in which the long ones count as much as they hold up.
   */
  get depth(): number {
    if (this.#fixed !== null) return this.#fixed;
    if (this.#runs === 0) return 0;
    const biased = this.#mean > 0 ? this.#square / this.#mean : 0;
    return Math.min(Math.floor(LOOK_AHEAD / biased), MOST);
  }
}
