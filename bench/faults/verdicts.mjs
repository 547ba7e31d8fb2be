// What all verdicts are made of. A verdict that begins with "ok" is a good one, "–" says that there is nothing to judge.

/**
 * What became of a job, as it is written down.
 *
 * @typedef {object} Outcome
 * @property {"value" | "error" | "hang"} state
 * @property {string} text
 * @property {number} ms
 */

/**
 * The verdict about a job that had to fail and the one after it.
 *
 * @param {{ first: Outcome, next: Outcome, runs?: number }} facts
 * @param {string} [ok] What to say if all is well.
 */
export function failedThenNext({ first, next, runs = 1 }, ok = "ok") {
  const wrong = [];
  if (first.state === "hang") wrong.push("hang");
  if (first.state === "value") wrong.push(`resolves ${brief(first.text)}`);
  if (runs > 1) wrong.push(`run ${runs} ×`);
  const after = nextJob(next);
  if (after !== null) wrong.push(after);
  return wrong.length === 0 ? ok : wrong.join(", ");
}

/**
 * What is wrong with the job after a fault, or null.
 *
 * @param {Outcome} next
 */
export function nextJob({ state, text }) {
  if (state === "hang") return "next job hangs";
  if (state === "error") return "next job fails";
  return text === "'next'" ? null : "next job: wrong value";
}

/** @param {string} text */
const brief = (text) => text.length > 12 ? "a value" : text;

/** @param {number} ms */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
