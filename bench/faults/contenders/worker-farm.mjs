import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** @import { Contender } from "../contenders.mjs" */

/** @type {Contender} */
const contender = {
  name: "worker-farm",
  package: "worker-farm",
  isolation: "process",
  file: "worker-farm.cjs",
  timeout: true,
  limits: [0, 1],
  async start(file, { size, timeout, limit }) {
    const { default: farm } = await import("worker-farm");
    const workers = farm({
      maxConcurrentWorkers: size,
      maxConcurrentCallsPerWorker: 1,
      // A job that costs its worker is not to run again.
      maxRetries: 0,
      workerOptions: { serialization: "advanced" },
      ...(timeout === undefined ? {} : { maxCallTime: timeout }),
      // Here the jobs that run count too.
      ...(limit === undefined ? {} : { maxConcurrentCalls: size + limit }),
    }, fileURLToPath(file));
    return { run: promisify(workers), close: promisify(farm.end).bind(farm, workers) };
  },
};

export default [contender];
