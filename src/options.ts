/**
 * The options of a cluster: what they mean, and how they are checked.
 *
 * @module
 */

import process from "node:process";
import { type Capability, LACKS } from "../runtimes/capabilities.ts";
import { denoPermissionFlags, type DenoPermissions } from "../runtimes/deno-permissions.ts";
import { runtime } from "../runtimes/select.ts";
import { assertNotSingleExecutable } from "../runtimes/standalone.ts";
import type { Isolation, WorkerSpec } from "./core/adapter.ts";
import { OptionTypeError } from "./core/errors.ts";
import type { SchedulerOptions } from "./core/scheduler.ts";
import { inheritedEnv, inheritedExecArgv, workerEnv } from "./inheritance.ts";
import { folder, moduleUrl } from "./module-url.ts";
import { usableCores } from "./parallelism.ts";
import * as check from "./validate.ts";

/** Options of a cluster. Durations are in milliseconds, sizes in MB; an option that is `undefined` keeps its default. */
export interface ComputeClusterOptions {
  /**
   * The worker module: a path (relative to the working directory, or absolute) or a `file:` URL. It is looked for when the
   * cluster is made. In Deno threads `http:` and `https:` URLs too.
   */
  module: string | URL;
  /**
   * What workers are: processes, apart in memory and killable, or threads, lighter.
   *
   * @default "process" on Node and Bun, "thread" on Deno
   */
  isolation?: Isolation | undefined;
  /**
   * The most workers at a time, those that are ending included. At least 1.
   *
   * @default the usable cores × 1.25, rounded up; affinity and a container's CPU quota count
   */
  maxWorkers?: number | undefined;
  /**
   * Workers that are kept once there was work for one, or since `ready()`. At most `maxWorkers`.
   *
   * @default 0
   */
  minWorkers?: number | undefined;
  /**
   * Jobs that may wait without a worker about to take them; one more is refused with `CC_ERR_BACKLOG_FULL`. 0: none may
   * wait; -1 or Infinity: no limit.
   *
   * @default 10 × maxWorkers
   */
  maxBacklog?: number | undefined;
  /**
   * A job that is predicted to be answered later than this, waiting included, is refused with `CC_ERR_LATENCY` and a
   * `retryAfter`. The prediction is made of the runs so far; while a worker is free every job is taken.
   *
   * @default Infinity
   */
  maxLatency?: number | undefined;
  /**
   * The longest run of one job, waiting not included; then it fails with `CC_ERR_TIMEOUT` and its worker is freed or ended.
   *
   * @default Infinity
   */
  timeout?: number | undefined;
  /**
   * The longest that a worker may take to load its module.
   *
   * @default 30_000
   */
  startTimeout?: number | undefined;
  /**
   * How long a worker above `minWorkers` stays without a job.
   *
   * @default 30_000
   */
  idleTimeout?: number | undefined;
  /**
   * How long a worker has to end by itself when it is told to, before it is killed.
   *
   * @default 1000
   */
  killGrace?: number | undefined;
  /**
   * Jobs at once in one worker, for handlers that wait for input and output. At least 1.
   *
   * @default 1
   */
  concurrency?: number | undefined;
  /**
   * How often a job is run again whose worker was lost while it ran; then it fails with `CC_ERR_POISON`.
   *
   * @default 0
   */
  retries?: number | undefined;
  /**
   * How many jobs a worker is given; then it leaves and another takes its place. Exact: 1 gives every job a worker of its own.
   *
   * @default Infinity
   */
  maxJobsPerWorker?: number | undefined;
  /**
   * How old a worker may get, in milliseconds since it was ready. It goes on until its successor is ready, where there are
   * fewer than `maxWorkers`, and only one at a time is replaced; nothing is lost.
   *
   * @default Infinity
   */
  maxWorkerAge?: number | undefined;
  /**
   * How much memory a worker may use, in bytes, before it is replaced in the same way: the resident memory of a process, the
   * used heap of a thread, garbage that is not collected yet included. Measured with answers, at most every 50 ms.
   *
   * @default Infinity
   */
  maxWorkerMemory?: number | undefined;
  /**
   * The environment of the workers, whole. Not in Deno threads.
   *
   * @default the program's, as it is when a worker starts
   */
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * The working directory of worker processes.
   *
   * @default the program's
   */
  cwd?: string | undefined;
  /**
   * What `process.argv` of a worker has after the module's path.
   *
   * @default []
   */
  argv?: readonly string[] | undefined;
  /**
   * Flags for the workers' runtime. Not in threads on Bun and Deno.
   *
   * @default the program's own; for processes less those that are its alone (`--inspect`, `--eval`, `--test`, `--watch`, …)
   */
  execArgv?: readonly string[] | undefined;
  /**
   * The executable of the workers' runtime; must be the same kind as the program's. Processes only.
   *
   * @default the program's own
   */
  execPath?: string | undefined;
  /**
   * Where the workers' output goes: to the program's, or nowhere. Not in Deno threads.
   *
   * @default "inherit"
   */
  stdio?: "inherit" | "ignore" | undefined;
  /**
   * Memory limits of a worker in MB. Threads on Node take all fields of `node:worker_threads`, processes on Node and Deno
   * `maxOldGenerationSizeMb`.
   *
   * @default none
   */
  resourceLimits?: ResourceLimits | undefined;
  /**
   * What a Deno process may do, as `Deno.permissions` names it: `true`, or a list. Never more than the program may.
   *
   * @default what the program may do without restriction, and to read the module's folder
   */
  permissions?: DenoPermissions | undefined;
  /** Handed to the module's `setup(data)` in every worker. Must be cloneable. */
  setupData?: unknown;
  /**
   * How processes write values: as structured clone does, or as JSON.
   *
   * @default "advanced"
   */
  serialization?: "advanced" | "json" | undefined;
  /** The original's name for `maxWorkers`. */
  max_processes?: number | undefined;
  /** The original's name for `maxBacklog`; here 0 means the default. */
  max_backlog?: number | undefined;
  /** The original's name for `maxLatency`, in **seconds**; 0 means none. */
  max_request_time?: number | undefined;
}

