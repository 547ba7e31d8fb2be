// What is measured, in the order of the tables.
import { cold } from "./cases/cold.mjs";
import { delay } from "./cases/delay.mjs";
import { fairness } from "./cases/fairness.mjs";
import { files } from "./cases/files.mjs";
import { growth } from "./cases/growth.mjs";
import { memory } from "./cases/memory.mjs";
import { noop } from "./cases/noop.mjs";
import { payloads } from "./cases/payloads.mjs";
import { server } from "./cases/server.mjs";
import { spinning } from "./cases/spin.mjs";

/** @import { Pool } from "../contenders.mjs" */

/**
 * @typedef {object} Metric
 * @property {string} name
 * @property {string} unit
 * @property {"higher" | "lower"} better
 *
 * What the machine can do, measured once per repetition.
 *
 * @typedef {object} Machine
 * @property {number} loops The loops that a spin job does in a millisecond.
 * @property {number} scrypts The scrypt jobs that two bare processes do in a second.
 *
 * What a case has in its process.
 *
 * @typedef {object} Bench
 * @property {(options?: { size?: number, warm?: boolean }) => Promise<Pool>} start
 * @property {(metric: string, value: number) => void} record
 * @property {(metric: string, reason: string) => void} leaveOut
 * @property {boolean} quick
 * @property {Machine} machine
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {string} title
 * @property {string} meaning
 * @property {Metric[]} metrics
 * @property {boolean} short Whether options that suit short jobs matter.
 * @property {boolean} message Whether the worker that listens to messages is measured too.
 * @property {"plain" | "binary"} carries Whether structured clone suits its values.
 * @property {number} repetitions By default.
 * @property {number} limit How long it may take, in milliseconds.
 * @property {"wall"} [whole] The metric that is the time of the whole process, which ends by itself.
 * @property {(bench: Bench) => Promise<void>} run
 */

/** @type {Case[]} */
export const CASES = [noop, spinning, ...payloads, fairness, server, files, growth, delay, cold, memory];
