/**
 * Puts jobs into frames. Those that go to one worker together share a frame, but nothing else: what is small and plain is
 * copied first, so that two jobs with the same object in their arguments don't get the same object there, and anything else
 * travels alone, as does a job whose arguments can't be sent.
 *
 * @module
 */

import { type JobEntry, UNTICKETED } from "./frame.ts";
import type { Job } from "./job.ts";
import type { Worker } from "./worker.ts";

/** What {@link CopyPlain} gives for a value that it doesn't copy. */
export const NOT_PLAIN: unique symbol = Symbol("not plain");

/** Copies a value that is small and plain data; {@link NOT_PLAIN} for another. Throws what a getter throws. */
export type CopyPlain = (value: unknown) => unknown;

/** A job that could not be sent. */
export interface Unsent {
  readonly job: Job;
  readonly cause: unknown;
}

/** Sends jobs to a worker, in order. Returns those that could not be sent. */
export function sendJobs(worker: Worker, jobs: readonly Job[], copyPlain: CopyPlain): readonly Unsent[] {
  const unsent: Unsent[] = [];
  const send = (parts: readonly Part[]): void => {
    const cause = sendFrame(worker, parts);
    if (cause === SENT) return;
    // Which of them can't be sent is found out one by one.
    if (parts.length > 1) return parts.forEach((part) => send([part]));
    unsent.push({ job: (parts[0] as Part).job, cause });
  };
  let together: Part[] = [];
  const sendTogether = (): void => {
    if (together.length > 0) send(together);
    together = [];
  };
  for (const job of jobs) {
    const { args, transfer } = job.request;
    const copy = jobs.length === 1 || transfer.length > 0 ? NOT_PLAIN : copied(args, copyPlain);
    if (copy === NOT_PLAIN) {
      sendTogether();
      send([{ job, args }]);
    } else together.push({ job, args: copy });
  }
  sendTogether();
  return unsent;
}

/** What throws when it is copied throws again when it is sent, alone. */
function copied(args: unknown, copyPlain: CopyPlain): unknown {
  try {
    return copyPlain(args);
  } catch {
    return NOT_PLAIN;
  }
}

/** A job in a frame. */
interface Part {
  readonly job: Job;
  readonly args: unknown;
}

/** What {@link sendFrame} gives for a frame that was sent. */
const SENT = Symbol("sent");

/** Sends one frame; gives what was thrown if it could not be sent. Tickets first: a worker that finds none drops the job. */
function sendFrame(worker: Worker, parts: readonly Part[]): unknown {
  const { port } = worker;
  const tickets = grant(worker, parts);
  try {
    const transfer = parts.length === 1 ? (parts[0] as Part).job.request.transfer : [];
    const jobs = parts.map(({ job, args }) => entry(job, args));
    port.send({ type: "jobs", jobs }, transfer, parts.length > 1);
    return SENT;
  } catch (cause) {
    if (tickets > 0) port.exchange?.grant(-tickets);
    return cause;
  }
}

/** Where none can be had (a limit on the size of files), jobs go without. Returns how many were granted. */
function grant({ port }: Worker, parts: readonly Part[]): number {
  let tickets = 0;
  for (const { job } of parts) if (job.ticketed) tickets++;
  if (tickets === 0) return 0;
  try {
    port.exchange?.grant(tickets);
    return tickets;
  } catch {
    for (const { job } of parts) job.ticketed = false;
    return 0;
  }
}

function entry({ number, request, attempt, ticketed }: Job, args: unknown): JobEntry {
  const { task, id } = request;
  const flags = ticketed ? 0 : UNTICKETED;
  if (task === null && id === null && attempt === 0) return flags === 0 ? [number, args] : [number, args, flags];
  return [number, args, flags, task, id, attempt + 1];
}
