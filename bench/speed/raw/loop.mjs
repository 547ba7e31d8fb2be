// What the transport itself can do: one message per job, to the worker that has fewer of them, answers in their order.

/** @import { Pool } from "../../contenders.mjs" */

/**
 * One end of a bare channel.
 *
 * @typedef {object} Channel
 * @property {(args: object) => void} send
 * @property {() => unknown} end
 */

/**
 * @param {number} size
 * @param {(answered: (value: unknown) => void, failed: (error: Error) => void) => Channel} open
 * @returns {Pool}
 */
export function rawPool(size, open) {
  const workers = Array.from({ length: size }, () => {
    /** @type {{ resolve: (value: unknown) => void, reject: (error: Error) => void }[]} */
    let waiting = [];
    // Not shifted for each answer: an array that does so gets slow when it is long.
    let answered = 0;
    const channel = open(
      (value) => {
        waiting[answered++].resolve(value);
        if (answered < waiting.length) return;
        waiting = [];
        answered = 0;
      },
      (error) => waiting.slice(answered).forEach(({ reject }) => reject(error)),
    );
    return {
      channel,
      load: () => waiting.length - answered,
      run: (args) =>
        new Promise((resolve, reject) => {
          waiting.push({ resolve, reject });
          channel.send(args);
        }),
    };
  });
  return {
    run: (args) => workers.reduce((least, worker) => worker.load() < least.load() ? worker : least).run(args),
    close: async () => void await Promise.all(workers.map(({ channel }) => channel.end())),
  };
}
