/** @import { Contender } from "../contenders.mjs" */

/**
 * This library, as it is built in a folder.
 *
 * @param {"process" | "thread"} isolation
 * @param {URL} [main]
 * @returns {Contender}
 */
export const computeCluster = (isolation, main = new URL("../../dist/mod.js", import.meta.url)) => ({
  name: `compute-cluster ${isolation}`,
  package: "compute-cluster",
  isolation,
  file: "function.mjs",
  // The contract of 0.0.9, in which a worker can answer twice.
  lateFile: "message.cjs",
  timeout: true,
  limits: [0, 1],
  settings: {},
  async start(file, { size, timeout, startTimeout, limit, warm, settings }) {
    const { ComputeCluster } = await import(main.href);
    const cluster = new ComputeCluster({
      module: file,
      isolation,
      maxWorkers: size,
      ...(warm ? { minWorkers: size } : {}),
      ...(limit === undefined ? {} : { maxBacklog: limit }),
      ...(startTimeout === undefined ? {} : { startTimeout }),
      ...settings,
    });
    cluster.on("error", () => {});
    if (warm) await cluster.ready();
    return { run: (args, timed) => cluster.enqueue(args, timed ? { timeout } : {}), close: () => cluster.exit() };
  },
});

export default [computeCluster("process"), computeCluster("thread")];
