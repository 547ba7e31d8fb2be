// The jobs of all faults, for every contender: each has a worker file of its own, which does no more than hand this over.
"use strict";
const { appendFileSync } = require("node:fs");
const process = require("node:process");
const { parentPort, threadId } = require("node:worker_threads");

/** No loop in a worker is longer than this, in milliseconds: nothing stays behind for ever, whatever happens. */
const BOUND = 20_000;

/**
 * Notes down for the host (and for the bench, when the host is dead) what happens here.
 *
 * @param {string} what
 */
function note(what) {
  if (process.env.FAULT_LOG) appendFileSync(process.env.FAULT_LOG, `${what} ${process.pid} ${threadId}\n`);
}

/**
 * Loops, and shows every 200 ms that it still does.
 *
 * @param {number} ms
 */
function spin(ms) {
  const end = Date.now() + Math.min(ms, BOUND);
  for (let beat = Date.now(); Date.now() < end;) {
    if (Date.now() < beat) continue;
    note("beat -");
    beat += 200;
  }
}

/** @param {number} ms */
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, BOUND)));

/** A message that no job has asked for, through the channel of the worker. */
function stray() {
  const message = { second: true };
  if (process.send) process.send(message);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window
  else parentPort?.postMessage(message);
}

class Unsendable {
  run = () => 1;
  ok = 1;
}

/** What a job may be asked to throw. */
const THROWN = {
  null: () => null,
  rich: () =>
    Object.assign(new RangeError("too far", { cause: new TypeError("the cause") }), { code: "E_FAR", meta: { at: 7 } }),
  aggregate: () => new AggregateError([new TypeError("one"), new RangeError("two")], "both"),
};

/** What a job may be asked to answer. */
const ANSWERS = {
  undefined: () => undefined,
  NaN: () => NaN,
  BigInt: () => 10n,
  Map: () => new Map([["a", 1]]),
  Date: () => new Date(5),
  function: () => new Unsendable(),
};

const JOBS = {
  echo: ({ value }) => value,
  exit: ({ code }) => process.exit(code),
  spin: ({ ms }) => spin(ms),
  wait: ({ ms, value }) => wait(ms).then(() => value),
  throw: ({ kind }) => {
    throw THROWN[kind]();
  },
  answer: ({ kind }) => ANSWERS[kind](),
  unhandled: () => {
    Promise.reject(new Error("left behind"));
    return wait(700).then(() => "answered");
  },
  late: () => {
    setTimeout(stray, 100);
    return "first";
  },
};

module.exports = function work(args) {
  note(`run ${args.id ?? args.job}`);
  return JOBS[args.job](args);
};

note("load -");
if (process.env.FAULT_LOAD === "throw") throw new Error("broken at load");
if (process.env.FAULT_LOAD === "stuck") spin(BOUND);
