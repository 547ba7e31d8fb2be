/**
 * Hands jobs to the engine as their callers want them: joined by their names, ended by their signals, followed, and told of in the
 * callers' own contexts.
 *
 * @module
 */

import { AsyncResource } from "node:async_hooks";
import { abortReason, isAborted, onAbort } from "./abort-watch.ts";
import type { Calls } from "./calls.ts";
import type { Clock } from "./core/clock.ts";
import type { Engine, JobHandle, JobRequest, Outcome } from "./core/engine.ts";
import type { EnqueueSite } from "./enqueue-site.ts";
import type { Followers } from "./following.ts";
import { type CheckedJob, checkJob } from "./job-options.ts";
import { NamedJobs } from "./named-jobs.ts";
import type { Origins } from "./origins.ts";

/** What submitting is given to work with. */
export interface SubmittingParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly calls: Calls;
  readonly followers: Followers;
  readonly origins: Origins;
  /** The cluster's own, in milliseconds; Infinity for none. */
  readonly timeout: number;
}

/** Submits the jobs of a cluster. */
export class Submitting {
  readonly #parts: SubmittingParts;
  readonly #named: NamedJobs;

  constructor(parts: SubmittingParts) {
    this.#parts = parts;
    const { engine, clock } = parts;
    this.#named = new NamedJobs({
      submit: (...of) => this.submitAsIs(...of),
      isOpen: () => engine.isOpen,
    }, clock.soon);
  }

  /** How many were not run because another of their name was under way. */
  get joined(): number {
    return this.#named.joined;
  }

  /**
   * Submits what a caller gave, bad options included.
   *
   * @param site Where the job was enqueued; null if that is not known.
   * @param done Called once, and never before this returns.
   */
  run(args: unknown, options: unknown, site: EnqueueSite | null, done: (outcome: Outcome) => void): void {
    let job;
    try {
      job = checkJob(args, options ?? undefined, this.#parts.timeout);
    } catch (error) {
      return this.#parts.clock.soon(() => done({ ok: false, error }));
    }
    this.submit(job, site, done);
  }

  /** The same with options that were checked. Null for a job whose signal was aborted beforehand: nothing is submitted. */
  submit(job: CheckedJob, site: EnqueueSite | null, done: (outcome: Outcome) => void): JobHandle | null {
    const { signal } = job;
    const { origins, clock } = this.#parts;
    const request = this.#inCallersContext(job.request);
    const refuse = (error: unknown): null => {
      clock.soon(() => done({ ok: false, error }));
      return null;
    };
    if (isAborted(signal)) return refuse(abortReason(signal));
    let handle: JobHandle | null = null;
    const abort = (): void => handle?.cancel(abortReason(signal));
    let ended: (() => void) | null;
    try {
      // Before there is a job: one that can't be ended as its caller wants is not run.
      ended = signal && onAbort(signal, abort);
    } catch (error) {
      return refuse(error);
    }
    const settled = (outcome: Outcome): void => {
      ended?.();
      if (!outcome.ok && outcome.error !== abortReason(signal)) origins.add(outcome.error, site, handle?.id ?? "");
      done(outcome);
    };
    handle = request.id === null ? this.submitAsIs(request, settled) : this.#named.submit(request, settled);
    // Aborted by a getter of the arguments, while they were cloned.
    if (isAborted(signal)) abort();
    return handle;
  }

  /** A job for somebody else, whose names are not this program's: it joins no other. Throws what `checkJob` throws. */
  runApart(args: unknown, options: unknown, done: (outcome: Outcome) => void): JobHandle {
    return this.submitAsIs(this.#inCallersContext(checkJob(args, options, this.#parts.timeout).request), done);
  }

  /** A job that joins no other and heeds no signal. */
  submitAsIs(request: JobRequest, done: (outcome: Outcome) => void): JobHandle {
    return this.#parts.engine.submit(this.#parts.followers.of(request), done);
  }

  /** What the caller wants to be told, it is told as its callbacks are. */
  #inCallersContext(request: JobRequest): JobRequest {
    const { onProgress } = request;
    if (onProgress === null) return request;
    const context = new AsyncResource("compute-cluster:progress");
    const { calls } = this.#parts;
    return {
      ...request,
      onProgress: (value) => context.runInAsyncScope(() => calls.make("onProgress", () => onProgress(value))),
    };
  }
}
