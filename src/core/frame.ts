/**
 * What host and worker say to each other. Every payload rides inside a frame, so that no value of a user can be taken for
 * a message of the runtime (`{ cmd: "NODE_…" }`) or of ours, and top-level `undefined` and `bigint` arrive.
 *
 * A frame may carry several jobs or answers. Both sides check what they get: see {@link readAnswers}.
 *
 * @module
 */

import type { TraceParts } from "./trace.ts";

/** Which job a frame means: a number that the host never uses twice for one worker. */
export type JobNumber = number;

/**
 * One job on its way to a worker. What stands at the end may be left out: what most jobs have, costs no bytes.
 *
 * `task` null means the default export (or the module's `message` listener), `id` null the job's number.
 */
export type JobEntry = readonly [
  number: JobNumber,
  args: unknown,
  flags?: number,
  task?: string | null,
  id?: string | null,
  attempt?: number,
  credit?: number,
  trace?: TraceParts,
];

/** The job begins without a ticket: it can't be taken back. Its worker counts it when it begins. See `runtimes/exchange.ts`. */
export const UNTICKETED = 1;

/** The job's arguments are `undefined`, which JSON does not carry. */
export const NO_ARGS = 2;

/** Somebody wants to know how far the job is. */
export const REPORTS = 4;

/** The job yields values, so many before it waits until more are wanted (`credit`). */
export const STREAMS = 8;

/** Stands for `failed` in a text: the value is `undefined`, which JSON does not carry. */
export const NO_VALUE = 2;

// Taken hold of before the program can replace it.
const { parse } = JSON;

/** Host to worker. */
export type HostFrame =
  /** First of all; see `Init`. */
  | { readonly type: "init"; readonly init: Init }
  | { readonly type: "jobs"; readonly jobs: readonly JobEntry[] }
  /** The same, as one JSON text. */
  | { readonly type: "jobs:text"; readonly text: string }
  /** Any other of these as JSON, for a line that would write it in a way of its own. */
  | { readonly type: "json"; readonly text: string }
  /** So many of the jobs that wait for a ticket, the last, are taken back. Answered by `recalled`. */
  | { readonly type: "recall"; readonly count: number }
  /** The host no longer waits for this job's answer. */
  | { readonly type: "abort"; readonly job: JobNumber; readonly why: AbortWhy }
  /** So many more of the values that this job yields are wanted. */
  | { readonly type: "more"; readonly job: JobNumber; readonly count: number }
  /** Run the teardown and leave. */
  | { readonly type: "stop" }
  /** Say `pong`, if your loop is free. */
  | { readonly type: "ping" };

/** Why the host no longer waits for a job. */
export type AbortWhy = "timeout" | "deadline" | "abort";

/** What a worker is told at its start. */
export interface Init {
  /** URL of the user's module. */
  readonly module: string;
  /** Whether the bootstrap imports the module; otherwise the runtime does, as the main module. */
  readonly imports: boolean;
  /** `process.argv` after the module's path, for a worker whose runtime doesn't set it. */
  readonly argv: readonly string[];
  /** Handed to the module's `setup`. */
  readonly setupData?: unknown;
  /** What the worker does before its first job, in order; not there if that is nothing. */
  readonly replay?: readonly { readonly number: number; readonly task: string | null; readonly args: unknown }[];
  /** How a process writes values. */
  readonly serialization: "advanced" | "json";
  /** What the worker measures of its memory: all that the process has, or the heap of the thread; null for nothing. */
  readonly measures: "rss" | "heap" | null;
  /** How many jobs may run at once. */
  readonly concurrency: number;
  /**
   * Where tickets and mail are: memory, descriptors, or null if there are none, and jobs need no ticket. `shelves`: how large
   * those are that lie behind the mail (`shelf.ts`), in bytes; 0 for none.
   */
  readonly exchange:
    | { readonly memory: SharedArrayBuffer }
    | { readonly tickets: number; readonly mail: number; readonly shelves: number }
    | null;
  /** Stands in the frames that the host acts on, so that nothing a module posts to the host is taken for one. */
  readonly key: string;
  /** Where the cluster's budget can be reached; absent where the environment tells, or there is nothing to tell. */
  readonly budget?: string;
}

/** The worker's global symbol of this name has {@link Init.budget}. */
export const BUDGET_KEY = "compute-cluster:budget";

/** One answer. `failed` 1 means that `value` is an encoded error; `ran` is how long the job took, in microseconds. */
export type Answer = readonly [number: JobNumber, failed: 0 | 1, value: unknown, ran?: number];

