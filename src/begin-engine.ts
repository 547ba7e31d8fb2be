/**
 * Begins the engine of a cluster: the scheduler of this machine, or one that has jobs run elsewhere.
 *
 * @module
 */

import { adapterFor } from "../runtimes/select.ts";
import { tellBudget } from "./budget/address.ts";
import type { Isolation } from "./core/adapter.ts";
import type { Engine, Observer } from "./core/engine.ts";
import type { ClusterError } from "./core/errors.ts";
import type { Job } from "./core/job.ts";
import { Scheduler } from "./core/scheduler.ts";
import { checkEngine, openEngine } from "./distributed.ts";
import type { ComputeClusterOptions, DistributedClusterOptions } from "./options.ts";
import { realClock } from "./real-clock.ts";
import { limits, type ResolvedOptions, resolveOptions } from "./resolve-options.ts";
import * as check from "./validate.ts";
import { type Format, notCloneable } from "./wire/cloneable.ts";
import { decodeThrown } from "./wire/error-codec.ts";
import { isJson } from "./wire/plain.ts";
import { bootstrap } from "./worker/bootstrap.generated.ts";

/** What an engine is given by its cluster. */
export interface EngineSurroundings {
  /** Who is told what happens; `isolation` is what its sentences call workers. */
  observer(isolation: Isolation): Observer;
  /** Makes the error out of what a handler threw, encoded. */
  decodeError(encoded: unknown): unknown;
}

/** An engine that has begun, and what its cluster must know of it. */
export interface BegunEngine {
  readonly engine: Engine;
  /** The `timeout` of a job that has none of its own, in milliseconds, or Infinity. */
  readonly timeout: number;
  /** How many jobs it can run at once; 1 where that is for others to say. */
  readonly slots: number;
  /** How values are written. */
  readonly format: Format;
  /** What `setup` gets in workers that are started from now on. */
  setupData: unknown;
}

/**
 * Checks the options, and begins what they ask for.
 *
 * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`, naming the option, the rule and the value.
 */
export function beginEngine(
  options: ComputeClusterOptions | DistributedClusterOptions,
  surroundings: EngineSurroundings,
): BegunEngine {
  const distributed = typeof options === "object" && options !== null && Object.hasOwn(options, "engine") &&
    (options as DistributedClusterOptions).engine !== undefined;
  return distributed ? beginElsewhere(options, surroundings) : beginHere(resolveOptions(options), surroundings);
}

function beginHere(resolved: ResolvedOptions, { observer, decodeError }: EngineSurroundings): BegunEngine {
  const { isolation, scheduler, spec, env, budget, timeout } = resolved;
  const format = spec.serialization;
  let { setupData } = spec;
  const setupNotCloneable = (cause: unknown): ClusterError =>
    notCloneable({ what: "setupData", value: setupData, root: "setupData", format, cause });
  const engine = new Scheduler(scheduler, {
    clock: realClock,
    adapter: adapterFor(isolation),
    allowances: budget,
    spec: () => ({
      ...spec,
      setupData,
      ...tellBudget(budget, env()),
      bootstrap,
      decodeError: decodeThrown,
      setupNotCloneable,
    }),
    decodeError,
    notCloneable: ({ request, id, attempt }: Pick<Job, "id" | "attempt" | "request">, cause) =>
      argsNotCloneable(request.args, { job: id, retryable: attempt === 0 }, format, cause),
    isJson,
    observer: observer(isolation),
  });
  return {
    engine,
    timeout,
    slots: scheduler.maxWorkers * scheduler.concurrency,
    format,
    get setupData() {
      return setupData;
    },
    set setupData(value) {
      setupData = value;
    },
  };
}

/** What a cluster may be told whose workers are elsewhere. */
const ELSEWHERE = [
  "engine",
  "module",
  "timeout",
  "maxBacklog",
  "maxLatency",
  "max_backlog",
  "max_request_time",
] as const;

function beginElsewhere(options: unknown, { observer, decodeError }: EngineSurroundings): BegunEngine {
  const given = check.ownOptions(options, "options beside engine", ELSEWHERE);
  const { timeout, maxBacklog, maxLatency } = limits(given);
  const engine = openEngine(checkEngine(given.engine), {
    clock: realClock,
    observer: observer("process"),
    maxBacklog,
    maxLatency,
    decodeError,
    notCloneable: (args, job, cause) => argsNotCloneable(args, { job, retryable: true }, "advanced", cause),
  });
  return { engine, timeout, slots: 1, format: "advanced", setupData: undefined };
}

function argsNotCloneable(
  value: unknown,
  details: Readonly<Record<string, unknown>>,
  format: Format,
  cause: unknown,
): ClusterError {
  return notCloneable({ what: "the arguments", value, root: "args", format, cause }, details);
}
