/**
 * The options of `broadcast`.
 *
 * @module
 */

import type { JobRequest } from "./core/engine.ts";
import { type CheckedJob, checkJob, type EnqueueOptions } from "./job-options.ts";
import * as check from "./validate.ts";

/** Options of `broadcast`. */
export interface BroadcastOptions<T extends string = string>
  extends Pick<EnqueueOptions<T>, "timeout" | "signal" | "task" | "priority" | "trace"> {
  /**
   * Whether workers that are started later run it too, before their first job, after `setup` and whatever was broadcast before it. What
   * has failed in any worker is not replayed.
   *
   * @default false
   */
  replay?: boolean | undefined;
}

const NAMES = ["timeout", "signal", "task", "priority", "trace", "replay"] as const;

/**
 * Checks what a caller gave.
 *
 * @param timeout The cluster's own.
 * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`.
 */
export function checkBroadcast(
  args: unknown,
  options: unknown,
  timeout: number,
): { request: JobRequest; signal: CheckedJob["signal"]; replay: boolean } {
  const { replay = false, ...job } = options === undefined ? {} : check.ownOptions(options, "options", NAMES);
  const { request, signal } = checkJob(args, job, timeout);
  return { request: { ...request, bounded: true }, signal, replay: check.flag("replay", replay) };
}
