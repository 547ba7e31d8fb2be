/**
 * What the engine tells of itself, for machines: plain objects with ids and durations in milliseconds. Each is told at the
 * end of the turn that made it true, in order.
 *
 * @module
 */

import type { Spent } from "./recycling.ts";

/** A fact; `type` is the name of the event. */
export type Fact =
  | { readonly type: "job:queued"; readonly job: string; readonly task: string | null; readonly backlog: number }
  | { readonly type: "job:refused"; readonly job: string; readonly task: string | null; readonly code: string }
  | {
    readonly type: "job:started";
    readonly job: string;
    readonly task: string | null;
    readonly worker: string;
    readonly attempt: number;
    readonly waited: number;
  }
  /** Its worker was lost before the job had begun, though it was told to have: it waits again, and this run does not count. */
  | { readonly type: "job:returned"; readonly job: string; readonly task: string | null; readonly worker: string }
  | {
    readonly type: "job:settled";
    readonly job: string;
    readonly task: string | null;
    /** The worker that had it, or null when it never reached one. */
    readonly worker: string | null;
    readonly ok: boolean;
    /** The `code` of the error, if it has one. */
    readonly code: string | null;
    readonly waited: number;
    readonly ran: number;
  }
  | { readonly type: "worker:starting"; readonly worker: string; readonly workers: number; readonly limit: number }
  | { readonly type: "worker:ready"; readonly worker: string; readonly started: number }
  | {
    readonly type: "worker:exit";
    readonly worker: string;
    readonly code: number | null;
    readonly signal: string | null;
    /** Whether the cluster told it to leave. */
    readonly expected: boolean;
    /** Why it had served long enough, if that is why it left. */
    readonly recycled: Spent | null;
    /** How many jobs it had. */
    readonly jobs: number;
  }
  /** The backlog is empty again after jobs were refused. */
  | { readonly type: "drain" }
  /** Closing has begun. */
  | { readonly type: "closing"; readonly mode: "drain" | "now"; readonly workers: number }
  /** Nothing is left. */
  | { readonly type: "close" };
