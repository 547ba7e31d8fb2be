/**
 * What the engine tells of itself, for machines: plain objects with ids and durations in milliseconds. Each is told at the
 * end of the turn that made it true, in order.
 *
 * @module
 */

import type { Spent } from "./recycling.ts";

/** A fact; `type` is the name of the event. */
export type Fact =
  /** The job was accepted, and waits. */
  | {
    readonly type: "job:queued";
    /** The caller's name for it, or its number. */
    readonly job: string;
    /** The named export that runs it, or null for the default export. */
    readonly task: string | null;
    /** How many jobs wait, this one included. */
    readonly backlog: number;
  }
  /** The job was not accepted, and never runs. */
  | {
    readonly type: "job:refused";
    readonly job: string;
    readonly task: string | null;
    /** The `code` of the error. */
    readonly code: string;
    /** What its caller gets. */
    readonly error: unknown;
  }
  /** A run of the job has begun. Of a job that was sent to its worker ahead of its turn it may be known only when it ends. */
  | {
    readonly type: "job:started";
    readonly job: string;
    readonly task: string | null;
    /** Process id, or number of the thread. */
    readonly worker: string;
    /** 1 for the first run, 2 for the first retry, and so on. */
    readonly attempt: number;
    /** From when it was enqueued until it began. */
    readonly waited: number;
  }
  /** Its worker was lost before the job had begun, though it was told to have: it waits again, and this run does not count. */
  | {
    readonly type: "job:returned";
    readonly job: string;
    readonly task: string | null;
    readonly worker: string;
  }
  /** Its worker was lost while it ran: it waits to be run again (`retries`). */
  | {
    readonly type: "job:retried";
    readonly job: string;
    readonly task: string | null;
    /** The one that was lost. */
    readonly worker: string;
    /** The run that was lost. */
    readonly attempt: number;
    /** How long it had run. */
    readonly ran: number;
    readonly code: string;
    /** What its caller would have got. */
    readonly error: unknown;
  }
  /** The job has its outcome, and its caller the answer. */
  | {
    readonly type: "job:settled";
    readonly job: string;
    readonly task: string | null;
    /** The worker that had it, or null when it waited. */
    readonly worker: string | null;
    /** Its runs, the last included; 0 if it never began. */
    readonly attempt: number;
    /** Whether it was answered with a value. */
    readonly ok: boolean;
    /** The `code` of the error, if it has one. */
    readonly code: string | null;
    /** What its caller gets if not; otherwise undefined. */
    readonly error: unknown;
    /** From when it was enqueued until its last run began, or until now if it waited. */
    readonly waited: number;
    /** How long it ran then, on the way to and from the worker included; 0 if it waited. */
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
