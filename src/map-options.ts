/**
 * The options of `map`.
 *
 * @module
 */

import type { JobRequest } from "./core/engine.ts";
import { checkJob, type EnqueueOptions } from "./job-options.ts";
import * as check from "./validate.ts";

/** Options of `map`. Those of a job hold for each of its jobs. */
export interface MapOptions<T extends string = string>
  extends Pick<EnqueueOptions<T>, "timeout" | "signal" | "task" | "priority" | "trace"> {
  /**
   * How many items may be between the source and the loop that takes the results: being computed, waiting, or done and not
   * taken yet. That many are in memory.
   *
   * @default what keeps every worker busy: two for each, more while jobs are so short that workers would wait for the next,
   * 1,024 at most
   */
  concurrency?: number | undefined;
  /**
   * Whether results come in the order of the items, or as the jobs end. One slow job holds up the results behind it, and once there
   * are `concurrency` of them, the source.
   *
   * @default true
   */
  ordered?: boolean | undefined;
  /**
   * What becomes of a job that fails: `"throw"` ends the iteration with its error; `"yield"` goes on, and every result is an
   * object that tells how its job ended, see {@link MapResult}. A cluster that is closed ends it either way.
   *
   * @default "throw"
   */
  onError?: "throw" | "yield" | undefined;
}

/** How one job of a `map` with `onError: "yield"` ended. `index` counts the items from 0. */
export type MapResult<R> =
  | { readonly status: "fulfilled"; readonly value: R; readonly index: number }
  | { readonly status: "rejected"; readonly reason: unknown; readonly index: number };

/** The same, checked. */
export interface ResolvedMapOptions {
  /** A job's request, but for its arguments. */
  readonly request: JobRequest;
  readonly signal: AbortSignal | null;
  /** Null: what keeps every worker busy. */
  readonly concurrency: number | null;
  readonly ordered: boolean;
  readonly yieldsErrors: boolean;
}

const NAMES = ["timeout", "signal", "task", "priority", "trace", "concurrency", "ordered", "onError"] as const;

/**
 * Checks what a caller gave.
 *
 * @param timeout The cluster's own.
 * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`.
 */
export function checkMap(options: unknown, timeout: number): ResolvedMapOptions {
  const given = options === undefined ? {} : check.ownOptions(options, "options", NAMES);
  const { concurrency, ordered = true, onError = "throw", ...job } = given;
  const { request, signal } = checkJob(undefined, job, timeout);
  return {
    request: { ...request, bounded: true },
    signal,
    concurrency: concurrency === undefined ? null : check.count("concurrency", concurrency, 1),
    ordered: check.flag("ordered", ordered),
    yieldsErrors: check.oneOf("onError", onError, ["throw", "yield"]) === "yield",
  };
}
