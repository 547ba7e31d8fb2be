/**
 * Decides whether a job may come in, and predicts when it would be answered.
 *
 * @module
 */

import type { Backlog } from "./backlog.ts";
import type { JobRequest } from "./engine.ts";
import { ClusterError, type ErrorDetails } from "./errors.ts";
import type { Forecast } from "./forecast.ts";
import type { Before } from "./keys.ts";
import type { Placement } from "./placement.ts";

/** The limits; Infinity for none. */
export interface AdmissionLimits {
  /** Jobs that may wait without a worker about to take them. */
  readonly maxBacklog: number;
  /** Longest predicted time until the answer, in milliseconds. */
  readonly maxLatency: number;
}

/** What admission is given to work with. */
export interface AdmissionParts {
  readonly backlog: Pick<Backlog, "size" | "bounded" | "open" | "before" | "work">;
  readonly placement: Pick<Placement, "room" | "ahead" | "boundedAhead" | "hasPlace">;
  readonly forecast: Forecast;
  /** How many jobs can run at once when every worker is there. */
  slots(): number;
  now(): number;
}

/** What is asked of a job. */
type Asked = Pick<JobRequest, "task" | "key" | "deadline" | "bounded">;

/** Any job without limits of its own. */
const ANY: Asked = { task: null, key: null, deadline: Infinity, bounded: false };

const NOTHING: Before = { at: "none" };

/** Lets jobs in, or not. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #parts: AdmissionParts;

  constructor(limits: AdmissionLimits, parts: AdmissionParts) {
    this.#limits = limits;
    this.#parts = parts;
  }

  /** How many jobs wait for their turn, in the backlog or in workers. */
  get waiting(): number {
    return this.#parts.backlog.size + this.#parts.placement.ahead;
  }

  /** How many of those any worker may run. */
  get unplaced(): number {
    return this.#parts.backlog.open + this.#parts.placement.ahead;
  }

  /** How many of those that wait count against `maxBacklog`. */
  get counted(): number {
    return this.waiting - this.#parts.backlog.bounded - this.#parts.placement.boundedAhead;
  }

  /** Why a job that came now would be refused, or null. */
  refusal(job: Asked = ANY): ClusterError | null {
    const { maxBacklog, maxLatency } = this.#limits;
    const { deadline } = job;
    if (job.bounded || Math.min(maxBacklog, maxLatency, deadline) === Infinity) return null;
    const room = this.#roomFor(job);
    // A job that a worker is about to take is always admitted, whatever the prediction: otherwise a cluster that was slow
    // once would refuse for ever, since only finished jobs can show that it is fast again.
    if (this.unplaced + 1 <= room) return null;
    // Room that jobs are about to take which are bounded otherwise is none for others.
    const left = Math.max(0, room - (this.waiting - this.counted));
    if (this.counted + 1 - left > maxBacklog) return tooMany(maxBacklog);
    const expected = this.latency(job);
    if (expected === null) return null;
    return lateness(expected, maxLatency, deadline);
  }

  /**
   * Predicted time until a job that came now would be answered, in milliseconds: its share of the work that waits, then its own run.
   * Null while too little is known.
   */
  latency(job: Asked): number | null {
    const { backlog, placement, forecast } = this.#parts;
    const slots = this.#parts.slots();
    // The first runs pay for warming up; two per slot are not held against the rest.
    if (forecast.runs < 2 * slots) return null;
    const now = this.#parts.now();
    const own = forecast.run(job.task, now);
    const before = job.key === null ? NOTHING : backlog.before(job.key);
    // One after the other, however many workers there are.
    if (before.at === "jobs") return own * (1 + before.count);
    const jobs = this.waiting + 1;
    const work = backlog.work((task) => forecast.run(task, now)) + placement.ahead * forecast.runOfAny(now) + own;
    // Of what waits, as much as there is room for runs at once.
    const part = Math.max(0, jobs - this.#roomFor(job)) / jobs;
    return own + work * part / slots;
  }

  /** Whatever room there is, is not for what waits for another job, or for one worker; nor does that need any if the worker is free. */
  #roomFor({ key }: Asked): number {
    const { backlog, placement, now } = this.#parts;
    const before = key === null ? NOTHING : backlog.before(key);
    if (before.at === "none") return placement.room;
    return before.at === "worker" && placement.hasPlace(before.worker, now()) ? Infinity : 0;
  }
}

/**
 * Why a job is refused that is expected to be answered after so long, or null. All in milliseconds, limits Infinity for none.
 */
export function lateness(expected: number, maxLatency: number, deadline: number): ClusterError | null {
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

function tooMany(limit: number): ClusterError {
  const message = `cannot enqueue work: maximum backlog exceeded (${limit})`;
  return new ClusterError("CC_ERR_BACKLOG_FULL", message, { limit, retryable: true });
}

function tooSlow(expected: number, limit: number): ErrorDetails {
  return { expected, limit, retryAfter: Math.max(1, Math.ceil(expected - limit)), retryable: true };
}
