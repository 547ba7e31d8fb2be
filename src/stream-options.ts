/**
 * The options of `stream`.
 *
 * @module
 */

import { checkJob, type EnqueueOptions } from "./job-options.ts";
import type { JobRequest } from "./core/engine.ts";
import * as check from "./validate.ts";

/** Options of `stream`. */
export interface StreamOptions<T extends string = string>
  extends Pick<EnqueueOptions<T>, "deadline" | "signal" | "task" | "priority" | "onProgress" | "transfer" | "trace"> {
  /**
   * How long the next value may take, in milliseconds, the first included; waiting for a worker, and for the loop that takes the
   * values, does not count.
   *
   * @default the cluster's `timeout`
   */
  timeout?: number | undefined;
  /**
   * How many values may be between the worker and the loop that takes them; then the handler waits, in its `yield`. At least 1.
   *
   * @default 16
   */
  highWaterMark?: number | undefined;
}

/** The same, checked. */
export interface ResolvedStreamOptions {
  readonly request: JobRequest;
  readonly signal: AbortSignal | null;
  readonly highWaterMark: number;
}

const NAMES = [
  "timeout",
  "deadline",
  "signal",
  "task",
  "priority",
  "onProgress",
  "transfer",
  "trace",
  "highWaterMark",
] as const;

/**
 * Checks what a caller gave.
 *
 * @param timeout The cluster's own.
 * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`.
 */
export function checkStream(args: unknown, options: unknown, timeout: number): ResolvedStreamOptions {
  const given = options === undefined ? {} : check.ownOptions(options, "options", NAMES);
  const { highWaterMark = 16, ...job } = given;
  return {
    ...checkJob(args, job, timeout),
    highWaterMark: check.count("highWaterMark", highWaterMark, 1),
  };
}
