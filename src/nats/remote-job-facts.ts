/**
 * What is told of a job that hosts run, at the steps that hosts tell of.
 *
 * @module
 */

import type { Outcome } from "../core/engine.ts";
import type { Fact } from "../core/fact.ts";
import { codeOf } from "../core/job-facts.ts";
import type { AnswerLetter } from "./letters.ts";
import type { RemoteJob } from "./remote-job.ts";

/** Which worker of which host has a job, and its how many-th run that is. */
export type Place = Pick<AnswerLetter, "host" | "worker" | "attempt">;

/** What the worker is called in this program. */
export function workerOf({ host, worker }: Pick<Place, "host" | "worker">): string {
  return `${host}/${worker}`;
}

/** A run of the job has begun, as far as is known at `since`. */
export function started({ id, request: { task }, submittedAt }: RemoteJob, place: Place, since: number): Fact {
  const { attempt } = place;
  return { type: "job:started", job: id, task, worker: workerOf(place), attempt, waited: since - submittedAt };
}

/** Its host has given it back. */
export function returned({ id, request: { task } }: RemoteJob, place: Place): Fact {
  return { type: "job:returned", job: id, task, worker: workerOf(place) };
}

/**
 * The job has its outcome.
 *
 * @param answer Of the host that had it, if one did.
 * @param startedAt When it began, if it did.
 */
export function settled(
  { id, request: { task }, submittedAt }: RemoteJob,
  outcome: Outcome,
  answer: AnswerLetter | null,
  startedAt: number,
  now: number,
): Fact {
  const ran = answer !== null && answer.attempt > 0;
  return {
    type: "job:settled",
    job: id,
    task,
    worker: ran ? workerOf(answer) : null,
    attempt: answer?.attempt ?? 0,
    ok: outcome.ok,
    code: outcome.ok ? null : codeOf(outcome.error),
    error: outcome.ok ? undefined : outcome.error,
    waited: (ran ? startedAt : now) - submittedAt,
    ran: ran ? answer.ran : 0,
  };
}
