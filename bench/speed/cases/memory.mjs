import process from "node:process";
import { closedLoop } from "../closed-loop.mjs";
import { memoryOf } from "../process-tree.mjs";
import { noop } from "../tasks.mjs";

/** @import { Case } from "../cases.mjs" */

/** @type {Case} */
export const memory = {
  name: "memory",
  title: "Memory",
  meaning:
    "Of the whole tree of processes, with 2 idle workers, after 1,000 no-op jobs. PSS: pages that are shared count once.",
  metrics: [{ name: "PSS", unit: "MB", better: "lower" }, { name: "RSS", unit: "MB", better: "lower" }],
  short: false,
  message: false,
  carries: "plain",
  repetitions: 3,
  limit: 15_000,
  async run({ start, record }) {
    const pool = await start();
    await closedLoop(pool, noop, { outstanding: 16, least: 1_000 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { pss, rss } = memoryOf(process.pid);
    record("PSS", pss);
    record("RSS", rss);
  },
};
