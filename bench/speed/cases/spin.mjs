import { closedLoop, warmUp } from "../closed-loop.mjs";
import { spin } from "../tasks.mjs";

/** @import { Case } from "../cases.mjs" */

const LENGTHS = [
  { name: "100 µs", ms: 0.1, outstanding: 32 },
  { name: "1 ms", ms: 1, outstanding: 32 },
  { name: "20 ms", ms: 20, outstanding: 8 },
];

/** @type {Case} */
export const spinning = {
  name: "spin",
  title: "Jobs that compute",
  meaning:
    "Loops of 100 µs, 1 ms (32 outstanding) and 20 ms (8 outstanding), after 2 s of the shortest. 100 % is the ideal: " +
    "twice the best speed of a single loop with no pool.",
  metrics: LENGTHS.map(({ name }) => ({ name, unit: "%", better: "higher" })),
  short: true,
  message: true,
  carries: "plain",
  repetitions: 5,
  limit: 25_000,
  async run({ start, record, quick, machine }) {
    const pool = await start();
    const time = quick ? 200 : 500;
    await warmUp(pool, spin(Math.round(machine.loops * LENGTHS[0].ms)), quick);
    for (const { name, ms, outstanding } of LENGTHS) {
      const task = spin(Math.round(machine.loops * ms));
      await closedLoop(pool, task, { outstanding, ms: time / 2 });
      record(name, await closedLoop(pool, task, { outstanding, ms: time }) * ms / 2_000 * 100);
    }
  },
};
