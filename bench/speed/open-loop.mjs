// Jobs that come when they come, whether or not those before are answered.
import { WrongAnswer } from "./closed-loop.mjs";
import { pseudoRandom } from "./statistics.mjs";

/** @import { Pool } from "../contenders.mjs" */
/** @import { Task } from "./closed-loop.mjs" */

/**
 * Gives how long each job took that was answered, from when it was due, in milliseconds. Jobs may be refused.
 *
 * @param {Pool} pool
 * @param {Task} task
 * @param {{ rate: number, seconds: number }} options Jobs per second, and for how long.
 */
export async function openLoop(pool, task, { rate, seconds }) {
  // As many as there are on average, at the same times for everyone.
  const random = pseudoRandom(7);
  const count = Math.round(rate * seconds);
  const times = Array.from({ length: count }, () => random() * seconds * 1_000)
    .sort((a, b) => a - b);
  /** @type {number[]} */
  const latencies = [];
  const start = performance.now();
  /** @param {number} i */
  const job = async (i) => {
    let value;
    try {
      value = await pool.run(task.args(i));
    } catch (error) {
      if (error.code === "CC_ERR_LATENCY") return;
      throw error;
    }
    if (!task.right(value, i)) {
      throw new WrongAnswer(`job ${i} was answered with ${value}`);
    }
    latencies.push(performance.now() - start - times[i]);
  };
  /** @type {Promise<void>[]} */
  const jobs = [];
  while (jobs.length < count) {
    const now = performance.now() - start;
    while (jobs.length < count && times[jobs.length] <= now) {
      jobs.push(job(jobs.length));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(jobs);
  return latencies;
}
