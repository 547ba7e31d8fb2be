/**
 * One `stream`: what a job yields, given to a loop, and no more asked of the worker than the loop takes.
 *
 * @module
 */

import type { JobHandle, Outcome, StreamRequest } from "./core/engine.ts";
import type { Results } from "./mapping.ts";

/** What a stream is given to work with. */
export interface StreamingParts {
  /** Starts the job; null if it will never run. `done` is called once, and never before this returns. */
  start(stream: StreamRequest, done: (outcome: Outcome) => void): JobHandle | null;
  /** How many values may be on their way. */
  readonly highWaterMark: number;
  /** Why the caller has given it up; null while nobody has. What has not been taken is not wanted then. */
  aborted(): { readonly reason: unknown } | null;
}

/** Somebody who waits for a value. */
interface Waiter<R> {
  resolve(result: IteratorResult<R, undefined>): void;
  reject(error: unknown): void;
}

type Phase =
  /** Nobody has asked for a value. */
  | { readonly at: "new" }
  | { readonly at: "running"; readonly job: JobHandle | null }
  /** The job has ended; its error, if it has one, is told once, after the last value. */
  | { readonly at: "ended"; readonly outcome: Outcome }
  | { readonly at: "over" };

const OVER: Phase = { at: "over" };
const NO_MORE = { done: true, value: undefined } as const;

/** Takes what a job yields, and gives it on. */
export class Streaming<R> implements Results<R> {
  readonly #parts: StreamingParts;
  readonly #waiters: Waiter<R>[] = [];
  /** Values that have come, from `#next` on. */
  #values: R[] = [];
  #next = 0;
  #phase: Phase = { at: "new" };
  /** How many were taken since the worker was last told. */
  #taken = 0;

  constructor(parts: StreamingParts) {
    this.#parts = parts;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<R, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      if (this.#phase.at === "new") this.#start();
      this.#deliver();
    });
  }

  return(): Promise<IteratorResult<R, undefined>> {
    const phase = this.#phase;
    this.#end();
    if (phase.at === "running") this.#cancel(phase.job);
    this.#deliver();
    return Promise.resolve(NO_MORE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #start(): void {
    this.#phase = { at: "running", job: null };
    const job = this.#parts.start(
      { credit: this.#parts.highWaterMark, onYield: (value) => this.#come(value as R) },
      (outcome) => this.#settle(outcome),
    );
    if (this.#phase.at === "running") this.#phase = { at: "running", job };
    // By a getter of the arguments, while they were cloned.
    else this.#cancel(job);
  }

  #cancel(job: JobHandle | null): void {
    job?.cancel(new DOMException("The iteration was ended", "AbortError"));
  }

  #come(value: R): void {
    if (this.#phase.at !== "running") return;
    this.#values.push(value);
    this.#deliver();
  }

  #settle(outcome: Outcome): void {
    if (this.#phase.at !== "running") return;
    this.#phase = { at: "ended", outcome };
    this.#deliver();
  }

  #deliver(): void {
    this.#heedAbort();
    while (this.#waiters.length > 0) {
      if (this.#next < this.#values.length) this.#give();
      else if (this.#phase.at === "ended" || this.#phase.at === "over") this.#giveEnd();
      else return;
    }
  }

  /** The job may have ended by itself, with values that wait. */
  #heedAbort(): void {
    const aborted = this.#phase.at === "ended" && this.#values.length > 0 ? this.#parts.aborted() : null;
    if (!aborted) return;
    this.#forget();
    this.#phase = { at: "ended", outcome: { ok: false, error: aborted.reason } };
  }

  #give(): void {
    const value = this.#values[this.#next++] as R;
    // Not only once all are given: whoever is slower than the worker never gets that far.
    if (this.#next * 2 >= this.#values.length) {
      this.#values.splice(0, this.#next);
      this.#next = 0;
    }
    this.#waiters.shift()?.resolve({ done: false, value });
    if (this.#phase.at !== "running") return;
    // Told of half of them at a time: a frame costs more than a value.
    if (++this.#taken < this.#parts.highWaterMark / 2) return;
    this.#phase.job?.more(this.#taken);
    this.#taken = 0;
  }

  #giveEnd(): void {
    const waiter = this.#waiters.shift() as Waiter<R>;
    const phase = this.#phase;
    this.#end();
    if (phase.at === "ended" && !phase.outcome.ok) waiter.reject(phase.outcome.error);
    else waiter.resolve(NO_MORE);
  }

  #end(): void {
    this.#phase = OVER;
    this.#forget();
  }

  #forget(): void {
    this.#values = [];
    this.#next = 0;
  }
}
