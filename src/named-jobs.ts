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
  readonly handle: JobHandle;
  readonly callers: Set<Caller>;
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
    const job = found ?? this.#start(name, request);
    const caller = { done, onProgress: request.onProgress };
    job.callers.add(caller);
    return {
      id: job.handle.id,
      cancel: (reason) => this.#leave(name, job, caller, reason),
      // A stream has no name: there is one caller who says how far it goes.
      more() {},
    };
  }

  #start(name: string, request: JobRequest): NamedJob {
    const callers = new Set<Caller>();
    // Those who join while others are told are not told of that.
    const tell = (value: unknown): void => {
      for (const { onProgress } of [...callers]) onProgress?.(value);
    };
    const onProgress = request.onProgress && tell;
    const handle = this.#engine.submit({ ...request, onProgress }, (outcome) => {
      // Whoever is told may enqueue it anew.
      this.#forget(name, job);
      for (const { done } of [...callers]) done(outcome);
    });
    const job = { handle, callers };
    this.#jobs.set(name, job);
    return job;
  }

  #leave(name: string, job: NamedJob, caller: Caller, reason: unknown): void {
    if (!job.callers.has(caller)) return;
    if (job.callers.size > 1) {
      job.callers.delete(caller);
      return this.#soon(() => caller.done({ ok: false, error: reason }));
    }
    this.#forget(name, job);
    job.handle.cancel(reason);
  }

  #forget(name: string, job: NamedJob): void {
    if (this.#jobs.get(name) === job) this.#jobs.delete(name);
  }
}
