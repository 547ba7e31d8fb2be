/**
 * Durations, counted in classes: any number of them in the same small memory.
 *
 * @module
 */

/** Classes for each doubling: each is 2^(1/8), or 9 %, wide. */
const STEPS = 8;

/** From a microsecond to twelve days. */
const CLASSES = 40 * STEPS;

/** What is told of many durations, in milliseconds. */
export interface Durations {
  /** How many there were. */
  readonly count: number;
  /** 0 if there were none; so are the others. */
  readonly mean: number;
  /** Half of them were no longer; too long by 9 % at most, as those below. */
  readonly p50: number;
  /** 90 % of them were no longer. */
  readonly p90: number;
  /** 99 % of them were no longer. */
  readonly p99: number;
  /** The longest, exactly. */
  readonly max: number;
}

/** Durations, in milliseconds. */
export class Histogram {
  readonly #counts = new Float64Array(CLASSES);
  #count = 0;
  #sum = 0;
  #max = 0;

  /** Counts one. */
  record(duration: number): void {
    this.#counts[classOf(duration)]!++;
    this.#count++;
    this.#sum += duration;
    if (duration > this.#max) this.#max = duration;
  }

  /** Counts what another has counted, too. */
  add(other: Histogram): void {
    for (let at = 0; at < CLASSES; at++) this.#counts[at]! += other.#counts[at] as number;
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#max = Math.max(this.#max, other.#max);
  }

  /** A snapshot. */
  get durations(): Durations {
    const mean = this.#count === 0 ? 0 : this.#sum / this.#count;
    const [p50, p90, p99] = [this.#atMost(0.5), this.#atMost(0.9), this.#atMost(0.99)];
    return { count: this.#count, mean, p50, p90, p99, max: this.#max };
  }

  /** What so large a part of all is not longer than. */
  #atMost(part: number): number {
    let left = part * this.#count;
    for (let at = 0; at < CLASSES; at++) {
      left -= this.#counts[at] as number;
      if (left <= 0) return Math.min(endOf(at), this.#max);
    }
    return this.#max;
  }
}

function classOf(duration: number): number {
  const microseconds = duration * 1_000;
  // Also what is negative, or not a number.
  if (!(microseconds > 1)) return 0;
  return Math.min(CLASSES - 1, Math.ceil(Math.log2(microseconds) * STEPS));
}

/** The longest duration in a class, in milliseconds. */
function endOf(at: number): number {
  return 2 ** (at / STEPS) / 1_000;
}
