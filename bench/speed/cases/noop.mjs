import { closedLoop, warmUp } from "../closed-loop.mjs";
import { quantile } from "../statistics.mjs";
import * as tasks from "../tasks.mjs";

/** @import { Case } from "../cases.mjs" */

/** @type {Case} */
export const noop = {
  name: "noop",
  title: "No-op jobs",
  meaning: "Jobs that do nothing, with 1, 16 and 1000 outstanding, after 2 s of them: what a job costs.",
  metrics: [
    { name: "1: p50", unit: "µs", better: "lower" },
    { name: "1: p99", unit: "µs", better: "lower" },
    { name: "16", unit: "jobs/s", better: "higher" },
    { name: "1000", unit: "jobs/s", better: "higher" },
  ],
  short: true,
  message: true,
  carries: "plain",
  repetitions: 5,
  limit: 25_000,
  async run({ start, record, quick }) {
    const pool = await start();
    const ms = quick ? 200 : 500;
    await warmUp(pool, tasks.noop, quick);
    /** @type {number[]} */
    const latencies = [];
    await closedLoop(pool, tasks.noop, { outstanding: 1, ms, latencies });
    record("1: p50", quantile(latencies, 0.5) * 1_000);
    record("1: p99", quantile(latencies, 0.99) * 1_000);
    record("16", await closedLoop(pool, tasks.noop, { outstanding: 16, ms }));
    await closedLoop(pool, tasks.noop, { outstanding: 1_000, ms: ms / 2 });
    record("1000", await closedLoop(pool, tasks.noop, { outstanding: 1_000, ms }));
  },
};
