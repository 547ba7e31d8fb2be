import { fileURLToPath } from "node:url";

/** @import { Contender } from "../contenders.mjs" */

const ADVANCED = { forkOpts: { serialization: "advanced" } };

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
  settings: isolation === "process" ? { faults: ADVANCED, binary: ADVANCED } : {},
  async start(file, { size, timeout, limit, warm, settings }) {
    const { default: workerpool } = await import("workerpool");
    const pool = workerpool.pool(fileURLToPath(file), {
      workerType: isolation,
      maxWorkers: size,
      ...(warm ? { minWorkers: size } : {}),
      ...(limit === undefined ? {} : { maxQueueSize: limit }),
      ...settings,
    });
    return {
      run: (args, timed) => timed ? pool.exec("work", [args]).timeout(timeout) : pool.exec("work", [args]),
      close: () => pool.terminate(true),
    };
  },
});

export default [contender("thread"), contender("process")];
