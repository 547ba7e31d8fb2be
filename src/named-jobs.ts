/**
 * Jobs that their callers have named: a job of the same name and task, enqueued while one waits or runs, is the same job. Both
 * callers get its answer, and it is given up when nobody wants it any more.
 *
 * @module
 */

import type { JobHandle, JobRequest, Outcome } from "./core/engine.ts";

/** As an engine takes a job. */
type Submit = (request: JobRequest, done: (outcome: Outcome) => void) => JobHandle;

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
  readonly #submit: Submit;
  readonly #soon: (run: () => void) => void;
  readonly #jobs = new Map<string, NamedJob>();
  #joined = 0;

  /**
   * @param submit Never calls back before it has returned.
   * @param soon Calls a function later.
   */
  constructor(submit: Submit, soon: (run: () => void) => void) {
    this.#submit = submit;
    this.#soon = soon;
  }

  /** How many calls found their job under way. */
  get joined(): number {
    return this.#joined;
  }

  /** The same as an engine's `submit`, for a request with an id. What else the request says holds if the job is new. */
  submit(request: JobRequest, done: (outcome: Outcome) => void): JobHandle {
    const name = `${request.task ?? ""}\0${request.id}`;
    const found = this.#jobs.get(name);
    if (found) this.#joined++;
    const job = found ?? this.#start(name, request);
    const caller = { done, onProgress: request.onProgress };
    job.callers.add(caller);
    return {
      id: job.handle.id,
      cancel: (reason) => this.#leave(name, job, caller, reason),
    };
  }

  #start(name: string, request: JobRequest): NamedJob {
    const callers = new Set<Caller>();
    const onProgress = (value: unknown): void => {
      for (const caller of callers) caller.onProgress?.(value);
    };
    const handle = this.#submit({ ...request, onProgress }, (outcome) => {
      // Whoever is told may enqueue it anew.
      this.#forget(name, job);
      for (const { done } of callers) done(outcome);
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
