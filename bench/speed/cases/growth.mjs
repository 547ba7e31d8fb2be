import { readFileSync } from "node:fs";
import process from "node:process";
import { warmUp } from "../closed-loop.mjs";
import { noop } from "../tasks.mjs";

/** @import { Case, Metric } from "../cases.mjs" */

const SIZES = [3, 4, 5, 6];

/** A size that is expected to take longer is left out, in milliseconds. */
const PATIENCE = 12_000;

/** @type {Case} */
export const growth = {
  name: "growth",
  title: "Many jobs that wait",
  meaning:
    "No-op jobs, all enqueued at once: time per job, and the most memory that the program's own process had (with its " +
    `threads). "too slow": expected to take more than ${PATIENCE / 1_000} s, going by the size before.`,
  metrics: SIZES.flatMap((size) => /** @type {Metric[]} */ ([
    { name: `1e${size}`, unit: "µs/job", better: "lower" },
    { name: `1e${size}: peak`, unit: "MB", better: "lower" },
  ])),
  short: true,
  message: false,
  carries: "plain",
  repetitions: 2,
  limit: 60_000,
  async run({ start, record, leaveOut, quick }) {
    const pool = await start();
    await warmUp(pool, noop, quick);
    let expected = 0;
    for (const size of SIZES) {
      const jobs = 10 ** size;
      if (expected > (quick ? 3_000 : PATIENCE)) {
        leaveOut(`1e${size}`, "too slow");
        leaveOut(`1e${size}: peak`, "too slow");
        continue;
      }
      const start = performance.now();
      await burst(pool, jobs);
      const ms = performance.now() - start;
      expected = ms * 10;
      record(`1e${size}`, ms / jobs * 1_000);
      record(`1e${size}: peak`, peak());
    }
  },
};

/**
 * @param {import("../../contenders.mjs").Pool} pool
 * @param {number} jobs
 */
function burst(pool, jobs) {
  return new Promise((resolve, reject) => {
    let done = 0;
    const answered = (i) => (value) => {
      if (!noop.right(value, i)) {
        return reject(new Error(`job ${i} was answered with ${value}`));
      }
      if (++done === jobs) resolve(undefined);
    };
    for (let i = 0; i < jobs; i++) {
      pool.run(noop.args(i)).then(answered(i), reject);
    }
  });
}

/** The most resident memory so far, in MB. */
function peak() {
  if (process.platform !== "linux") {
    return process.resourceUsage().maxRSS / 1024;
  }
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
}
