import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** @import { Contender } from "../contenders.mjs" */

const ADVANCED = { workerOptions: { serialization: "advanced" } };

/** @type {Contender} */
const contender = {
  name: "worker-farm",
  package: "worker-farm",
  isolation: "process",
  file: "worker-farm.cjs",
  timeout: true,
  limits: [0, 1],
  settings: {
    // One job at a time, and a job that costs its worker is not to run again.
    faults: { ...ADVANCED, maxConcurrentCallsPerWorker: 1, maxRetries: 0 },
    tuned: { maxConcurrentCallsPerWorker: 64 },
    binary: ADVANCED,
  },
  async start(file, { size, timeout, limit, settings }) {
    const { default: farm } = await import("worker-farm");
    const workers = farm({
      maxConcurrentWorkers: size,
      ...(timeout === undefined ? {} : { maxCallTime: timeout }),
      // Here the jobs that run count too.
      ...(limit === undefined ? {} : { maxConcurrentCalls: size + limit }),
      ...settings,
    }, fileURLToPath(file));
    return { run: promisify(workers), close: promisify(farm.end).bind(farm, workers) };
  },
};

export default [contender];
