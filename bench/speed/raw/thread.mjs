import { Worker } from "node:worker_threads";
import { rawPool } from "./loop.mjs";

/**
 * @param {URL} file
 * @param {number} size
 */
export const startThread = (file, size) =>
  rawPool(size, (answered, failed) => {
    const worker = new Worker(file);
    worker.on("message", answered);
    worker.on("error", failed);
    worker.on("exit", (code) => failed(new Error(`the thread ended: code ${code}`)));
    return {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window
      send: (args) => worker.postMessage(args),
      end: () => worker.terminate(),
    };
  });
