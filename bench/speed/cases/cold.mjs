import { checked } from "../closed-loop.mjs";
import { noop } from "../tasks.mjs";

/** @import { Case } from "../cases.mjs" */

/** @type {Case} */
export const cold = {
  name: "cold",
  title: "Cold start",
  meaning:
    'A whole program, from its start to its end: import, make a pool of one worker, one job, close. "no worker" does ' +
    "none of that.",
  metrics: [{ name: "wall", unit: "ms", better: "lower" }],
  short: false,
  message: true,
  carries: "plain",
  repetitions: 5,
  limit: 15_000,
  whole: "wall",
  async run({ start }) {
    const pool = await start({ size: 1, warm: false });
    await checked(pool, noop, 7);
    await pool.close();
  },
};
