import { fileURLToPath } from "node:url";

/** @import { Contender } from "../contenders.mjs" */

/**
 * @param {"process" | "thread"} isolation
 * @returns {Contender}
 */
const contender = (isolation) => ({
  name: `workerpool ${isolation}`,
  package: "workerpool",
  isolation,
  file: "workerpool.mjs",
  timeout: true,
  limits: [0, 1],
  async start(file, { size, timeout, limit }) {
    const { default: workerpool } = await import("workerpool");
    const pool = workerpool.pool(fileURLToPath(file), {
      workerType: isolation,
      maxWorkers: size,
      forkOpts: { serialization: "advanced" },
      ...(limit === undefined ? {} : { maxQueueSize: limit }),
    });
    return {
      run: (args, timed) => timed ? pool.exec("work", [args]).timeout(timeout) : pool.exec("work", [args]),
      close: () => pool.terminate(true),
    };
  },
});

export default [contender("thread"), contender("process")];
