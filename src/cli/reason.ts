/**
 * Why something has failed, for people.
 *
 * @module
 */

import { ClusterError } from "../../mod.ts";
import { inWords } from "./outcome-line.ts";
import { RunError, UsageError } from "./told-errors.ts";

/** Where the frames of an error of a job's go on with those of whoever enqueued it, which is this program. */
const ENQUEUED = /\n\s+at (?:enqueue|map) \(job [^]*/;

/** The messages of an error and of its causes, and where the last of them came from, if that is the user's own code. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return inWords(error);
  if (error.cause instanceof Error) return `${error.message}\n  ${reasonOf(error.cause)}`;
  const isOurs = [ClusterError, UsageError, RunError].some((type) => error instanceof type);
  return !isOurs && !("syscall" in error) && error.stack?.includes(error.message)
    ? error.stack.replace(ENQUEUED, "")
    : error.message;
}
