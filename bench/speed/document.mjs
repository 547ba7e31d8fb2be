// docs/benchmarks.md: the tables, and what they are worth nothing without.
import { changeReport, LEGEND, number, sectionReport } from "./report.mjs";

/** @import { Section } from "./sections.mjs" */

/** The file of a runtime's chart. @param {string} runtime */
export const chartName = (runtime) => `benchmarks-${runtime}.svg`;

/**
 * @param {Section[]} sections
 * @param {{ ref: string | null, charts: string[] }} about The runtimes that have a chart.
 */
export function documentOf(sections, { ref, charts }) {
  const runtimes = [...new Set(sections.map(({ runtime }) => runtime.name))];
  const machines = [...new Set(sections.map(({ stamp }) => stamp.machine))];
  const versions = [...new Set(sections.map(({ stamp }) => stamp.versions))];
  return [
    "# Benchmarks",
    "How fast the same jobs are in different worker pools, with two workers each. Each measurement is made in a process of " +
    "its own, all take turns, all answers are checked. Figures differ from machine to machine and from hour to hour, ratios " +
    "less so: look at those, and at their spread.",
    `Made by \`npm run bench\` on ${machines.join("; ")}. ${versions.join("; ")}.`,
    LEGEND,
    ...runtimes.flatMap((name) => {
      const own = sections.filter(({ runtime }) => runtime.name === name);
      return [
        `## ${[...new Set(own.map(({ runtime }) => runtime.title))].join(", ")}`,
        ...(charts.includes(name) ? [`![Some of the results](${chartName(name)})`] : []),
        ...(ref === null ? [] : changeReport(own, ref)),
        ...own.flatMap((section) => [...sectionReport(section), circumstances(section)]),
      ];
    }),
  ].join("\n\n") + "\n";
}

/** When, of what, and what the machine could do meanwhile. @param {Section} section */
function circumstances({ runtime, stamp, machines }) {
  const loops = machines.map(({ loops }) => loops);
  const scrypts = machines.map(({ scrypts }) => scrypts);
  return `_${stamp.day}, ${runtime.title}, commit ${stamp.commit}, ${machines.length} repetitions. A single loop did ${
    range(loops)
  } steps ` +
    `per ms, and two bare processes ${
      range(scrypts)
    } scrypt jobs per s. Load average: ${stamp.load.before} before all that was ` +
    `measured then, ${stamp.load.after} after._`;
}

/** @param {number[]} values */
const range = (values) => `${number(Math.min(...values))} to ${number(Math.max(...values))}`;