/** Memory limits of a worker, in MB. */
export interface ResourceLimits {
  /** The heap of objects that live long: what is usually meant by a memory limit. */
  readonly maxOldGenerationSizeMb?: number;
  /** The heap of young objects. Threads on Node only. */
  readonly maxYoungGenerationSizeMb?: number;
  /** Memory for generated code. Threads on Node only. */
  readonly codeRangeSizeMb?: number;
  /** The stack. Threads on Node only. */
  readonly stackSizeMb?: number;
}

/** Options as the cluster uses them: complete, checked, frozen. */
export interface ResolvedOptions {
  readonly isolation: Isolation;
  readonly scheduler: SchedulerOptions;
  /** The `timeout` of a job that has none of its own. */
  readonly timeout: number;
  /** What to start; the environment is asked anew for each worker. */
  readonly spec: Omit<WorkerSpec, "env" | "bootstrap" | "decodeError" | "setupNotCloneable">;
  env(): WorkerSpec["env"];
}

const NAMES = [
  "module",
  "isolation",
  "maxWorkers",
  "minWorkers",
  "maxBacklog",
  "maxLatency",
  "timeout",
  "startTimeout",
  "idleTimeout",
  "killGrace",
  "concurrency",
  "retries",
  "maxJobsPerWorker",
  "maxWorkerAge",
  "maxWorkerMemory",
  "env",
  "cwd",
  "argv",
  "execArgv",
  "execPath",
  "stdio",
  "resourceLimits",
  "permissions",
  "setupData",
  "serialization",
  "max_processes",
  "max_backlog",
  "max_request_time",
] as const;

type Given = Partial<Record<(typeof NAMES)[number], unknown>>;

/**
 * Checks what a user gave and fills in the rest. Reads own properties only, and changes nothing.
 *
 * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`, naming the option, the rule and the value.
 */
export function resolveOptions(options: unknown): ResolvedOptions {
  const given: Given = check.ownOptions(options, "options", NAMES);
  const isolation = given.isolation === undefined
    ? runtime === "deno" ? "thread" : "process"
    : check.oneOf("isolation", given.isolation, ["process", "thread"]);
  const lacks = LACKS[`${runtime} ${isolation}`];
  for (const name of Object.keys(lacks) as Capability[]) {
    const option = given[name as keyof Given];
    if (option !== undefined) throw lacking(name, isolation, lacks[name]?.because ?? "");
  }
  const module = moduleUrl(given.module, runtime === "deno" && isolation === "thread");
  const execPath = given.execPath === undefined ? null : check.text("execPath", given.execPath);
  if (isolation === "process" && execPath === null) assertNotSingleExecutable(runtime);
  const scheduler = schedulerOptions(given);
  const env = given.env === undefined ? null : environment(given.env);
  const limits = given.resourceLimits === undefined ? null : resourceLimits(given.resourceLimits, isolation);
  const execArgv = given.execArgv === undefined ? null : check.texts("execArgv", given.execArgv);
  return Object.freeze({
    isolation,
    scheduler,
    timeout: given.timeout === undefined ? Infinity : check.duration("timeout", given.timeout, "more than 0"),
    spec: Object.freeze({
      module,
      setupData: given.setupData,
      cwd: given.cwd === undefined ? null : folder("cwd", given.cwd),
      argv: given.argv === undefined ? [] : check.texts("argv", given.argv),
      execArgv: isolation === "thread"
        ? execArgv
        : [...(execArgv ?? defaultExecArgv()), ...processFlags(given, limits, module)],
      execPath,
      stdio: given.stdio === undefined ? "inherit" : check.oneOf("stdio", given.stdio, ["inherit", "ignore"]),
      serialization: given.serialization === undefined
        ? "advanced"
        : check.oneOf("serialization", given.serialization, ["advanced", "json"]),
      resourceLimits: isolation === "thread" ? limits : null,
      measures: measures(scheduler, isolation),
    }),
    env: () => env ?? (runtime === "deno" && isolation === "thread" ? null : inheritedEnv(isolation)),
  });
}

