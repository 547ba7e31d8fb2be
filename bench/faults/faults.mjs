// What is done to everyone, in the order of the table.
import aggregate from "./faults/aggregate.mjs";
import answer from "./faults/answer.mjs";
import argument from "./faults/argument.mjs";
import error from "./faults/error.mjs";
import exit from "./faults/exit.mjs";
import forgets from "./faults/forgets.mjs";
import killed from "./faults/killed.mjs";
import late from "./faults/late.mjs";
import load from "./faults/load.mjs";
import nothing from "./faults/null.mjs";
import queue from "./faults/queue.mjs";
import refused from "./faults/refused.mjs";
import sigkill from "./faults/sigkill.mjs";
import stuck from "./faults/stuck.mjs";
import timeout from "./faults/timeout.mjs";
import unhandled from "./faults/unhandled.mjs";
import values from "./faults/values.mjs";

/** @import { Contender, Pool, StartOptions } from "../contenders.mjs" */
/** @import { Outcome } from "./verdicts.mjs" */

/**
 * What became of a job, with what it answered or threw.
 *
 * @typedef {object} Settled
 * @property {"value" | "error" | "hang"} state
 * @property {unknown} value
 * @property {number} ms
 *
 * What a fault has in the host.
 *
 * @typedef {object} Host
 * @property {Contender} contender
 * @property {(options: StartOptions, file?: "late") => Promise<Pool>} start
 * @property {(job: PromiseLike<unknown> | (() => PromiseLike<unknown>)) => Promise<Settled>} settle Waits for a job, but
 *   not for ever.
 * @property {(settled: Settled) => Outcome} note
 * @property {(id: string) => { pid: number, thread: number }[]} ran Where a job ran, once for each time.
 * @property {() => { pid: number, thread: number }[]} beats The signs of life of jobs that loop.
 * @property {() => { pid: number, thread: number }[]} loads Where the worker file was loaded.
 * @property {(ms: number) => Promise<void>} wait
 * @property {(condition: () => boolean, ms?: number) => Promise<boolean>} until
 *
 * What a fault has in the bench, after the end of the host.
 *
 * @typedef {object} Afterwards
 * @property {number[]} pids The processes of workers.
 * @property {boolean} ended Whether the host ended by itself.
 * @property {Host["until"]} until
 *
 * @typedef {object} Fault
 * @property {string} name
 * @property {string} title The head of its column.
 * @property {string} group The table that it is in.
 * @property {string} meaning
 * @property {Record<string, string>} [env]
 * @property {(contender: Contender) => string | null} [skip] Why it can't be done to somebody.
 * @property {(host: Host) => Promise<any>} run Gives the facts.
 * @property {"killed" | "left"} [end] How the host ends, if not by closing the pool.
 * @property {number} [patience] How long that may take, in milliseconds.
 * @property {(facts: any, tools: Afterwards) => Promise<any>} [after] Adds facts.
 * @property {(facts: any) => string} verdict
 */

/** @type {Fault[]} */
export const FAULTS = [
  exit,
  sigkill,
  queue,
  load,
  stuck,
  nothing,
  error,
  aggregate,
  unhandled,
  answer,
  argument,
  values,
  timeout,
  killed,
  forgets,
  late,
  refused,
];
