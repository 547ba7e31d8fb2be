/**
 * Jobs that their callers have named: a job of the same name and task, enqueued while one waits or runs, is the same job. Both
 * callers get its answer, and it is given up when nobody wants it any more.
 *
 * @module
 */

import type { Engine, JobHandle, JobRequest, Outcome } from "./core/engine.ts";
import { Register } from "./core/register.ts";

/** What runs them. */
interface NamedJobsEngine extends Pick<Engine, "submit"> {
  isOpen(): boolean;
}

/** Somebody who waits for a job. */
interface Caller {
  readonly done: (outcome: Outcome) => void;
  readonly onProgress: JobRequest["onProgress"];
}

interface NamedJob {
  /** Null until it has been submitted: meanwhile its arguments, which are cloned, may enqueue it again. */
  handle: JobHandle | null;
  readonly callers: Set<Caller>;
  /** Why nobody wants it any more; null while somebody does. */
  unwanted: { readonly reason: unknown } | null;
}

/** The named jobs that have not ended. */
export class NamedJobs {
  readonly #engine: NamedJobsEngine;
  readonly #soon: (run: () => void) => void;
  readonly #jobs = new Register<string, NamedJob>();
  #joined = 0;

  /** @param soon Calls a function later. */
  constructor(engine: NamedJobsEngine, soon: (run: () => void) => void) {
    this.#engine = engine;
    this.#soon = soon;
  }

  /** How many calls found their job under way. */
  get joined(): number {
    return this.#joined;
  }

  /** The same as an engine's `submit`, for a request with an id. What else the request says holds if the job is new. */
  submit(request: JobRequest, done: (outcome: Outcome) => void): JobHandle {
    const name = `${request.task ?? ""}\0${request.id}`;
    // A cluster that is closing takes none, not even to join another.
    const found = this.#engine.isOpen() ? this.#jobs.get(name) : undefined;
    if (found) this.#joined++;
    const job: NamedJob = found ?? { handle: null, callers: new Set(), unwanted: null };
    const caller = { done, onProgress: request.onProgress };
    job.callers.add(caller);
    if (!found) this.#start(name, request, job);
    return {
      id: request.id as string,
      cancel: (reason) => this.#leave(name, job, caller, reason),
      // Others may join it: whoever takes jobs back has them run apart (`Submitting.runApart`).
      takeBack() {},
      // A stream has no name: there is one caller who says how far it goes.
      more() {},
    };
  }

  #start(name: string, request: JobRequest, job: NamedJob): void {
    const { callers } = job;
    // Those who join while others are told are not told of that; nor those who leave then.
    const tell = (value: unknown): void => {
      for (const caller of [...callers]) if (callers.has(caller)) caller.onProgress?.(value);
    };
    const onProgress = request.onProgress && tell;
    this.#jobs.set(name, job);
    job.handle = this.#engine.submit({ ...request, onProgress }, (outcome) => {
      // Whoever is told may enqueue it anew.
      this.#forget(name, job);
      for (const caller of [...callers]) if (callers.delete(caller)) caller.done(outcome);
    });
    if (job.unwanted) job.handle.cancel(job.unwanted.reason);
  }

  #leave(name: string, job: NamedJob, caller: Caller, reason: unknown): void {
    if (!job.callers.has(caller)) return;
    if (job.callers.size > 1) {
      job.callers.delete(caller);
      return this.#soon(() => caller.done({ ok: false, error: reason }));
    }
    this.#forget(name, job);
    job.unwanted = { reason };
    job.handle?.cancel(reason);
  }

  #forget(name: string, job: NamedJob): void {
    if (this.#jobs.get(name) === job) this.#jobs.delete(name);
  }
}
