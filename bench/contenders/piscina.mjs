/** @import { Contender } from "../contenders.mjs" */

/** @type {Contender} */
const contender = {
  name: "piscina",
  package: "piscina",
  isolation: "thread",
  file: "function.mjs",
  timeout: true,
  limits: [0, 1],
  settings: { tuned: { concurrentTasksPerWorker: 16 } },
  async start(file, { size, timeout, limit, settings }) {
    const { Piscina } = await import("piscina");
    const pool = new Piscina({
      filename: file.href,
      minThreads: size,
      maxThreads: size,
      ...(limit === undefined ? {} : { maxQueue: limit }),
      ...settings,
    });
    pool.on("error", () => {});
    return {
      run: (args, timed) => pool.run(args, timed ? { signal: AbortSignal.timeout(timeout) } : {}),
      close: () => pool.destroy(),
    };
  },
};

export default [contender];
