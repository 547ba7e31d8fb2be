// All measurements on a runtime, in turns.
import process from "node:process";
import { calibrate, measure } from "./hosts.mjs";

/** @import { Case, Machine } from "./cases.mjs" */
/** @import { Entrant } from "./entrants.mjs" */
/** @import { Outcome } from "./hosts.mjs" */
/** @import { Options } from "./options.mjs" */
/** @import { Results } from "./report.mjs" */
/** @import { Runtime } from "./runtimes.mjs" */

/** @typedef {Results["tests"][number]} Test */

/**
 * @param {Runtime} runtime
 * @param {Case[]} cases
 * @param {Entrant[]} entrants
 * @param {Pick<Options, "reps" | "quick">} options
 * @returns {Promise<Results>}
 */
export async function measureAll(runtime, cases, entrants, { reps, quick }) {
  /** @type {Test[]} */
  const tests = cases.map((test) => {
    const times = reps ?? (quick ? 1 : test.repetitions);
    const rows = entrants.filter((entrant) => entrant.enters(test));
    return { test, rows: rows.map((entrant) => ({ entrant, outcomes: Array(times).fill(null) })) };
  }).filter(({ rows }) => rows.length > 0);
  const tell = progress(runtime, tests);
  /** @type {Machine[]} */
  const machines = [];
  const most = Math.max(0, ...tests.map(timesOf));
  for (let repetition = 0; repetition < most; repetition++) {
    machines.push(await calibrate(runtime));
    // A loop is as long as it is at the machine's best.
    const machine = { ...machines.at(-1), loops: Math.max(...machines.map(({ loops }) => loops)) };
    for (const { test, entrant, outcomes } of turns(tests, repetition)) {
      // It would only fail again, and take its time.
      const given = !entrant.own && outcomes.some((outcome) => outcome?.failure);
      if (!given) {
        outcomes[repetition] = await measure(runtime, test, entrant.name, { quick, machine, env: process.env });
      }
      tell(test, entrant, outcomes[repetition]);
    }
  }
  return { runtime, tests, machines };
}

/** How often something is measured. @param {Test} test */
const timesOf = ({ rows }) => rows[0].outcomes.length;

/**
 * Who comes when: in each repetition another begins.
 *
 * @param {Test[]} tests
 * @param {number} repetition
 */
const turns = (tests, repetition) =>
  tests.filter((test) => repetition < timesOf(test)).flatMap((one) => {
    const first = repetition * Math.ceil(one.rows.length / timesOf(one)) % one.rows.length;
    return [...one.rows.slice(first), ...one.rows.slice(0, first)].map((row) => ({ test: one.test, ...row }));
  });

/**
 * Tells on stderr what became of each measurement.
 *
 * @param {Runtime} runtime
 * @param {Test[]} tests
 */
function progress(runtime, tests) {
  const total = tests.reduce((sum, test) => sum + timesOf(test) * test.rows.length, 0);
  const begun = performance.now();
  let done = 0;
  /** @type {(test: Case, entrant: Entrant, outcome: Outcome | null) => void} */
  return (test, entrant, outcome) => {
    const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
    const values = Object.entries(outcome?.values ?? {}).map(([name, value]) =>
      `${name} = ${Number(value.toPrecision(3))}`
    );
    const failure = outcome?.failure ? [`${outcome.failure.kind} (${outcome.failure.message})`] : [];
    const said = outcome === null ? "failed before" : [...values, ...failure].join(", ");
    console.error(`${++done}/${total} ${minutes} min, ${runtime.name}, ${test.name}, ${entrant.name}: ${said}`);
  };
}
