/**
 * Who follows a job: listeners to its events, in its caller's context, and the cluster's tracer.
 *
 * @module
 */

import { AsyncResource } from "node:async_hooks";
import type { Calls } from "./calls.ts";
import type { JobRequest, Observer } from "./core/engine.ts";
import type { Fact } from "./core/fact.ts";
import type { Follower, TraceContext } from "./core/trace.ts";
import type { Telling } from "./telling.ts";
import { carriedTrace } from "./trace-context.ts";
import { traceScope } from "./trace-scope.ts";

/** Follows the jobs of a cluster, for a telemetry library; `compute-cluster/otel` has one for OpenTelemetry. */
export interface Tracer {
  /**
   * A job is being enqueued. Called in the context of its caller, before it is accepted or refused.
   *
   * @param job Its caller's name for it, its task, and the trace that its caller has named; null for what was not given.
   * @returns who follows it, or null.
   */
  follow(job: {
    readonly id: string | null;
    readonly task: string | null;
    readonly trace: TraceContext | null;
  }): JobTrace | null;
}

/** Follows one job. What its functions throw is the program's uncaught exception, and harms no job. */
export interface JobTrace {
  /**
   * The job is about to be sent to a worker. It may be taken back and sent again before it has begun: only `job:started` tells of
   * a run.
   *
   * @returns what the run carries, the `trace` of the handler's context; null for what the job's caller has named.
   */
  carrier(): TraceContext | null;
  /** What happens to the job: each `job:` event, whether anybody listens to it or not. */
  tell(fact: Fact): void;
}

/** Finds out who follows the jobs of a cluster. */
export class Followers {
  tracer: Tracer | null = null;
  readonly #telling: Telling;
  readonly #calls: Calls;
  readonly #scope = traceScope();

  /** @param calls Makes the calls to the tracer. */
  constructor(telling: Telling, calls: Calls) {
    this.#telling = telling;
    this.#calls = calls;
  }

  /** The request of a job that is being enqueued, so that it is followed; the same if nobody would. */
  of(request: JobRequest): JobRequest {
    const trace = request.trace ?? this.#scope?.current() ?? null;
    if (trace === null && this.tracer === null && !this.#telling.hearsJobs) return request;
    return { ...request, follow: () => new Following(trace, this.#ask(request), this.#calls) };
  }

  #ask({ id, task, trace }: JobRequest): JobTrace | null {
    const { tracer } = this;
    if (tracer === null) return null;
    let traced: JobTrace | null = null;
    this.#calls.make("tracer", () => traced = tracer.follow({ id, task, trace }));
    return traced;
  }
}

class Following implements Follower {
  readonly #context = new AsyncResource("compute-cluster:events");
  readonly #trace: TraceContext | null;
  readonly #traced: JobTrace | null;
  readonly #calls: Calls;

  /**
   * @param trace What each run carries unless `traced` says otherwise.
   * @param calls Makes the calls to `traced`.
   */
  constructor(trace: TraceContext | null, traced: JobTrace | null, calls: Calls) {
    this.#trace = trace;
    this.#traced = traced;
    this.#calls = calls;
  }

  carrier(): TraceContext | null {
    const traced = this.#traced;
    if (traced === null) return this.#trace;
    let carrier: TraceContext | null = null;
    this.#calls.make("tracer", () => carrier = carriedTrace(traced.carrier()));
    return carrier ?? this.#trace;
  }

  told(fact: Fact, observer: Observer): void {
    const traced = this.#traced;
    this.#context.runInAsyncScope(() => {
      if (traced !== null) this.#calls.make("tracer", () => traced.tell(fact));
      if (observer.hears(fact.type)) observer.tell(fact);
    });
  }
}
