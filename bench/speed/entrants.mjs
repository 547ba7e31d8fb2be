// Who is measured, in the order of the tables: the contenders with their default and their fastest documented options, what
// this library has options for, and bare channels.
import process from "node:process";
import { computeCluster } from "../contenders/compute-cluster.mjs";
import { CONTENDERS } from "../contenders.mjs";
import { startFork } from "./raw/fork.mjs";
import { startThread } from "./raw/thread.mjs";

/** @import { Contender, Pool } from "../contenders.mjs" */
/** @import { Case } from "./cases.mjs" */

/**
 * @typedef {object} StartOptions
 * @property {number} size How many workers.
 * @property {boolean} warm Whether to start the workers before there is a job, where that can be said.
 * @property {Case["carries"]} carries
 *
 * @typedef {object} Entrant
 * @property {string} name
 * @property {string | null} package Its name in node_modules.
 * @property {"process" | "thread"} isolation
 * @property {boolean} own Whether it is this library, as it is.
 * @property {string} [baseline] Another build of this library: the name of what it is compared with.
 * @property {(test: Case) => boolean} enters Which cases it is measured in.
 * @property {(options: StartOptions) => Promise<Pool>} start
 */

/** The longest that an answer of the server may take, in milliseconds: what comes later is of no use to anybody. */
export const DEADLINE = 150;

/** @param {string} name */
const worker = (name) => new URL(`./workers/${name}`, import.meta.url);

/**
 * This library, in each of its ways.
 *
 * @param {"process" | "thread"} isolation
 * @param {{ dist: string, ref: string }} [against] Another build of it.
 * @returns {Entrant[]}
 */
function ours(isolation, against) {
  const contender = computeCluster(isolation, ...(against === undefined ? [] : [new URL(against.dist)]));
  /** @type {(suffix: string, enters: Entrant["enters"], file?: string, settings?: object) => Entrant} */
  const entrant = (suffix, enters, file = contender.file, settings = {}) => {
    const name = `${contender.name}${suffix}`;
    return {
      name: against === undefined ? name : `${name} @${against.ref}`,
      package: contender.package,
      isolation,
      own: against === undefined,
      ...(against === undefined ? {} : { baseline: name }),
      enters,
      start: ({ size, warm }) =>
        contender.start(worker(file), { size, warm, settings: { maxBacklog: -1, ...settings } }),
    };
  };
  return [
    entrant("", () => true),
    entrant(" message", (test) => test.message, "message.cjs"),
    entrant(" prefetch 0", (test) => test.name === "fairness", contender.file, { prefetch: 0 }),
    entrant(" maxLatency", (test) => test.name === "server", contender.file, { maxLatency: DEADLINE }),
  ];
}

/**
 * Somebody else, with the default options and with those that are the fastest for a case.
 *
 * @param {Contender} contender
 * @returns {Entrant[]}
 */
function theirs(contender) {
  const { name, package: from, isolation, file, settings } = contender;
  /** @type {(test: Pick<Case, "carries" | "short">) => object | undefined} */
  const tuned = ({ carries, short }) => carries === "binary" ? settings.binary : short ? settings.tuned : undefined;
  /** @type {(name: string, enters: Entrant["enters"], of: (carries: Case["carries"]) => object) => Entrant} */
  const entrant = (name, enters, of) => ({
    name,
    package: from,
    isolation,
    own: false,
    enters,
    start: ({ size, warm, carries }) => contender.start(worker(file), { size, warm, settings: of(carries) }),
  });
  return [
    entrant(name, () => true, () => ({})),
    entrant(`${name} tuned`, (test) => tuned(test) !== undefined, (carries) => tuned({ carries, short: true })),
  ];
}

/** @type {Entrant[]} */
const RAW = [
  {
    name: "raw fork",
    package: null,
    isolation: "process",
    own: false,
    enters: () => true,
    start: async ({ size, carries }) =>
      startFork(worker("message.cjs"), size, carries === "binary" ? "advanced" : "json"),
  },
  {
    name: "raw postMessage",
    package: null,
    isolation: "thread",
    own: false,
    enters: () => true,
    start: async ({ size }) => startThread(worker("thread.cjs"), size),
  },
  {
    name: "no worker",
    package: null,
    isolation: "process",
    own: false,
    enters: ({ name }) => name === "cold",
    start: async () => ({ run: async ({ n }) => n, close: async () => {} }),
  },
];

const against = process.env.BENCH_AGAINST === undefined ? undefined : JSON.parse(process.env.BENCH_AGAINST);

/** @type {Entrant[]} */
export const ENTRANTS = [
  ...ours("process"),
  ...ours("thread"),
  ...(against === undefined ? [] : [...ours("process", against), ...ours("thread", against)]),
  ...CONTENDERS.filter((contender) => contender.package !== "compute-cluster")
    .flatMap(theirs),
  ...RAW,
];
