import { monitorEventLoopDelay } from "node:perf_hooks";
import { closedLoop } from "../closed-loop.mjs";
import { spin } from "../tasks.mjs";

/** @import { Case } from "../cases.mjs" */

/** @type {Case} */
export const delay = {
  name: "delay",
  title: "The program's own event loop",
  meaning:
    "monitorEventLoopDelay (resolution 1 ms, which is in the figure) while the workers are kept busy with 100 µs jobs, " +
    "32 outstanding.",
  metrics: [{ name: "p50", unit: "ms", better: "lower" }, { name: "p99", unit: "ms", better: "lower" }],
  short: true,
  message: false,
  carries: "plain",
  repetitions: 3,
  limit: 20_000,
  async run({ start, record, quick, machine }) {
    const pool = await start();
    const task = spin(Math.round(machine.loops / 10));
    const ms = quick ? 300 : 1_000;
    await closedLoop(pool, task, { outstanding: 32, ms: ms / 2 });
    const histogram = monitorEventLoopDelay({ resolution: 1 });
    histogram.enable();
    await closedLoop(pool, task, { outstanding: 32, ms });
    histogram.disable();
    if (!(histogram.percentile(99) > 0)) {
      throw new Error("monitorEventLoopDelay measures nothing here");
    }
    record("p50", histogram.percentile(50) / 1e6);
    record("p99", histogram.percentile(99) / 1e6);
  },
};
