/**
 * A quantile, between the two nearest values where it falls between them.
 *
 * @param {number[]} values
 * @param {number} q
 */
export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at - Math.floor(at));
}

/** @param {number[]} values */
export const median = (values) => quantile(values, 0.5);

/**
 * @typedef {object} Spread
 * @property {number} count How many values there were.
 * @property {number} median
 * @property {number} least
 * @property {number} most
 *
 * @param {number[]} values
 * @returns {Spread | null}
 */
export const spread = (values) =>
  values.length === 0
    ? null
    : { count: values.length, median: median(values), least: Math.min(...values), most: Math.max(...values) };

/**
 * Numbers that look random and are the same each time.
 *
 * @param {number} seed
 */
export function pseudoRandom(seed) {
  let x = seed >>> 0;
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return x / 2 ** 32;
  };
}
