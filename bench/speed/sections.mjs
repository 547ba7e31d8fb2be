// What was measured, case by case; and bench/results.json, which keeps the newest of each case on each runtime: all of them take
// hours, and need not be measured in one go.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/bin.mjs";
import { NAMES } from "./runtimes.mjs";

/** @import { Case, Machine } from "./cases.mjs" */
/** @import { Entrant } from "./entrants.mjs" */
/** @import { Outcomes } from "./ratios.mjs" */
/** @import { Results } from "./report.mjs" */
/** @import { Stamp } from "./stamp.mjs" */

/**
 * A case on a runtime.
 *
 * @typedef {object} Section
 * @property {{ name: string, title: string }} runtime
 * @property {Case} test
 * @property {{ entrant: Entrant, outcomes: Outcomes }[]} rows
 * @property {Machine[]} machines Of each repetition.
 * @property {Stamp} stamp
 */

/** Where they are kept. */
export const FILE = join(root, "bench/results.json");

/**
 * @param {Results} results
 * @param {Stamp} stamp
 * @returns {Section[]}
 */
export const sectionsOf = ({ runtime: { name, title }, tests, machines }, stamp) =>
  tests.map(({ test, rows }) => ({
    runtime: { name, title },
    test,
    rows,
    machines: machines.slice(0, rows[0].outcomes.length),
    stamp,
  }));

/**
 * Keeps these in the place of older ones, and gives all that are kept, in the order of the tables.
 *
 * @param {Section[]} sections
 * @param {{ CASES: Case[], ENTRANTS: Entrant[] }} known
 */
export function keep(sections, known) {
  const isNewer = (old) => sections.some((one) => keyOf(one) === keyOf(old));
  const kept = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")).flatMap((one) => restored(one, known)) : [];
  const order = ({ runtime, test }) => NAMES.indexOf(runtime.name) * known.CASES.length + known.CASES.indexOf(test);
  const all = [...kept.filter((old) => !isNewer(old)), ...sections].sort((a, b) => order(a) - order(b));
  writeFileSync(FILE, `[\n${all.map((section) => JSON.stringify(plain(section))).join(",\n")}\n]\n`);
  return all;
}

/** @param {Section} section */
const keyOf = ({ runtime, test }) => `${runtime.name} ${test.name}`;

/** Cases and entrants by name: what they do is not kept. @param {Section} section */
const plain = ({ test, rows, ...rest }) => ({
  ...rest,
  test: test.name,
  rows: rows.map(({ entrant, outcomes }) => ({ entrant: entrant.name, outcomes })),
});

/**
 * None if there is no such case any more.
 *
 * @param {ReturnType<typeof plain>} kept
 * @param {{ CASES: Case[], ENTRANTS: Entrant[] }} known
 * @returns {Section[]}
 */
function restored({ test: name, rows, ...rest }, { CASES, ENTRANTS }) {
  const test = CASES.find((one) => one.name === name);
  if (test === undefined) return [];
  const present = rows.flatMap(({ entrant: name, outcomes }) => {
    const entrant = ENTRANTS.find((one) => one.name === name);
    return entrant === undefined ? [] : [{ entrant, outcomes }];
  });
  return [{ ...rest, test, rows: present }];
}
