import { fileURLToPath } from "node:url";

/** @import { Contender } from "../contenders.mjs" */

const ADVANCED = { settings: { serialization: "advanced" } };

/**
 * @param {"process" | "thread"} isolation
 * @returns {Contender}
 */
const contender = (isolation) => ({
  name: `poolifier ${isolation === "thread" ? "thread" : "cluster"}`,
  package: "poolifier",
  isolation,
  file: isolation === "thread" ? "poolifier-thread.mjs" : "poolifier-cluster.cjs",
  timeout: true,
  limits: [],
  settings: {
    faults: { enableTasksQueue: true, ...(isolation === "process" ? ADVANCED : {}) },
    tuned: { enableTasksQueue: true, tasksQueueOptions: { concurrency: 16 } },
    ...(isolation === "process" ? { binary: ADVANCED } : {}),
  },
  async start(file, { size, timeout, settings }) {
    const { FixedClusterPool, FixedThreadPool, PoolEvents } = await import("poolifier");
    const Pool = isolation === "thread" ? FixedThreadPool : FixedClusterPool;
    const pool = new Pool(size, fileURLToPath(file), {
      errorHandler: () => {},
      ...settings,
    });
    // Unheard, it ends the program.
    pool.emitter?.on(PoolEvents.error, () => {});
    return {
      run: (args, timed) => pool.execute(args, undefined, timed ? AbortSignal.timeout(timeout) : undefined),
      close: () => pool.destroy(),
    };
  },
});

export default [contender("thread"), contender("process")];
