import { fileURLToPath } from "node:url";

/** @import { Contender } from "../contenders.mjs" */

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
  async start(file, { size, timeout }) {
    const { FixedClusterPool, FixedThreadPool, PoolEvents } = await import("poolifier");
    const Pool = isolation === "thread" ? FixedThreadPool : FixedClusterPool;
    const pool = new Pool(size, fileURLToPath(file), {
      enableTasksQueue: true,
      errorHandler: () => {},
      ...(isolation === "thread" ? {} : { settings: { serialization: "advanced" } }),
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
