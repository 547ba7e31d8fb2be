/**
 * Numbers that look random and come again with the same seed (mulberry32).
 *
 * @module
 */

/** A source of choices. */
export interface Random {
  /** At least 0, less than 1. */
  fraction(): number;
  /** At least 0, less than `limit`. */
  integer(limit: number): number;
  /** True once in `times`. */
  once(times: number): boolean;
  pick<T>(from: readonly T[]): T;
}

export function random(seed: number): Random {
  let state = seed | 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (limit: number): number => Math.floor(fraction() * limit);
  return {
    fraction,
    integer,
    once: (times) => integer(times) === 0,
    pick: (from) => {
      if (from.length === 0) throw new RangeError("nothing to pick from");
      return from[integer(from.length)]!;
    },
  };
}
