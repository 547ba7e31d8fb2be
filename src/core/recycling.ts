/**
 * Replaces workers that have served long enough.
 *
 * `maxJobsPerWorker` is exact: a worker that has begun its last job takes no other (but see `Crew.goesOn`). A worker past `maxWorkerAge` or
 * `maxWorkerMemory`, or from before a renewal, goes on until its successor is there, and only one is replaced at a time, so that no more than one
 * place is ever lost. Where `maxWorkers` are there, the old one leaves first, after its jobs.
 *
 * @module
 */

import type { Worker } from "./worker.ts";

/** Limits on a worker's life; Infinity for none. */
export interface RecyclingOptions {
  readonly maxJobsPerWorker: number;
  /** Milliseconds since it was ready. */
  readonly maxWorkerAge: number;
  /** Bytes: the resident memory of a process, the used heap of a thread. */
  readonly maxWorkerMemory: number;
}

/** Why a worker has served long enough. */
export type Spent = "jobs" | "age" | "memory" | "renewal";

/** What the crew looks like to who decides. */
export interface CrewView {
  readonly workers: Iterable<Worker>;
  /** Whether there are `maxWorkers`. */
  readonly full: boolean;
  /** Whether one is starting anyway, or starts are held back because some have failed. */
  readonly waits: boolean;
  /** Whether no successor is needed: no job waits, and enough others are kept warm. */
  readonly toSpare: boolean;
}

/** What the crew is to do about a worker that has served long enough. */
export type Step = { readonly do: "start"; readonly old: Worker } | { readonly do: "dismiss"; readonly worker: Worker };

/** One worker is replaced by another. */
interface Handover {
  readonly old: Worker;
  readonly successor: Worker;
}

/** Decides which worker leaves, and when. */
export class Recycling {
  #handover: Handover | null = null;

  /** The next step, or null if nothing is to be done now. */
  next(crew: CrewView): Step | null {
    const handover = this.#pending();
    if (handover) return handover.successor.takesJobs ? { do: "dismiss", worker: handover.old } : null;
    const old = firstSpent(crew.workers);
    if (!old) return null;
    if (crew.toSpare && old.state.at === "idle") return { do: "dismiss", worker: old };
    if (crew.waits) return null;
    return crew.full ? { do: "dismiss", worker: old } : { do: "start", old };
  }

  /** The successor that was asked for has been started. */
  started(old: Worker, successor: Worker): void {
    this.#handover = { old, successor };
  }

  /** The handover that is under way; one whose successor has failed is over, and is tried again later. */
  #pending(): Handover | null {
    const { old, successor } = this.#handover ?? {};
    if (old && !isHere(old)) this.#handover = null;
    else if (successor && !isHere(successor) && successor.state.at !== "starting") this.#handover = null;
    return this.#handover;
  }
}

/** Whether it serves. */
function isHere({ state }: Worker): boolean {
  return state.at === "idle" || state.at === "busy";
}

/** The next to leave; null while another is on its way out. */
function firstSpent(workers: Iterable<Worker>): Worker | null {
  let first: Worker | null = null;
  for (const worker of workers) {
    if (worker.worn === null || worker.isFull) continue;
    if (!isHere(worker)) return null;
    first ??= worker;
  }
  return first;
}
