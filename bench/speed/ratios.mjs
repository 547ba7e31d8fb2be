// How many times better one is than another, of measurements in the same repetition.
import { spread } from "./statistics.mjs";

/** @import { Metric } from "./cases.mjs" */
/** @import { Outcome } from "./hosts.mjs" */

/** What became of the repetitions; null where there was none. @typedef {(Outcome | null)[]} Outcomes */

/**
 * @param {Outcomes} outcomes
 * @param {string} metric
 */
export const spreadOf = (outcomes, metric) =>
  spread(outcomes.map((outcome) => outcome?.values[metric]).filter((value) => value !== undefined));

/**
 * More than 1: the first is better.
 *
 * @param {Outcomes} first
 * @param {Outcomes} second
 * @param {Metric} metric
 */
export function ratio(first, second, { name, better }) {
  const ratios = first.map((outcome, i) => {
    const [a, b] = [outcome?.values[name], second[i]?.values[name]];
    return better === "higher" ? a / b : b / a;
  });
  return spread(ratios.filter(Number.isFinite));
}

/** In fewer repetitions chance alone makes all agree too often. */
export const ENOUGH = 5;

/**
 * What a ratio says about a change: only what all repetitions agree on, and what is more than they differ by.
 *
 * @param {import("./statistics.mjs").Spread} ratios
 */
export function verdict({ count, median, least, most }) {
  const beyond = Math.abs(median - 1) > (most - least) / 2;
  const sure = count >= ENOUGH ? "" : "?";
  if (most < 1 && beyond) return `SLOWER${sure}`;
  if (least > 1 && beyond) return `faster${sure}`;
  return "no difference beyond the spread";
}
