/**
 * A set of counting numbers, most of which follow one another.
 *
 * @module
 */

/** From the first to the last, both included. */
export type Range = readonly [first: number, last: number];

/** Takes as much memory as there are gaps: of the jobs of a run no more than are under way at once. */
export class Ranges {
  /** Ascending, with a gap between any two. */
  readonly #ranges: [first: number, last: number][];

  constructor(ranges: readonly Range[] = []) {
    this.#ranges = ranges.map(([first, last]) => [first, last]);
  }

  has(number: number): boolean {
    const range = this.#ranges[this.#after(number) - 1];
    return range !== undefined && number <= range[1];
  }

  add(number: number): void {
    if (this.has(number)) return;
    const at = this.#after(number);
    const before = this.#ranges[at - 1];
    const after = this.#ranges[at];
    const joinsBefore = before?.[1] === number - 1;
    const joinsAfter = after?.[0] === number + 1;
    if (before && after && joinsBefore && joinsAfter) {
      before[1] = after[1];
      this.#ranges.splice(at, 1);
    } else if (before && joinsBefore) before[1] = number;
    else if (after && joinsAfter) after[0] = number;
    else this.#ranges.splice(at, 0, [number, number]);
  }

  /** How many numbers it has. */
  get size(): number {
    return this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  /** As the constructor takes them. */
  toJSON(): Range[] {
    return this.#ranges.map(([first, last]) => [first, last]);
  }

  /** The index of the first range that begins after the number. */
  #after(number: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as Range)[0] <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