function lacking(name: string, isolation: Isolation, because: string): OptionTypeError {
  return new OptionTypeError(
    `${name} must not be given for isolation ${JSON.stringify(isolation)} on ${runtime}: ${because}`,
  );
}

function schedulerOptions(given: Given): SchedulerOptions {
  const maxWorkers = either(given, "maxWorkers", "max_processes");
  const max = maxWorkers.value === undefined
    ? Math.ceil(usableCores() * 1.25)
    : check.count(maxWorkers.name, maxWorkers.value, 1);
  const minWorkers = given.minWorkers === undefined ? 0 : check.count("minWorkers", given.minWorkers, 0);
  if (minWorkers > max) throw check.outOfRange("minWorkers", `no more than maxWorkers (${max})`, minWorkers);
  const time = (name: "startTimeout" | "idleTimeout" | "killGrace", normal: number): number =>
    given[name] === undefined
      ? normal
      : check.duration(name, given[name], name === "startTimeout" ? "more than 0" : "0 or more");
  return Object.freeze({
    maxWorkers: max,
    minWorkers,
    maxBacklog: maxBacklog(given, max),
    maxLatency: maxLatency(given),
    startTimeout: time("startTimeout", 30_000),
    idleTimeout: time("idleTimeout", 30_000),
    killGrace: time("killGrace", 1_000),
    concurrency: given.concurrency === undefined ? 1 : check.count("concurrency", given.concurrency, 1),
    retries: given.retries === undefined ? 0 : check.count("retries", given.retries, 0, true),
    maxJobsPerWorker: given.maxJobsPerWorker === undefined
      ? Infinity
      : check.count("maxJobsPerWorker", given.maxJobsPerWorker, 1, true),
    maxWorkerAge: given.maxWorkerAge === undefined
      ? Infinity
      : check.duration("maxWorkerAge", given.maxWorkerAge, "more than 0"),
    maxWorkerMemory: given.maxWorkerMemory === undefined
      ? Infinity
      : check.amount("maxWorkerMemory", given.maxWorkerMemory, "a number of bytes, more than 0, or Infinity"),
  });
}

/** The value of an option that has an older name, and the name that was used. */
function either<N extends keyof Given>(given: Given, name: N, older: N): { name: N; value: unknown } {
  if (given[older] === undefined) return { name, value: given[name] };
  if (given[name] === undefined) return { name: older, value: given[older] };
  throw new OptionTypeError(`${older} must not be given beside ${name}: they are the same option`);
}

function maxBacklog(given: Given, maxWorkers: number): number {
  const { name, value } = either(given, "maxBacklog", "max_backlog");
  if (value === undefined || (name === "max_backlog" && value === 0)) return 10 * maxWorkers;
  if (value === -1) return Infinity;
  return check.count(name, value, 0, true);
}

function maxLatency(given: Given): number {
  const { name, value } = either(given, "maxLatency", "max_request_time");
  if (value === undefined || (name === "max_request_time" && value === 0)) return Infinity;
  if (name === "maxLatency") return check.duration(name, value, "more than 0");
  return 1000 * check.amount(name, value, "a number of seconds, more than 0, or Infinity");
}

function measures({ maxWorkerMemory }: SchedulerOptions, isolation: Isolation): WorkerSpec["measures"] {
  if (maxWorkerMemory === Infinity) return null;
  return isolation === "process" ? "rss" : "heap";
}

function environment(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw check.wrongType("env", "an object", value);
  }
  for (const [name, item] of Object.entries(value)) {
    if (item !== undefined && typeof item !== "string") throw check.wrongType(`env.${name}`, "a string", item);
  }
  return workerEnv(value as Record<string, string | undefined>);
}

function resourceLimits(value: unknown, isolation: Isolation): Record<string, number> {
  const known = isolation === "process"
    ? ["maxOldGenerationSizeMb"] as const
    : ["maxOldGenerationSizeMb", "maxYoungGenerationSizeMb", "codeRangeSizeMb", "stackSizeMb"] as const;
  const limits: Record<string, number> = {};
  for (const [name, limit] of Object.entries(check.ownOptions(value, "resourceLimits", known))) {
    if (limit === undefined) continue;
    const full = `resourceLimits.${name}`;
    const mb = check.amount(full, limit, "a number of MB, more than 0");
    if (mb === Infinity) throw check.outOfRange(full, "a number of MB, more than 0", limit);
    limits[name] = mb;
  }
  return limits;
}

function defaultExecArgv(): string[] {
  // Deno gives its own to no child, and has none in `execArgv` that `deno run` would take.
  return runtime === "deno" ? [] : inheritedExecArgv(process.execArgv);
}

function processFlags(given: Given, limits: Record<string, number> | null, module: string): string[] {
  const heap = limits?.["maxOldGenerationSizeMb"];
  const flag = heap === undefined ? [] : [`--max-old-space-size=${Math.ceil(heap)}`];
  if (runtime !== "deno") return flag;
  return [...flag.map((v8Flag) => `--v8-flags=${v8Flag}`), ...denoPermissionFlags(given.permissions, module)];
}
