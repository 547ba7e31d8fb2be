// Who is put to the test. Each is used as its own documentation says, with the settings that suit the test best.
import clusters from "./contenders/compute-cluster.mjs";
import original from "./contenders/compute-cluster-0.0.9.mjs";
import jest from "./contenders/jest-worker.mjs";
import piscina from "./contenders/piscina.mjs";
import poolifier from "./contenders/poolifier.mjs";
import tinypool from "./contenders/tinypool.mjs";
import farm from "./contenders/worker-farm.mjs";
import workerpool from "./contenders/workerpool.mjs";

/**
 * @typedef {object} StartOptions
 * @property {number} size How many workers.
 * @property {number} [timeout] How long a timed job may take, in milliseconds.
 * @property {number} [startTimeout] How long the start of a worker may take, where that can be said.
 * @property {number} [limit] How many jobs may wait.
 * @property {boolean} [warm] Whether to start the workers before there is a job, where that can be said.
 * @property {object} [settings] Options of its own, over all others.
 *
 * @typedef {object} Pool
 * @property {(args: object, timed?: boolean) => PromiseLike<unknown>} run
 * @property {() => PromiseLike<unknown>} close
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} package Its name in node_modules.
 * @property {"process" | "thread"} isolation
 * @property {string} file Its worker file.
 * @property {string} [lateFile] The one in which a job answers twice, if that is another.
 * @property {boolean} timeout Whether a job can have a timeout, or a signal.
 * @property {number[]} limits Which numbers of waiting jobs it can be limited to, of 0 and 1.
 * @property {Partial<Record<"faults" | "tuned" | "binary", object>>} settings Documented options for a purpose: to bear
 *   faults best, to be fast with short jobs, to carry typed arrays.
 * @property {(file: URL, options: StartOptions) => Promise<Pool>} start
 */

/** @type {Contender[]} */
export const CONTENDERS = [
  ...clusters,
  ...piscina,
  ...tinypool,
  ...workerpool,
  ...poolifier,
  ...jest,
  ...farm,
  ...original,
];
