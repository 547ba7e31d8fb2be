/**
 * What is told of a job at each step.
 *
 * @module
 */

import type { Outcome } from "./engine.ts";
import type { ClusterError } from "./errors.ts";
import type { Fact } from "./fact.ts";
import type { Job } from "./job.ts";
import type { Worker } from "./worker.ts";

/** What all of them say of a job. */
type Told = Pick<Job, "id" | "request">;

/** The job waits; `backlog` jobs do, this one included. */
export function queued({ id, request: { task } }: Told, backlog: number): Fact {
  return { type: "job:queued", job: id, task, backlog };
}

/** The job was not taken. */
export function refused({ id, request: { task } }: Told, error: ClusterError): Fact {
  return { type: "job:refused", job: id, task, code: error.code, error };
}

/** A run of the job has begun. */
export function started({ id, request: { task }, attempt, startedAt, submittedAt }: Job, worker: Worker): Fact {
  return { type: "job:started", job: id, task, worker: worker.port.id, attempt, waited: startedAt - submittedAt };
}

/** The job had not begun after all. */
export function returned({ id, request: { task } }: Job, worker: Worker): Fact {
  return { type: "job:returned", job: id, task, worker: worker.port.id };
}

/** The job waits for another run. */
export function retried(job: Job, worker: Worker, error: ClusterError, now: number): Fact {
  const { id, attempt, startedAt, request: { task } } = job;
  const ran = now - startedAt;
  return { type: "job:retried", job: id, task, worker: worker.port.id, attempt, ran, code: error.code, error };
}

/** The job has its outcome. `worker` is the one that ran it, if one did. */
export function settled(job: Job, outcome: Outcome, worker: Worker | null, now: number): Fact {
  const { id, attempt, startedAt, submittedAt, request: { task } } = job;
  return {
    type: "job:settled",
    job: id,
    task,
    worker: worker?.port.id ?? null,
    attempt,
    ok: outcome.ok,
    code: outcome.ok ? null : codeOf(outcome.error),
    error: outcome.ok ? undefined : outcome.error,
    waited: (worker ? startedAt : now) - submittedAt,
    ran: worker ? now - startedAt : 0,
  };
}

/** The `code` of an error, if it has one. */
export function codeOf(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}
