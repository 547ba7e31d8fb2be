/** @import { Contender } from "../contenders.mjs" */

/** @type {Contender} */
const contender = {
  name: "piscina",
  package: "piscina",
  isolation: "thread",
  file: "function.mjs",
  timeout: true,
  limits: [0, 1],
  async start(file, { size, timeout, limit }) {
    const { Piscina } = await import("piscina");
    const pool = new Piscina({
      filename: file.href,
      minThreads: size,
      maxThreads: size,
      ...(limit === undefined ? {} : { maxQueue: limit }),
    });
    pool.on("error", () => {});
    return {
      run: (args, timed) => pool.run(args, timed ? { signal: AbortSignal.timeout(timeout) } : {}),
      close: () => pool.destroy(),
    };
  },
};

export default [contender];
