import { fileURLToPath } from "node:url";

/** @import { Contender } from "../contenders.mjs" */

/** @type {Contender} */
const contender = {
  name: "compute-cluster 0.0.9",
  package: "compute-cluster-0.0.9",
  isolation: "process",
  file: "message.cjs",
  timeout: false,
  limits: [1],
  settings: {},
  async start(file, { size, limit, settings }) {
    const { default: ComputeCluster } = await import("compute-cluster-0.0.9");
    const cluster = new ComputeCluster({
      module: fileURLToPath(file),
      max_processes: size,
      max_backlog: limit ?? -1,
      ...settings,
    });
    cluster.on("error", () => {});
    return {
      run: (args) =>
        new Promise((resolve, reject) => {
          cluster.enqueue(args, (error, value) => error ? reject(error) : resolve(value));
        }),
      close: () => new Promise((resolve) => cluster.exit(resolve)),
    };
  },
};

export default [contender];
