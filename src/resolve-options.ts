/**
 * Checks the options of a cluster, and fills in the rest.
 *
 * @module
 */

import { ownProcess } from "./built-in.ts";
import { holdingOf } from "./budget/budget.ts";
import type { Holding } from "./budget/holding.ts";
import { type Capability, LACKS } from "../runtimes/capabilities.ts";
import { denoPermissionFlags, isGranted } from "../runtimes/deno-permissions.ts";
import { runtime } from "../runtimes/select.ts";
import { assertNotSingleExecutable } from "../runtimes/standalone.ts";
import type { Isolation, WorkerSpec } from "./core/adapter.ts";
import { OptionTypeError } from "./core/errors.ts";
import type { SchedulerOptions } from "./core/scheduler.ts";
import { inheritedEnv, inheritedExecArgv, workerEnv } from "./inheritance.ts";
import { workersInMemory } from "./memory.ts";
import { folder, moduleUrl } from "./module-url.ts";
import { usableCores } from "./parallelism.ts";
import * as check from "./validate.ts";

/** Options as the cluster uses them: complete, checked, frozen. */
export interface ResolvedOptions {
  readonly isolation: Isolation;
  readonly scheduler: SchedulerOptions;
  readonly budget: Holding | null;
  /** The `timeout` of a job that has none of its own. */
  readonly timeout: number;
  /** What to start; the environment is asked anew for each worker. */
  readonly spec: Omit<WorkerSpec, "env" | "budget" | "bootstrap" | "replay" | "decodeError" | "setupNotCloneable">;
  env(): WorkerSpec["env"];
}

const NAMES = [
  "module",
  "isolation",
  "maxWorkers",
  "budget",
  "minWorkers",
  "maxBacklog",
  "maxLatency",
  "timeout",
  "startTimeout",
  "idleTimeout",
  "killGrace",
  "abortGrace",
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
  "niceness",
  "resourceLimits",
  "permissions",
  "setupData",
  "prefetch",
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
  const scheduler = schedulerOptions(given, isolation);
  const env = given.env === undefined ? null : environment(given.env);
  const limits = given.resourceLimits === undefined ? null : resourceLimits(given.resourceLimits, isolation);
  const execArgv = given.execArgv === undefined ? null : check.texts("execArgv", given.execArgv);
  return Object.freeze({
    isolation,
    scheduler,
    budget: given.budget === undefined ? null : budget(given.budget),
    timeout: jobTimeout(given.timeout),
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
      niceness: given.niceness === undefined ? null : niceness(given.niceness),
      serialization: given.serialization === undefined
        ? "advanced"
        : check.oneOf("serialization", given.serialization, ["advanced", "json"]),
      resourceLimits: isolation === "thread" ? limits : null,
      measures: measures(scheduler, isolation),
      concurrency: scheduler.concurrency,
    }),
    env: () => env ?? (runtime === "deno" && isolation === "thread" ? null : inheritedEnv(isolation)),
  });
}

/**
 * The limits of a cluster whose workers are elsewhere; null for what is for its engine to say.
 *
 * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`.
 */
export function limits(
  given: Pick<Given, "timeout" | "maxBacklog" | "max_backlog" | "maxLatency" | "max_request_time">,
): { timeout: number; maxBacklog: number | null; maxLatency: number } {
  const none = given.maxBacklog === undefined && (given.max_backlog === undefined || given.max_backlog === 0);
  return {
    timeout: jobTimeout(given.timeout),
    maxBacklog: none ? null : maxBacklog(given, 0),
    maxLatency: maxLatency(given),
  };
}

function jobTimeout(value: unknown): number {
  return value === undefined ? Infinity : check.duration("timeout", value, "more than 0");
}

function lacking(name: string, isolation: Isolation, because: string): OptionTypeError {
  return new OptionTypeError(
    `${name} must not be given for isolation ${JSON.stringify(isolation)} on ${runtime}: ${because}`,
  );
}

