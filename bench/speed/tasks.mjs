// The jobs of the cases, with their right answers.
import work from "./workers/work.cjs";

/** @import { Task } from "./closed-loop.mjs" */

/** @type {Task} */
export const noop = { args: (n) => ({ job: "noop", n }), right: (value, n) => value === n };

/**
 * A loop of this length.
 *
 * @param {number} loops
 * @returns {Task}
 */
export function spin(loops) {
  const answer = work.spin(loops);
  const args = { job: "spin", loops };
  return { args: () => args, right: (value) => value === answer };
}

const PASSWORDS = ["correct", "horse", "battery", "staple"].map((password) => ({ job: "scrypt", password }));

/**
 * A password hash, about 10 ms.
 *
 * @returns {Task}
 */
export function scrypt() {
  const answers = PASSWORDS.map(work);
  return {
    args: (i) => PASSWORDS[i % PASSWORDS.length],
    right: (value, i) => value === answers[i % PASSWORDS.length],
  };
}

/**
 * A value there and back. What comes back is compared in full for the first ones, then where samples are taken.
 *
 * @param {unknown} value
 * @param {(back: any, thorough: boolean) => boolean} same
 * @returns {Task}
 */
export function echo(value, same) {
  const args = { job: "echo", value };
  return { args: () => args, right: (back, i) => same(back, i < 2) };
}