/** Worker to host. The adapters take `ready`, `fatal`, `left` and `pong`; the scheduler takes the rest. */
export type WorkerFrame =
  | { readonly type: "ready"; readonly key: string; readonly teardown: boolean }
  /** An error that is about to end the worker, encoded. */
  | { readonly type: "fatal"; readonly error: unknown }
  /** The worker leaves, with this code; for runtimes that don't tell. */
  | { readonly type: "left"; readonly code: number }
  | { readonly type: "pong" }
  /** `memory`: bytes that the worker uses, now and then, if it was told to measure. */
  | { readonly type: "answers"; readonly key: string; readonly answers: readonly Answer[]; readonly memory?: number }
  /** The same, with the answers as one JSON text. */
  | { readonly type: "answers:text"; readonly key: string; readonly text: string; readonly memory?: number }
  /** The loop is free: the abort of this job was heard. `heeds`: its handler has taken its signal, and may stop. */
  | { readonly type: "aborting"; readonly key: string; readonly job: JobNumber; readonly heeds: boolean }
  /** How far a job is. */
  | { readonly type: "progress"; readonly key: string; readonly job: JobNumber; readonly value: unknown }
  /** What a job has yielded. */
  | { readonly type: "yielded"; readonly key: string; readonly job: JobNumber; readonly value: unknown }
  /** A broadcast is about to be replayed. */
  | { readonly type: "replaying"; readonly key: string; readonly number: number }
  /** A broadcast could not be replayed; an encoded error. */
  | { readonly type: "unreplayed"; readonly key: string; readonly number: number; readonly error: unknown }
  /** What was taken back is dropped: more may be sent. */
  | { readonly type: "recalled"; readonly key: string }
  /** So many messages that answer no job. */
  | { readonly type: "stray"; readonly key: string; readonly count: number };

/** What the adapter of a worker thread passes as `workerData`, so that threads of the module's own are left alone. */
export const THREAD_MARK = "compute-cluster:worker";

/** The kind of a frame, or null for what is no frame of ours. Reads own properties only. */
export function frameType(frame: unknown): string | null {
  if (typeof frame !== "object" || frame === null || !Object.hasOwn(frame, "type")) return null;
  const { type } = frame as { type: unknown };
  return typeof type === "string" ? type : null;
}

/** The answers in a frame; null unless every one of them is well formed. */
export function readAnswers(frame: unknown): readonly Answer[] | null {
  switch (frameType(frame)) {
    case "answers":
      return Object.hasOwn(frame as object, "answers") ? checked((frame as { answers: unknown }).answers) : null;
    case "answers:text":
      return Object.hasOwn(frame as object, "text") ? parsed((frame as { text: unknown }).text) : null;
    default:
      return null;
  }
}

/** The answers that a worker has kept back, each well formed, from their texts. */
export function readKept(texts: readonly string[]): readonly Answer[] {
  return texts.flatMap((text) => parsed(`[${text}]`) ?? []);
}

function parsed(text: unknown): readonly Answer[] | null {
  try {
    return checked(withValues(parse(text as string)));
  } catch {
    return null;
  }
}

/** In place: what was read from a text is nobody else's. */
function withValues(answers: unknown): unknown {
  if (!Array.isArray(answers)) return null;
  for (const answer of answers) {
    if (Array.isArray(answer) && answer[1] === NO_VALUE) answer.splice(1, 2, 0, undefined);
  }
  return answers;
}

function checked(answers: unknown): readonly Answer[] | null {
  if (!Array.isArray(answers)) return null;
  for (const answer of answers) {
    if (!Array.isArray(answer) || typeof answer[0] !== "number" || (answer[1] !== 0 && answer[1] !== 1)) return null;
    if (answer[3] !== undefined && !(answer[3] >= 0 && answer[3] < Infinity)) return null;
  }
  return answers;
}

/** The memory that a frame of answers tells, in bytes; null if it tells none. */
export function readMemory(frame: unknown): number | null {
  const { memory } = frame as { memory?: unknown };
  return typeof memory === "number" ? memory : null;
}

/** Whether a frame says that what was taken back has been dropped. */
export function readRecalled(frame: unknown): boolean {
  return frameType(frame) === "recalled";
}

/** How many messages that answer no job a frame stands for; what is no frame of ours is one. */
export function readStrays(frame: unknown): number {
  if (frameType(frame) !== "stray") return 1;
  const { count } = frame as { count?: unknown };
  return typeof count === "number" && count > 0 ? count : 1;
}

/** How far a job is; null for another kind of frame. */
export function readProgress(frame: unknown): { job: JobNumber; value: unknown } | null {
  return readOfJob(frame, "progress");
}

function readOfJob(frame: unknown, type: string): { job: JobNumber; value: unknown } | null {
  if (frameType(frame) !== type || !Object.hasOwn(frame as object, "job")) return null;
  const { job, value } = frame as { job: unknown; value?: unknown };
  return typeof job === "number" ? { job, value } : null;
}

/** What a job has yielded; null for another kind of frame. */
export function readYielded(frame: unknown): { job: JobNumber; value: unknown } | null {
  return readOfJob(frame, "yielded");
}

/** Which broadcast is about to be replayed; null for another kind of frame. */
export function readReplaying(frame: unknown): number | null {
  if (frameType(frame) !== "replaying") return null;
  const { number } = frame as { number?: unknown };
  return typeof number === "number" ? number : null;
}

/** Which broadcast could not be replayed, and why, as an encoded error; null for another kind of frame. */
export function readUnreplayed(frame: unknown): { number: number; error: unknown } | null {
  if (frameType(frame) !== "unreplayed") return null;
  const { number, error } = frame as { number?: unknown; error?: unknown };
  return typeof number === "number" ? { number, error } : null;
}

/** What became of an abort: the job, and whether its handler may heed it; null for another kind of frame. */
export function readAbortHeard(frame: unknown): { job: JobNumber; heeds: boolean } | null {
  if (frameType(frame) !== "aborting" || !Object.hasOwn(frame as object, "job")) return null;
  const { job, heeds } = frame as { job: unknown; heeds: unknown };
  return typeof job === "number" ? { job, heeds: heeds === true } : null;
}
