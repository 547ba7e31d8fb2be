// Jobs one after the other, with as many outstanding as asked for: each answer sends the next.

/** @import { Pool } from "../contenders.mjs" */

/**
 * @typedef {object} Task
 * @property {(i: number) => object} args The arguments of the i-th job.
 * @property {(value: any, i: number) => boolean} right Whether this is its answer.
 *
 * @typedef {object} Loop
 * @property {number} outstanding
 * @property {number} [ms] How long to go on.
 * @property {number} [least] How many jobs to run at least.
 * @property {number[]} [latencies] Gets how long each job took, in milliseconds.
 */

/** An answer that is not the job's. */
export class WrongAnswer extends Error {
  name = "WrongAnswer";
}

/**
 * Runs a job, and checks its answer.
 *
 * @param {Pool} pool
 * @param {Task} task
 * @param {number} i
 */
export async function checked(pool, task, i) {
  const value = await pool.run(task.args(i));
  if (!task.right(value, i)) {
    throw new WrongAnswer(`job ${i} was answered with ${brief(value)}`);
  }
}

/** @param {unknown} value */
const brief = (value) => typeof value === "object" ? Object.prototype.toString.call(value) : String(value).slice(0, 60);

/**
 * Gives the jobs per second, the last ones not counted, which run out with nothing behind them.
 *
 * @param {Pool} pool
 * @param {Task} task
 * @param {Loop} loop
 * @returns {Promise<number>}
 */
export function closedLoop(pool, task, { outstanding, ms = 0, least = outstanding, latencies }) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    let sent = 0;
    let done = 0;
    /** @type {number | null} */
    let rate = null;
    const send = () => {
      const i = sent++;
      const begun = performance.now();
      const settled = (value) => {
        if (!task.right(value, i)) {
          return reject(new WrongAnswer(`job ${i} was answered with ${brief(value)}`));
        }
        done++;
        const now = performance.now();
        latencies?.push(now - begun);
        if (rate === null && now - start >= ms && done >= least) {
          rate = done / (now - start) * 1_000;
        }
        if (rate === null) send();
        else if (done === sent) resolve(rate);
      };
      pool.run(task.args(i)).then(settled, reject);
    };
    for (let i = 0; i < outstanding; i++) send();
  });
}

/**
 * Runs jobs for as long as runtimes take to compile what is run often: for everyone the same time.
 *
 * @param {Pool} pool
 * @param {Task} task
 * @param {boolean} quick
 */
export async function warmUp(pool, task, quick) {
  await closedLoop(pool, task, { outstanding: 16, ms: quick ? 250 : 2_000 });
}
