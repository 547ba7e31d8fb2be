/**
 * Decides whether a job may come in.
 *
 * @module
 */

import { ClusterError } from "./errors.ts";
import type { Estimator } from "./estimator.ts";

/** The limits; Infinity for none. */
export interface AdmissionLimits {
  /** Jobs that may wait without a worker about to take them. */
  readonly maxBacklog: number;
  /** Longest predicted time until the answer, in milliseconds. */
  readonly maxLatency: number;
  /** Jobs that can run at once when every worker is there. */
  readonly slots: number;
}

/** The limit that a job would exceed. */
type Excess =
  | { readonly of: "backlog" }
  /** `expected`: the predicted time until its answer, in milliseconds. */
  | { readonly of: "latency"; readonly expected: number };

const BACKLOG: Excess = { of: "backlog" };

/**
 * What a job that came now would exceed, or null.
 *
 * @param waiting How many jobs would wait, the new one included, without a slot that is free or about to be.
 */
export function excess(limits: AdmissionLimits, waiting: number, estimator: Estimator, now: number): Excess | null {
  // A job that a worker is about to take is always admitted, whatever the prediction: otherwise a cluster that was slow
  // once would refuse for ever, since only finished jobs can show that it is fast again.
  const { maxBacklog, maxLatency, slots } = limits;
  if (waiting <= 0) return null;
  if (waiting > maxBacklog) return BACKLOG;
  if (maxLatency === Infinity) return null;
  // The first runs pay for warming up; two per slot are not held against the rest.
  if (estimator.runs < 2 * slots) return null;
  const expected = estimator.latency(waiting, slots, now);
  return expected > maxLatency ? { of: "latency", expected } : null;
}

/** Why such a job would be refused, or null. */
export function refusal(
  limits: AdmissionLimits,
  waiting: number,
  estimator: Estimator,
  now: number,
): ClusterError | null {
  const exceeded = excess(limits, waiting, estimator, now);
  return exceeded && errorFor(exceeded, limits);
}

function errorFor(exceeded: Excess, { maxBacklog, maxLatency }: AdmissionLimits): ClusterError {
  if (exceeded.of === "backlog") {
    return new ClusterError("CC_ERR_BACKLOG_FULL", `cannot enqueue work: maximum backlog exceeded (${maxBacklog})`, {
      limit: maxBacklog,
      retryable: true,
    });
  }
  const { expected } = exceeded;
  return new ClusterError(
    "CC_ERR_LATENCY",
    `cannot enqueue work: maximum expected work duration exceeded (${(expected / 1000).toFixed(2)}s)`,
    { expected, limit: maxLatency, retryAfter: Math.max(1, Math.ceil(expected - maxLatency)), retryable: true },
  );
}
