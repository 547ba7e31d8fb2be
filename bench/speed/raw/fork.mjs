import { fork } from "node:child_process";
import { rawPool } from "./loop.mjs";

/**
 * @param {URL} file
 * @param {number} size
 * @param {"json" | "advanced"} serialization
 */
export const startFork = (file, size, serialization) =>
  rawPool(size, (answered, failed) => {
    const child = fork(file, { serialization });
    child.on("message", answered);
    child.on("error", failed);
    child.on("exit", (code, signal) => failed(new Error(`the process ended: ${signal ?? `code ${code}`}`)));
    return {
      send: (args) => void child.send(args),
      end: () => {
        const exit = new Promise((resolve) => child.once("exit", resolve));
        child.disconnect();
        return exit;
      },
    };
  });
