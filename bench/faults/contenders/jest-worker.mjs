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
  async start(file, { size }) {
    const { Worker } = await import("jest-worker");
    const worker = new Worker(fileURLToPath(file), {
      exposedMethods: ["work"],
      numWorkers: size,
      enableWorkerThreads: isolation === "thread",
      // A job that costs its worker is not to run again.
      maxRetries: 0,
    });
    return { run: (args) => worker.work(args), close: () => worker.end() };
  },
});

export default [contender("process"), contender("thread")];
