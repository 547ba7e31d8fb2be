// What the test workers of both contracts can do; every job is { op, … }.
import { execFileSync, spawn } from "node:child_process";
import cluster from "node:cluster";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import process from "node:process";

export class InputError extends TypeError {
  constructor(message, options) {
    super(message, options);
    this.name = "InputError";
  }
}

let answered = 0;

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Tells whether to go on: as long as the file is there, if one is named; bounded, so that a failing test leaves nothing behind. */
function lasts({ ms = 20_000, while: file }) {
  const end = Date.now() + ms;
  return () => Date.now() < end && (!file || existsSync(file));
}

/** Blocks the loop so long. */
export function spin(job) {
  const goesOn = lasts(job);
  while (goesOn());
}

const WEIRD = {
  function: () => ({ list: [1, { onDone() {} }] }),
  symbol: () => ({ tag: Symbol("s") }),
  promise: () => ({ soon: Promise.resolve(1) }),
  weakmap: () => ({ cache: new WeakMap() }),
  getter: () => ({
    get broken() {
      throw new Error("getter");
    },
  }),
  bare: () => () => 1,
};

const THROWN = {
  type: () => Object.assign(new TypeError("bad input 42"), { code: "E_BAD", meta: { row: 7, tags: ["a", "b"] } }),
  subclass: () =>
    Object.assign(new InputError("not a date", { cause: new RangeError("month 13", { cause: "raw" }) }), {
      field: "born",
    }),
  aggregate: () => new AggregateError([new SyntaxError("one"), "two", new URIError("three")], "several"),
  dom: () => new DOMException("too much", "QuotaExceededError"),
  cycle: () => {
    const error = new Error("round");
    error.self = error;
    error.cause = new Error("inner", { cause: error });
    return error;
  },
  getter: () =>
    Object.defineProperty(new Error("with a getter"), "broken", {
      enumerable: true,
      get() {
        throw new Error("x");
      },
    }),
  functions: () => Object.assign(new Error("with functions"), { retry() {}, symbol: Symbol("s"), list: [() => 1] }),
  frozen: () => Object.freeze(Object.assign(new Error("frozen"), { code: "E_ICE" })),
  ...Object.fromEntries(
    ["CC_ERR_CLOSED", "CC_ERR_BACKLOG_FULL", "CC_ERR_LATENCY", "CC_ERR_WORKER_START"].map((code) => [
      code,
      () => Object.assign(new Error("of another cluster"), { name: "ClusterError", code, retryable: true }),
    ]),
  ),
  string: () => "a string",
  number: () => 0,
  null: () => null,
  undefined: () => undefined,
  object: () => ({ status: 503 }),
};

export async function perform(job) {
  switch (job?.op) {
    case "echo":
      return job.value;
    case "pid":
      return process.pid;
    case "look":
      return {
        title: process.title,
        argv: process.argv.slice(1),
        execArgv: process.execArgv,
        env: { ...process.env },
        cwd: process.cwd(),
        keys: Reflect.ownKeys(job),
        connected: process.connected,
      };
    case "child env":
      return execFileSync("env", { encoding: "utf8" });
    case "member":
      return cluster.isWorker;
    case "pollute":
      Object.assign(Object.prototype, job.values);
      return "polluted";
    case "env":
      return process.env[job.name];
    case "log":
      appendFileSync(job.file, `${job.line}\n`);
      return job.next ? perform(job.next) : job.line;
    case "meet": {
      // Answers when as many jobs are here at once as are to meet.
      appendFileSync(job.file, `${process.pid}\n`);
      const end = Date.now() + 20_000;
      while (readFileSync(job.file, "utf8").split("\n").length <= job.count && Date.now() < end) await later(5);
      if (Date.now() >= end) throw new Error("nobody came");
      return job.next ? perform(job.next) : process.pid;
    }
    case "freeze":
      appendFileSync(job.file, `${process.pid}\n`);
      process.kill(process.pid, "SIGSTOP");
      await later(20_000);
      break;
    case "deaf":
      process.on("SIGTERM", () => {});
      setInterval(() => {}, 1000);
      return process.pid;
    case "last": {
      // Answers, and leaves soon after if it was the last of so many jobs.
      const { value, every = 1, delay = 0, code = 0 } = job;
      if (++answered % every === 0) setTimeout(() => process.exit(code), delay);
      return value;
    }
    case "grandchild":
      return { worker: process.pid, child: spawn("sleep", ["25"], { stdio: "inherit" }).pid };
    case "sleep":
      await later(job.ms);
      return job.value;
    case "wait":
      // Until the file is there; bounded, so that a failing test leaves nothing behind.
      if (job.log) appendFileSync(job.log, `${process.pid}\n`);
      for (let i = 0; i < 4000 && !existsSync(job.file); i++) await later(5);
      return job.value;
    case "spin":
      if (job.file) appendFileSync(job.file, `${process.pid}\n`);
      spin(job);
      if (job.after) appendFileSync(job.file, `${job.after}\n`);
      return "spun";
    case "microtasks": {
      // Never lets the event loop go on.
      if (job.file) appendFileSync(job.file, `${process.pid}\n`);
      const goesOn = lasts(job);
      while (goesOn()) await null;
      return "spun";
    }
    case "block": {
      if (job.file) appendFileSync(job.file, `${process.pid}\n`);
      const goesOn = lasts(job);
      const cell = new Int32Array(new SharedArrayBuffer(4));
      while (goesOn()) Atomics.wait(cell, 0, 0, 50);
      return "blocked";
    }
    case "read":
      // Of a named pipe: waits in the system until somebody writes.
      return readFileSync(job.file, "utf8");
    case "exit":
      process.exit(job.code);
      break;
    case "kill":
      process.kill(process.pid, job.signal);
      await later(20_000);
      break;
    case "kill program":
      process.kill(process.ppid, "SIGKILL");
      await later(20_000);
      break;
    case "abort":
      process.stderr.write(job.text);
      await later(50);
      process.abort();
      break;
    case "stderr":
      process.stderr.write(job.text);
      await later(50);
      process.exit(job.code);
      break;
    case "throw":
      throw THROWN[job.what]();
    case "throw later":
      setTimeout(() => {
        throw THROWN[job.what]();
      }, 0);
      await later(20_000);
      break;
    case "reject later":
      void Promise.reject(THROWN[job.what]());
      await later(20_000);
      break;
    case "weird":
      return WEIRD[job.what]();
    case "disconnect":
      process.disconnect();
      setInterval(() => {}, 1000);
      await later(20_000);
      break;
    case "big":
      return job.kind === "string" ? "é".repeat(job.size) : new Uint8Array(job.size).fill(7);
    case "size":
      return job.value.length;
    default:
      throw new Error(`no such op: ${JSON.stringify(job)}`);
  }
}
