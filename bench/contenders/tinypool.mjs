import process from "node:process";

/** @import { Contender } from "../contenders.mjs" */

const ADVANCED = { serialization: "advanced" };

/**
 * @param {"process" | "thread"} isolation
 * @returns {Contender}
 */
const contender = (isolation) => ({
  name: `tinypool ${isolation}`,
  package: "tinypool",
  isolation,
  file: "function.mjs",
  timeout: true,
  limits: [0, 1],
  settings: {
    ...(isolation === "process" ? { faults: ADVANCED, binary: ADVANCED } : {}),
    tuned: { concurrentTasksPerWorker: 16 },
  },
  async start(file, { size, timeout, limit, settings }) {
    const { Tinypool } = await import("tinypool");
    const pool = new Tinypool({
      filename: file.href,
      runtime: isolation === "process" ? "child_process" : "worker_threads",
      env: process.env,
      minThreads: size,
      maxThreads: size,
      ...(limit === undefined ? {} : { maxQueue: limit }),
      ...settings,
    });
    pool.on("error", () => {});
    return {
      run: (args, timed) => pool.run(args, timed ? { signal: AbortSignal.timeout(timeout) } : {}),
      close: () => pool.destroy(),
    };
  },
});

export default [contender("thread"), contender("process")];
