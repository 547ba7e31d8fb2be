/**
 * Puts jobs into frames. Those that go to one worker together share a frame, but nothing else: what is small and plain is
 * copied first, so that two jobs with the same object in their arguments don't get the same object there, and anything else
 * travels alone, as does a job whose arguments can't be sent.
 *
 * @module
 */

import { AHEAD, type JobEntry } from "./frame.ts";
import type { Job } from "./job.ts";
import type { Worker } from "./worker.ts";

/** What {@link CopyPlain} gives for a value that it doesn't copy. */
export const NOT_PLAIN: unique symbol = Symbol("not plain");

/** Copies a value that is small and plain data; {@link NOT_PLAIN} for another. Throws what a getter throws. */
export type CopyPlain = (value: unknown) => unknown;

/** A job for a worker. `ahead`: the worker has others before it. */
export interface Assignment {
  readonly job: Job;
  readonly ahead: boolean;
}

/** A job that could not be sent. */
export interface Unsent {
  readonly job: Job;
  readonly cause: unknown;
}

/** Sends jobs to a worker, in order. Returns those that could not be sent. */
export function sendJobs(worker: Worker, assignments: readonly Assignment[], copyPlain: CopyPlain): readonly Unsent[] {
  const unsent: Unsent[] = [];
  let together: JobEntry[] = [];
  const sendTogether = (): void => {
    if (together.length > 0) sendFrame(worker, together, []);
    together = [];
  };
  for (const { job, ahead } of assignments) {
    const { args, transfer } = job.request;
    try {
      const alone = assignments.length === 1 || transfer.length > 0;
      const copy = alone ? NOT_PLAIN : copyPlain(args);
      if (copy !== NOT_PLAIN) {
        together.push(entry(job, copy, ahead));
        continue;
      }
      sendTogether();
      sendFrame(worker, [entry(job, args, ahead)], transfer);
    } catch (cause) {
      unsent.push({ job, cause });
    }
  }
  sendTogether();
  return unsent;
}

/** Tickets first: a worker that finds none drops the job. */
function sendFrame({ port }: Worker, jobs: readonly JobEntry[], transfer: readonly object[]): void {
  let ahead = 0;
  for (const [, , flags = 0] of jobs) if ((flags & AHEAD) !== 0) ahead++;
  if (ahead > 0) port.exchange?.grant(ahead);
  try {
    port.send({ type: "jobs", jobs }, transfer);
  } catch (error) {
    if (ahead > 0) port.exchange?.grant(-ahead);
    throw error;
  }
}

function entry({ number, request, attempt }: Job, args: unknown, ahead: boolean): JobEntry {
  const { task, id } = request;
  const flags = ahead ? AHEAD : 0;
  if (task === null && id === null && attempt === 0) return flags === 0 ? [number, args] : [number, args, flags];
  return [number, args, flags, task, id, attempt + 1];
}
