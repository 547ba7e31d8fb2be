// docs/benchmarks.md: the tables, and what they are worth nothing without.
import process from "node:process";
import { changeReport, LEGEND, number, resultsReport } from "./report.mjs";
import { machine, versions } from "./stamp.mjs";

/** @import { Results } from "./report.mjs" */

/** The file of a runtime's chart. @param {Results} results */
export const chartName = ({ runtime }) => `benchmarks-${runtime.name}.svg`;

/**
 * @param {Results[]} all
 * @param {{ ref: string | null, loads: string[], charts: Results[] }} about
 */
export function documentOf(all, { ref, loads: [before, after], charts }) {
  const given = process.argv.slice(2).filter((part, i, all) => part !== "--json" && all[i - 1] !== "--json");
  const command = ["npm run bench", ...(given.length > 0 ? ["--", ...given] : [])].join(" ");
  const rows = all.flatMap(({ tests }) => tests.flatMap(({ rows }) => rows));
  const packages = [...new Set(rows.flatMap(({ entrant }) => entrant.package ?? []))];
  return [
    "# Benchmarks",
    "How fast the same jobs are in different worker pools, with two workers each. Each measurement is made in a process of " +
    "its own, all take turns, all answers are checked. Figures differ from machine to machine and from hour to hour, ratios " +
    "less so: look at those, and at their spread.",
    `Made on ${
      new Date().toISOString().slice(0, 10)
    } by \`${command}\` on ${machine()}. Load average: ${before} before, ` +
    `${after} after. ${versions(packages)}.`,
    LEGEND,
    ...all.flatMap((results) => [
      `## ${results.runtime.title}`,
      abilities(results),
      ...(charts.includes(results) ? [`![Some of the results](${chartName(results)})`] : []),
      ...(ref === null ? [] : changeReport(results, ref)),
      ...resultsReport(results),
    ]),
  ].join("\n\n") + "\n";
}

/** What the machine could do in each repetition. @param {Results} results */
function abilities({ machines }) {
  const loops = machines.map(({ loops }) => number(loops)).join(", ");
  const scrypts = machines.map(({ scrypts }) => number(scrypts)).join(", ");
  return `In each repetition, a single loop did ${loops} steps per ms, and two bare processes ${scrypts} scrypt jobs per s.`;
}
