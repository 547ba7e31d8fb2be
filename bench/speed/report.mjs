// The tables, in Markdown.
import { ENOUGH, ratio, spreadOf, verdict } from "./ratios.mjs";
import { table } from "./table.mjs";

/** @import { Case, Metric } from "./cases.mjs" */
/** @import { Entrant } from "./entrants.mjs" */
/** @import { Outcomes } from "./ratios.mjs" */
/** @import { Section } from "./sections.mjs" */
/** @import { Spread } from "./statistics.mjs" */

/**
 * All that was measured on a runtime.
 *
 * @typedef {object} Results
 * @property {import("./runtimes.mjs").Runtime} runtime
 * @property {{ test: Case, rows: { entrant: Entrant, outcomes: Outcomes }[] }[]} tests
 * @property {import("./cases.mjs").Machine[]} machines Of each repetition.
 */

/**
 * @param {Section} section
 * @returns {string[]} Paragraphs.
 */
export const sectionReport = ({ test, rows }) => [
  `### ${test.title}`,
  test.meaning,
  table([
    ["", ...test.metrics.flatMap(({ name, unit }) => [`${name}, ${unit}`, "times better"])],
    ...rows.map(({ entrant, outcomes }) => [
      entrant.name,
      ...test.metrics.flatMap((metric) => {
        const ours = rows.find((row) => row.entrant.name === `compute-cluster ${entrant.isolation}`);
        const times = ours === undefined || ours.entrant === entrant ? null : ratio(ours.outcomes, outcomes, metric);
        return [cell(outcomes, metric), shown(times)];
      }),
    ]),
  ]),
  ...failures(rows),
];

/**
 * @param {Outcomes} outcomes
 * @param {Metric} metric
 */
function cell(outcomes, { name }) {
  const value = spreadOf(outcomes, name);
  const ran = outcomes.filter((outcome) => outcome !== null);
  const failed = ran.find((outcome) => outcome.values[name] === undefined);
  const why = failed === undefined ? "" : failed.leftOut[name] ?? failed.failure?.kind ?? "not measured";
  return [shown(value), why].filter(Boolean).join(", ");
}

/** @param {{ entrant: Entrant, outcomes: Outcomes }[]} rows */
function failures(rows) {
  const lines = rows.flatMap(({ entrant, outcomes }) => {
    const failed = outcomes.flatMap((outcome) => outcome?.failure ?? []);
    if (failed.length === 0) return [];
    const ran = outcomes.filter((outcome) => outcome !== null).length;
    const message = failed[0].message.replaceAll(/\s+/g, " ").slice(0, 200);
    return [`- ${entrant.name}: ${failed[0].kind} (${failed.length} of ${ran}): ${message}`];
  });
  return lines.length === 0 ? [] : [lines.join("\n")];
}

/** @param {Spread | null} spread */
const shown = (spread) =>
  spread === null ? "" : `${number(spread.median)} (${number(spread.least)}–${number(spread.most)})`;

/** Three digits. @param {number} value */
export function number(value) {
  if (value >= 1_000) {
    return Math.round(Number(value.toPrecision(3))).toLocaleString("en-US");
  }
  return String(Number(value.toPrecision(3)));
}

/**
 * What a change did: this library as it is, compared with another build of it.
 *
 * @param {Section[]} sections
 * @param {string} ref
 * @returns {string[]} Paragraphs.
 */
export function changeReport(sections, ref) {
  const lines = sections.flatMap(({ test, rows }) =>
    rows.filter(({ entrant }) => entrant.baseline !== undefined).flatMap(
      ({ entrant, outcomes }) => {
        const now = rows.find((row) => row.entrant.name === entrant.baseline);
        return test.metrics.flatMap((metric) => {
          const times = now === undefined ? null : ratio(now.outcomes, outcomes, metric);
          if (times === null) return [];
          return [[entrant.baseline, `${test.name}, ${metric.name}`, shown(times), verdict(times)]];
        });
      },
    )
  );
  return [
    `### Compared with ${ref}`,
    `More than 1: better than at ${ref}. SLOWER: in every repetition, by more than half of what the repetitions differ by; ` +
    `with a question mark where there are fewer than ${ENOUGH} of them.`,
    table([["", "case", "times better", ""], ...lines]),
  ];
}

export const LEGEND = [
  '- A cell is the median of the repetitions, with the least and the most. "times better": how many times better ' +
  "compute-cluster is (with a function, in a process or in a thread, whichever the row is), measured in the same repetition: " +
  "less than 1 means that the other is better.",
  '- "tuned": the fastest documented options for short jobs (piscina, tinypool: concurrentTasksPerWorker 16; poolifier: a ' +
  "queue, 16 tasks per worker; worker-farm: maxConcurrentCallsPerWorker 64), and for typed arrays and long strings structured " +
  "clone instead of JSON. jest-worker and workerpool document none for short jobs. Without: the default options.",
  '- "message": an unmodified `process.on("message")` worker. "raw": a bare channel without a pool, one message per job.',
  '- "hang": not done in time. "wrong answer": a job was answered with something else. "crash": the program died.',
].join("\n");
