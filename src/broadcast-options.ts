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
  extends Pick<EnqueueOptions<T>, "timeout" | "signal" | "task" | "trace"> {
  /**
   * Whether workers that are started later run it too, before their first job, after `setup` and whatever was broadcast before it. A
   * name does the same, and what was replayed under that name is not any more: the newest rates, say, and none of those before. What
   * has failed in any worker is not replayed.
   *
   * @default false
   */
  replay?: boolean | string | undefined;
}

const NAMES = ["timeout", "signal", "task", "trace", "replay"] as const;

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
): { request: JobRequest; signal: CheckedJob["signal"]; replay: boolean | string } {
  const { replay = false, ...job } = options === undefined ? {} : check.ownOptions(options, "options", NAMES);
  const { request, signal } = checkJob(args, job, timeout);
  return { request, signal, replay: checkReplay(replay) };
}

function checkReplay(value: unknown): boolean | string {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return check.text("replay", value);
  throw check.wrongType("replay", "true, false or a name", value);
}
