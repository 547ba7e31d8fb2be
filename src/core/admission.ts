/**
 * Decides whether a job may come in.
 *
 * @module
 */

import { ClusterError, type ErrorDetails } from "./errors.ts";
import type { Estimator } from "./estimator.ts";

/** The limits; Infinity for none. */
export interface AdmissionLimits {
  /** Jobs that may wait without a worker about to take them. */
  readonly maxBacklog: number;
  /** Longest predicted time until the answer, in milliseconds. */
  readonly maxLatency: number;
  /** The same for this job. */
  readonly deadline: number;
  /** Jobs that can run at once when every worker is there. */
  readonly slots: number;
}

/** How many jobs would wait if one came now, it included, without a slot that is free or about to be. */
export interface Queue {
  readonly waiting: number;
  /** Those of them that count against `maxBacklog`. */
  readonly counted: number;
}

/** Why a job that came now would be refused, or null. */
export function refusal(
  limits: AdmissionLimits,
  { waiting, counted }: Queue,
  estimator: Estimator,
  now: number,
): ClusterError | null {
  // A job that a worker is about to take is always admitted, whatever the prediction: otherwise a cluster that was slow
  // once would refuse for ever, since only finished jobs can show that it is fast again.
  if (waiting <= 0) return null;
  const { maxBacklog, maxLatency, deadline, slots } = limits;
  if (counted > maxBacklog) {
    return new ClusterError("CC_ERR_BACKLOG_FULL", `cannot enqueue work: maximum backlog exceeded (${maxBacklog})`, {
      limit: maxBacklog,
      retryable: true,
    });
  }
  // The first runs pay for warming up; two per slot are not held against the rest.
  if (estimator.runs < 2 * slots) return null;
  const expected = estimator.latency(waiting, slots, now);
  const seconds = (expected / 1000).toFixed(2);
  if (expected > maxLatency) {
    const message = `cannot enqueue work: maximum expected work duration exceeded (${seconds}s)`;
    return new ClusterError("CC_ERR_LATENCY", message, tooSlow(expected, maxLatency));
  }
  if (expected > deadline) {
    const message = `cannot enqueue work: it would take ${seconds}s, and its deadline is ${deadline} ms`;
    return new ClusterError("CC_ERR_DEADLINE", message, tooSlow(expected, deadline));
  }
  return null;
}

function tooSlow(expected: number, limit: number): ErrorDetails {
  return { expected, limit, retryAfter: Math.max(1, Math.ceil(expected - limit)), retryable: true };
}