function schedulerOptions(given: Given, isolation: Isolation): SchedulerOptions {
  const max = maxWorkers(given, isolation);
  const minWorkers = given.minWorkers === undefined ? 0 : check.count("minWorkers", given.minWorkers, 0);
  if (minWorkers > max) throw check.outOfRange("minWorkers", `no more than maxWorkers (${max})`, minWorkers);
  const time = (name: "startTimeout" | "idleTimeout" | "killGrace" | "abortGrace", normal: number): number =>
    given[name] === undefined
      ? normal
      : check.duration(name, given[name], name === "startTimeout" ? "more than 0" : "0 or more");
  const killGrace = time("killGrace", 1_000);
  return Object.freeze({
    maxWorkers: max,
    minWorkers,
    maxBacklog: maxBacklog(given, max),
    maxLatency: maxLatency(given),
    startTimeout: time("startTimeout", 30_000),
    idleTimeout: time("idleTimeout", 30_000),
    killGrace,
    abortGrace: time("abortGrace", killGrace),
    concurrency: given.concurrency === undefined ? 1 : check.count("concurrency", given.concurrency, 1),
    prefetch: given.prefetch === undefined || given.prefetch === "auto"
      ? "auto"
      : check.count("prefetch", given.prefetch, 0, false, ', or "auto"'),
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

function maxWorkers(given: Given, isolation: Isolation): number {
  const { name, value } = either(given, "maxWorkers", "max_processes");
  if (value !== undefined && !(name === "max_processes" && value === 0)) return check.count(name, value, 1);
  return Math.min(Math.ceil(usableCores() * 1.25), workersInMemory(`${runtime} ${isolation}`));
}

function maxBacklog(given: Given, maxWorkers: number): number {
  const { name, value } = either(given, "maxBacklog", "max_backlog");
  if (value === undefined || (name === "max_backlog" && value === 0)) return 10 * maxWorkers;
  if (value === -1) return Infinity;
  return check.count(name, value, 0, true, ", or -1 for no limit");
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

function budget(value: unknown): Holding {
  const holding = holdingOf(value);
  if (holding === null) throw check.wrongType("budget", "a Budget, such as Budget.machine", value);
  return holding;
}

function niceness(value: unknown): number {
  const nice = check.integer("niceness", value, 0, 19);
  if (runtime === "deno" && !isGranted("sys", "setPriority")) {
    throw new OptionTypeError("niceness must not be given to a program that may not set it: --allow-sys=setPriority");
  }
  return nice;
}

/** With less, in MB, a thread ends the whole program as it starts: Node 20.20 (the stack) and 26.10 (both). */
const LEAST_OF_A_THREAD: Readonly<Record<string, number>> = { maxOldGenerationSizeMb: 4, stackSizeMb: 0.5 };

function resourceLimits(value: unknown, isolation: Isolation): Record<string, number> {
  const known = isolation === "process"
    ? ["maxOldGenerationSizeMb"] as const
    : ["maxOldGenerationSizeMb", "maxYoungGenerationSizeMb", "codeRangeSizeMb", "stackSizeMb"] as const;
  const limits: Record<string, number> = {};
  for (const [name, limit] of Object.entries(check.ownOptions(value, "resourceLimits", known))) {
    if (limit === undefined) continue;
    const full = `resourceLimits.${name}`;
    const least = isolation === "thread" ? LEAST_OF_A_THREAD[name] ?? 0 : 0;
    const rule = `a number of MB, ${least > 0 ? `at least ${least}` : "more than 0"}`;
    const mb = check.amount(full, limit, rule);
    if (mb < least || mb === Infinity) throw check.outOfRange(full, rule, limit);
    limits[name] = mb;
  }
  return limits;
}

function defaultExecArgv(): string[] {
  // Deno gives its own to no child, and has none in `execArgv` that `deno run` would take.
  return runtime === "deno" ? [] : inheritedExecArgv(ownProcess().execArgv);
}

function processFlags(given: Given, limits: Record<string, number> | null, module: string): string[] {
  const heap = limits?.["maxOldGenerationSizeMb"];
  const flag = heap === undefined ? [] : [`--max-old-space-size=${Math.ceil(heap)}`];
  if (runtime !== "deno") return flag;
  return [...flag.map((v8Flag) => `--v8-flags=${v8Flag}`), ...denoPermissionFlags(given.permissions, module)];
}
