/**
 * The names of what spans and metrics say. There are no conventions for pools of workers; where OpenTelemetry has a name, it is used
 * (`error.type`, and exceptions as events).
 *
 * @module
 */

import type { Exception } from "@opentelemetry/api";

/** The name that the program has given the cluster. */
export const CLUSTER = "compute_cluster.name";
/** `process` or `thread`. */
export const ISOLATION = "compute_cluster.isolation";
/** The export that runs the job; `default` for the default one. */
export const TASK = "compute_cluster.task";
/** `succeeded`, `failed` or `refused`. */
export const OUTCOME = "compute_cluster.job.outcome";
/** The caller's name for the job, or its number. */
export const JOB = "compute_cluster.job.id";
/** Which run of the job it is, or how many there were. */
export const ATTEMPT = "compute_cluster.job.attempt";
/** Process id, or number of the thread. */
export const WORKER = "compute_cluster.worker.id";
/** As `stats().workers` has it. */
export const WORKER_STATE = "compute_cluster.worker.state";
/** `stopped`, `recycled` or `lost`. */
export const EXIT = "compute_cluster.worker.exit";
/** Of OpenTelemetry. */
export const ERROR_TYPE = "error.type";

/** A word for the kind of an error: its code, or the name of its class. */
export function errorType(error: unknown): string {
  try {
    const { code, name } = error as { code?: unknown; name?: unknown };
    if (typeof code === "string" && code !== "") return code;
    return error instanceof Error && name !== "" ? String(name) : "_OTHER";
  } catch {
    // Anything can be thrown, or be a signal's reason.
    return "_OTHER";
  }
}

/** An error as an exception is recorded: whatever it is, and with the name of its class for its type, not its code. */
export function exceptionOf(error: unknown): Exception & { readonly message: string } {
  try {
    if (!(error instanceof Error)) return { message: String(error) };
    const { name, message, stack } = error;
    return { name: String(name), message: String(message), ...(stack === undefined ? {} : { stack: String(stack) }) };
  } catch {
    return { message: "an object that can't be read" };
  }
}
