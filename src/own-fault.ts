/**
 * Tells the cluster's own errors from those of the same class that a handler has thrown, which may have a cluster of its own.
 *
 * The mark is in the registry of symbols, because the package's built files have this module each for itself.
 *
 * @module
 */

import { ClusterError } from "./core/errors.ts";

const THROWN = Symbol.for("compute-cluster:thrown");

/** Marks what a worker has sent as thrown. */
export function markThrown(error: unknown): void {
  if (error instanceof ClusterError) Object.defineProperty(error, THROWN, { value: true });
}

/** Whether it is an error of the cluster that ran the job, or of its worker. */
export function isOwnFault(error: unknown): error is ClusterError {
  return error instanceof ClusterError && (!(THROWN in error) || isOfWorker(error));
}

/**
 * Whether a job's worker got SIGTERM, which a cluster sends none that has a job to finish. A program that is told to end by way of its
 * group of processes (`timeout`, systemd) has workers that are told so, too.
 */
export function isTerminated(error: unknown): boolean {
  return isOwnFault(error) && error.code === "CC_ERR_WORKER_EXIT" &&
    (error as { signal?: unknown }).signal === "SIGTERM";
}

/** What a worker itself refuses travels as what is thrown in it: a task that is not there, an answer that can't be sent. */
function isOfWorker({ code }: ClusterError): boolean {
  return code === "CC_ERR_OPTION" || code === "CC_ERR_NOT_CLONEABLE";
}
