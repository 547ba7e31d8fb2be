/** @import { Contender } from "../contenders.mjs" */

/**
 * @param {"process" | "thread"} isolation
 * @returns {Contender}
 */
const contender = (isolation) => ({
  name: `compute-cluster ${isolation}`,
  package: "compute-cluster",
  isolation,
  file: "function.mjs",
  // The contract of 0.0.9, in which a worker can answer twice.
  lateFile: "message.cjs",
  timeout: true,
  limits: [0, 1],
  async start(file, { size, timeout, startTimeout, limit }) {
    const { ComputeCluster } = await import("../../../dist/mod.js");
    const cluster = new ComputeCluster({
      module: file,
      isolation,
      maxWorkers: size,
      ...(limit === undefined ? {} : { maxBacklog: limit }),
      ...(startTimeout === undefined ? {} : { startTimeout }),
    });
    cluster.on("error", () => {});
    return {
      run: (args, timed) => cluster.enqueue(args, timed ? { timeout } : {}),
      close: () => cluster.exit(),
    };
  },
});

export default [contender("process"), contender("thread")];
