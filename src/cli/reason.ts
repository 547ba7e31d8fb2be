/**
 * Why something has failed, for people.
 *
 * @module
 */

import { ClusterError } from "../../mod.ts";
import { UsageError } from "./usage-error.ts";

/** Where the frames of an error of a job's go on with those of whoever enqueued it, which is this program. */
const ENQUEUED = /\n\s+at (?:enqueue|map) \(job [^]*/;

/** The messages of an error and of its causes, and where the last of them came from, if that is the user's own code. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return `${error.message}\n  ${reasonOf(error.cause)}`;
  const isOfTheUser = !(error instanceof ClusterError || error instanceof UsageError) && !("syscall" in error);
  return isOfTheUser && error.stack?.includes(error.message) ? error.stack.replace(ENQUEUED, "") : error.message;
}
