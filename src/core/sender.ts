/**
 * Puts jobs into frames. Those that go to one worker together share one text, if JSON carries their arguments without loss: it
 * is written and read several times faster than a structured clone, and two jobs with the same object in their arguments don't
 * get the same object there. Any other job travels alone.
 *
 * @module
 */

import { type HostFrame, type JobEntry, NO_ARGS, REPORTS, STREAMS, UNTICKETED } from "./frame.ts";
import type { Job } from "./job.ts";
import { type TraceContext, traceParts } from "./trace.ts";
import type { Worker } from "./worker.ts";

/** How long a text may get with another job, in characters: the first of its jobs waits for all of it. */
const LONG = 65_536;

// Taken hold of before the program can replace it.
const { stringify } = JSON;

/** Whether JSON carries a value without loss. Throws what a getter throws. */
export type IsJson = (value: unknown) => boolean;

/** A job that could not be sent. */
export interface Unsent {
  readonly job: Job;
  readonly cause: unknown;
}

/** Jobs that travel together, and how. */
interface Shipment {
  readonly jobs: readonly Job[];
  readonly frame: HostFrame;
}

/** Sends jobs to a worker, in order. Returns those that could not be sent. */
export function sendJobs(worker: Worker, jobs: readonly Job[], isJson: IsJson): readonly Unsent[] {
  const unsent: Unsent[] = [];
  // Before they are sent: a worker that finds no ticket drops the job.
  grant(worker, jobs);
  for (const { jobs: shipped, frame } of shipmentsOf(jobs, isJson)) {
    try {
      worker.port.send(frame, (shipped[0] as Job).request.transfer);
      // Only now: what could not be sent is never counted by the worker.
      worker.sentWithout += shipped.length - ticketsFor(shipped);
    } catch (cause) {
      for (const job of shipped) unsent.push({ job, cause });
      const tickets = ticketsFor(shipped);
      if (tickets > 0) worker.port.exchange?.grant(-tickets);
    }
  }
  return unsent;
}

/** Where none can be had (a limit on the size of files), jobs go without. */
function grant({ port }: Worker, jobs: readonly Job[]): void {
  const tickets = ticketsFor(jobs);
  if (tickets === 0) return;
  try {
    port.exchange?.grant(tickets);
  } catch {
    for (const job of jobs) job.ticketed = false;
  }
}

function ticketsFor(jobs: readonly Job[]): number {
  let tickets = 0;
  for (const { ticketed } of jobs) if (ticketed) tickets++;
  return tickets;
}

function shipmentsOf(jobs: readonly Job[], isJson: IsJson): Shipment[] {
  const shipments: Shipment[] = [];
  let together: Job[] = [];
  let text = "";
  const close = (): void => {
    if (together.length > 0) shipments.push({ jobs: together, frame: { type: "jobs:text", text: `[${text}]` } });
    together = [];
    text = "";
  };
  for (const job of jobs) {
    const args = textOf(job, isJson);
    if (args === null) {
      close();
      shipments.push({ jobs: [job], frame: { type: "jobs", jobs: [entry(job)] } });
      continue;
    }
    if (text.length + args.length > LONG) close();
    text += `${together.length === 0 ? "" : ","}${entryText(job, args)}`;
    together.push(job);
  }
  close();
  return shipments;
}

/** The arguments as JSON, or null. What throws when it is read here throws again when it is sent, alone. */
function textOf({ request: { args, transfer } }: Job, isJson: IsJson): string | null {
  if (transfer.length > 0) return null;
  if (args === undefined) return "null";
  try {
    return isJson(args) ? stringify(args) : null;
  } catch {
    return null;
  }
}

function entry(job: Job): JobEntry {
  const { number, request: { args, task, id }, attempt, follower } = job;
  if (isPlain(job)) return [number, args];
  const most = [number, args, flagsOf(job), task, id, attempt + 1] as const;
  const carrier = follower?.carrier();
  if (carrier) return [...most, job.credit, traceParts(carrier)];
  return streams(job) ? [...most, job.credit] : most;
}

/** The same as text. In parts: a `toJSON` that the program has given to all arrays is not to have a say. */
function entryText(job: Job, args: string): string {
  const { number, request: { task, id }, attempt, follower } = job;
  if (isPlain(job)) return `[${number},${args}]`;
  const carrier = follower?.carrier();
  const credit = carrier || streams(job) ? `,${job.credit}` : "";
  const trace = carrier ? `,${traceText(carrier)}` : "";
  return `[${number},${args},${flagsOf(job)},${stringify(task)},${stringify(id)},${attempt + 1}${credit}${trace}]`;
}

function traceText(carrier: TraceContext): string {
  const [traceparent, tracestate, baggage] = traceParts(carrier);
  return `[${stringify(traceparent)},${stringify(tracestate)},${stringify(baggage)}]`;
}

/** Whether it has nothing that most jobs don't have. */
function isPlain(job: Job): boolean {
  const { request: { task, id }, attempt, follower } = job;
  return task === null && id === null && attempt === 0 && follower === null && flagsOf(job) === 0;
}

function flagsOf({ ticketed, request: { args, onProgress, stream } }: Job): number {
  return (ticketed ? 0 : UNTICKETED) | (args === undefined ? NO_ARGS : 0) | (onProgress === null ? 0 : REPORTS) |
    (stream === null ? 0 : STREAMS);
}

function streams({ request: { stream } }: Job): boolean {
  return stream !== null;
}
