import { fileURLToPath } from "node:url";

/** @import { Contender } from "../contenders.mjs" */

/**
 * @param {"process" | "thread"} isolation
 * @returns {Contender}
 */
const contender = (isolation) => ({
  name: `jest-worker ${isolation}`,
  package: "jest-worker",
  isolation,
  file: "jest-worker.cjs",
  timeout: false,
  limits: [],
  // A job that costs its worker is not to run again.
  settings: { faults: { maxRetries: 0 } },
  async start(file, { size, settings }) {
    const { Worker } = await import("jest-worker");
    const worker = new Worker(fileURLToPath(file), {
      exposedMethods: ["work"],
      numWorkers: size,
      enableWorkerThreads: isolation === "thread",
      ...settings,
    });
    return { run: (args) => worker.work(args), close: () => worker.end() };
  },
});

export default [contender("process"), contender("thread")];
