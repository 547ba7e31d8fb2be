/**
 * The options of one job.
 *
 * @module
 */

import type { JobRequest } from "./core/engine.ts";
import type { TraceContext } from "./core/trace.ts";
import { traceContext } from "./trace-context.ts";
import * as check from "./validate.ts";

/** Options of one job. */
export interface EnqueueOptions<T extends string = string> {
  /**
   * The longest run in milliseconds, waiting not included.
   *
   * @default the cluster's `timeout`
   */
  timeout?: number | undefined;
  /**
   * How long, in milliseconds from now, its answer is of use. A job that is predicted to be answered later is refused, one that waits
   * is dropped when so little time is left that it is not expected to be answered any more, and one that runs is given up as by a
   * timeout, each with `CC_ERR_DEADLINE`; the first two with `retryAfter`, where enough is known for that.
   *
   * @default none
   */
  deadline?: number | undefined;
  /** Gives the job up when it is aborted, wherever the job is; the job then fails with the signal's `reason`. */
  signal?: AbortSignal | undefined;
  /** The export of the worker module that runs the job; the default export when not given. */
  task?: T | undefined;
  /**
   * Which of the jobs that wait is the next, an integer from -100 to 100: each level counts as a second more that the job has
   * waited. So jobs of a higher priority overtake others, and none waits for ever. What has been sent to a worker ahead of its
   * turn, 3 ms of work at most, is not overtaken.
   *
   * @default 0
   */
  priority?: number | undefined;
  /**
   * Jobs of the same key run one at a time, in the order of their coming, and in the same worker as long as it lives, whatever others
   * are free: for what a worker keeps of one customer or one file between jobs. Keys that had no job for long are forgotten, where
   * there are more than 10,000.
   *
   * @default none
   */
  key?: string | undefined;
  /**
   * A name for the job, also in events and errors. Enqueued again with the same task while it waits or runs, it is not run a second
   * time, whatever its arguments: both callers get the same answer, or the same error, object. The arguments and the other options of
   * the first hold, its `timeout`, `deadline` and `priority` too; who joins is told of progress if the first is. Each caller's
   * `signal` is its own, and the job is given up when all have been aborted.
   */
  id?: string | undefined;
  /**
   * Is told how far the job is, as often as its handler calls `progress`, every 50 ms at most. Not after the job has settled. When a
   * job runs again (`retries`), it begins anew.
   */
  onProgress?: ((value: unknown) => void) | undefined;
  /**
   * The trace that the job belongs to: its handler finds it in its context, and clusters in the worker pass it on. For those who have
   * no telemetry library; with `compute-cluster/otel` it takes the place of the active span.
   *
   * @default in a worker, the trace of the job whose code enqueues this one; otherwise none
   */
  trace?: TraceContext | undefined;
  /** Objects to move to a worker that is a thread; they are unusable here afterwards. Processes get copies, and they stay as they are. */
  transfer?: readonly object[] | undefined;
}

/** A job as the engine takes it, and the signal that may end it. */
export interface CheckedJob {
  readonly request: JobRequest;
  readonly signal: AbortSignal | null;
}

/** Each priority that is in use has a lane, and all of them are looked at for each job. */
const HIGHEST = 100;

const NAMES = [
  "timeout",
  "deadline",
  "signal",
  "task",
  "priority",
  "key",
  "id",
  "onProgress",
  "transfer",
  "trace",
] as const;

/** No object to move. */
const NOTHING: readonly object[] = [];

/**
 * Checks what a caller gave for one job.
 *
 * @param timeout The cluster's own.
 * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`.
 */
export function checkJob(args: unknown, options: unknown, timeout: number): CheckedJob {
  if (options === undefined) {
    return {
      request: {
        id: null,
        task: null,
        args,
        transfer: NOTHING,
        timeout,
        priority: 0,
        deadline: Infinity,
        key: null,
        bounded: false,
        onProgress: null,
        stream: null,
        trace: null,
        follow: null,
      },
      signal: null,
    };
  }
  const given = check.ownOptions(options, "options", NAMES);
  const signal = given.signal === undefined ? null : abortSignal(given.signal);
  return {
    request: {
      id: given.id === undefined ? null : check.text("id", given.id),
      task: given.task === undefined || given.task === "default" ? null : check.text("task", given.task),
      args,
      transfer: given.transfer === undefined ? NOTHING : objects(given.transfer),
      timeout: given.timeout === undefined ? timeout : check.duration("timeout", given.timeout, "more than 0"),
      priority: given.priority === undefined ? 0 : check.integer("priority", given.priority, -HIGHEST, HIGHEST),
      deadline: given.deadline === undefined ? Infinity : check.duration("deadline", given.deadline, "more than 0"),
      key: given.key === undefined ? null : check.text("key", given.key),
      bounded: false,
      onProgress: given.onProgress === undefined ? null : listener(given.onProgress),
      stream: null,
      trace: given.trace === undefined ? null : traceContext(given.trace),
      follow: null,
    },
    signal,
  };
}

function objects(value: unknown): readonly object[] {
  if (!Array.isArray(value)) throw check.wrongType("transfer", "an array of objects", value);
  // As it is now: the caller may use the array again before the job is sent.
  return Array.from(value, (item, i) => {
    if (typeof item !== "object" || item === null) throw check.wrongType(`transfer[${i}]`, "an object", item);
    return item;
  });
}

function listener(value: unknown): (value: unknown) => void {
  if (typeof value !== "function") throw check.wrongType("onProgress", "a function", value);
  return value as (value: unknown) => void;
}

/** By what it can do: the class may be another realm's. */
function abortSignal(value: unknown): AbortSignal {
  const signal = value as Partial<AbortSignal> | null;
  if (
    typeof signal === "object" && typeof signal?.aborted === "boolean" &&
    typeof signal.addEventListener === "function" && typeof signal.removeEventListener === "function"
  ) {
    return signal as AbortSignal;
  }
  throw check.wrongType("signal", "an AbortSignal", value);
}
