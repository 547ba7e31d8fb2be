// What is asked for on the command line.
import { parseArgs } from "node:util";

/**
 * @typedef {object} Options
 * @property {string[] | null} cases
 * @property {string[] | null} contenders
 * @property {string[]} runtimes
 * @property {number | null} reps
 * @property {boolean} quick
 * @property {string | null} against
 * @property {boolean} write
 * @property {string | null} json
 */

/** A mistake of whoever gave the options. */
export class UsageError extends Error {
  name = "UsageError";
}

/**
 * @param {string[]} args
 * @returns {Options}
 */
export function parseOptions(args) {
  const { values } = parsed(args);
  const reps = values.reps === undefined ? null : Number(values.reps);
  if (reps !== null && !(Number.isInteger(reps) && reps > 0)) {
    throw new UsageError(`--reps must be a positive integer, got ${values.reps}`);
  }
  if (values.quick && values.write) {
    throw new UsageError("--quick is only to see that it works: its figures are not kept, so leave out --write");
  }
  if (values.write && (values.contenders !== undefined || values.against !== undefined)) {
    throw new UsageError("--write keeps whole cases: leave out --contenders and --against");
  }
  const cases = list(values.cases);
  const contenders = list(values.contenders);
  const whole = cases === null && contenders === null && !values.quick &&
    values.against === undefined;
  return {
    cases,
    contenders,
    runtimes: list(values.runtime) ?? ["node"],
    reps,
    quick: values.quick,
    against: values.against ?? null,
    write: values.write || whole,
    json: values.json ?? null,
  };
}

/** @param {string[]} args */
function parsed(args) {
  try {
    return parseArgs({
      args,
      options: {
        cases: { type: "string" },
        contenders: { type: "string" },
        runtime: { type: "string" },
        reps: { type: "string" },
        quick: { type: "boolean", default: false },
        against: { type: "string" },
        write: { type: "boolean", default: false },
        json: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** @param {string | undefined} names */
const list = (names) => names === undefined ? null : names.split(",").map((name) => name.trim()).filter(Boolean);

/**
 * Those whose name is asked for: the whole name, or the first words of it.
 *
 * @template {{ name: string }} T
 * @param {T[]} all
 * @param {string[] | null} asked
 * @param {string} what
 * @returns {T[]}
 */
export function chosen(all, asked, what) {
  if (asked === null) return all;
  /** @param {string} name */
  const matches = (name) => all.filter((one) => one.name === name || one.name.startsWith(`${name} `));
  const unknown = asked.filter((name) => matches(name).length === 0);
  if (unknown.length > 0) {
    throw new UsageError(
      `there is no ${what} ${unknown.join(", ")}; there are: ${all.map(({ name }) => name).join(", ")}`,
    );
  }
  return all.filter((one) => asked.some((name) => matches(name).includes(one)));
}
