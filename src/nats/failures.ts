/**
 * Faults of workers and hosts, as they travel: the cluster's own errors.
 *
 * @module
 */

import { ClusterError, type ErrorCode } from "../core/errors.ts";
import { decodeThrown, encodeThrown } from "../wire/error-codec.ts";

/** A fault as it travels. */
interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly stack: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** The error that led to it, encoded; undefined for none. */
  readonly cause?: unknown;
}

/** Writes a fault. */
export function writeFailure(error: ClusterError): Failure {
  const { code, message, stack = "", cause, ...details } = error;
  return {
    code,
    message,
    stack,
    details,
    ...cause === undefined ? {} : { cause: encodeThrown(cause, { values: "plain" }) },
  };
}

/** Reads it. What is none gives an error that says so: hosts may be of any version. */
export function readFailure(value: unknown, job: string): ClusterError {
  const { code, message, stack, details, cause } = (value ?? {}) as Partial<Failure>;
  if (typeof code !== "string" || typeof message !== "string") {
    return new ClusterError("CC_ERR_ENGINE", `a host has sent a fault of job ${job} that can't be read`, { job });
  }
  const error = new ClusterError(code, message, {
    ...details,
    job,
    ...cause === undefined ? {} : { cause: decodeThrown(cause) },
  });
  if (typeof stack === "string") {
    Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
  }
  return error;
}
