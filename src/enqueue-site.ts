/**
 * Tells where a job was enqueued: an error that was thrown in a worker shows by itself only where in the worker.
 *
 * @module
 */

import { now } from "./now.ts";

/**
 * How many stacks may be captured at once, and how many more in a millisecond: on V8 each costs 2 to 5 µs, and some 40 where other
 * programs use the same core.
 */
const BURST = 200;
const PER_MS = 0.5;

let left = BURST;
let filledAt = 0;

/** Whether another stack may be captured. Programs that enqueue less than 500 jobs a second never notice. */
export function mayCapture(): boolean {
  const at = now();
  left = Math.min(BURST, left + (at - filledAt) * PER_MS);
  filledAt = at;
  if (left < 1) return false;
  left--;
  return true;
}

type Locate = (error: unknown, own?: number) => never;

/**
 * Finds the place when the job fails, at almost no cost before: whoever awaits this is on the stack of what runs then. Nobody is
 * where the promise is not awaited.
 *
 * V8 finds whoever awaits what a handler gives; JavaScriptCore (Bun 1.4.5) only whoever awaits an async function, which costs five
 * objects for each job.
 *
 * @param locate Adds the place to the error and throws it; is told how many frames are the cluster's own.
 */
export const whenFailed: <T>(answer: Promise<T>, locate: Locate) => Promise<T> = "Bun" in globalThis
  ? async (answer, locate) => {
    try {
      return await answer;
    } catch (error) {
      return locate(error, 2);
    }
  }
  : (answer, locate) => answer.catch(locate);

/** A call of `enqueue`, as the stack was then. Formatted only if the job fails. */
export class EnqueueSite {
  readonly #trace: Error;
  readonly #own: number;

  /** @param own How many frames are the cluster's own, beside this constructor. */
  constructor(own: number) {
    this.#own = own;
    this.#trace = new Error();
  }

  /**
   * Adds the place to an error's stack, below the worker's frames, in the form of one more caller.
   *
   * @param frames Whether the error's own frames tell anything: those of the cluster's timers and sockets don't.
   */
  addTo(error: unknown, job: string, frames: boolean): void {
    if (!(error instanceof Error)) return;
    try {
      this.#add(error, job, frames);
    } catch {
      // An error that can't be changed, or a hook of the program's that throws: the job's end is not to depend on it.
    }
  }

  #add(error: Error, job: string, frames: boolean): void {
    const site = lines(this.#trace).slice(1 + this.#own).filter((line) => !RUNTIME.test(line));
    if (site.length === 0) return;
    const own = typeof error.stack === "string" ? error.stack.split("\n") : [`${error.name}: ${error.message}`];
    const kept = frames ? own : own.filter((line) => !FRAME.test(line));
    const stack = [...kept, `    at enqueue (job ${job})`, ...site].join("\n");
    Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true, enumerable: false });
  }
}

const FRAME = /^\s+at /;

/** What runs microtasks and timers, below a place that is found late. */
const RUNTIME = /\((?:node:internal|ext:core)\//;

function lines({ stack }: Error): string[] {
  // A `prepareStackTrace` of the program's may make anything of it.
  return typeof stack === "string" ? stack.split("\n").filter((line) => FRAME.test(line)) : [];
}
