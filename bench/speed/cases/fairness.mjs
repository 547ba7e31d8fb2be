import { checked, closedLoop } from "../closed-loop.mjs";
import { spin } from "../tasks.mjs";

/** @import { Pool } from "../../contenders.mjs" */
/** @import { Case } from "../cases.mjs" */

const LONG = 200;
const TINY = 0.05;

/** @type {Case} */
export const fairness = {
  name: "fairness",
  title: "Short jobs behind a long one",
  meaning:
    `A job of ${LONG} ms, then 60 of ${TINY * 1_000} µs: when the last of the short ones is answered. On a new pool, ` +
    "and on one that has had 4,000 of the short ones only. Some pools start their workers only now.",
  metrics: [{ name: "new", unit: "ms", better: "lower" }, { name: "after short jobs", unit: "ms", better: "lower" }],
  short: true,
  message: false,
  carries: "plain",
  repetitions: 5,
  limit: 25_000,
  async run({ start, record, quick, machine }) {
    const tiny = spin(Math.round(machine.loops * TINY));
    const long = spin(Math.round(machine.loops * LONG));
    const fresh = await start();
    await wait(300);
    record("new", await lastTiny(fresh, long, tiny));
    await fresh.close();
    const used = await start();
    await closedLoop(used, tiny, { outstanding: 16, least: quick ? 500 : 4_000 });
    record("after short jobs", await lastTiny(used, long, tiny));
  },
};

/**
 * @param {Pool} pool
 * @param {import("../closed-loop.mjs").Task} long
 * @param {import("../closed-loop.mjs").Task} tiny
 */
async function lastTiny(pool, long, tiny) {
  const start = performance.now();
  const first = checked(pool, long, 0);
  await Promise.all(Array.from({ length: 60 }, (_, i) => checked(pool, tiny, i)));
  const ms = performance.now() - start;
  await first;
  return ms;
}

/** @param {number} ms */
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
