/**
 * The spans of one job.
 *
 * ```text
 *  job resize ├───────────────────────────────────────┤
 *    queued   ├────────┤             ├────┤
 *    run               ├─lost─┤           ├───────────┤   whatever the worker makes: within
 * ```
 *
 * A run's span begins when the job is sent, because its worker is told of it: a job that is sent ahead of its turn (`prefetch`) begins
 * a little later; an event `begun` tells when, if it is not little. One that is taken back before it has begun leaves no span.
 *
 * @module
 */

import { type Attributes, type Context, type Span, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
import type { Fact } from "../core/fact.ts";
import type { TraceContext } from "../core/trace.ts";
import { ATTEMPT, ERROR_TYPE, errorType, exceptionOf, JOB, OUTCOME, WORKER } from "./attributes.ts";
import { carrierOf } from "./carrier.ts";

/** How much later than it was sent a job has to begin for the event, in milliseconds: more than `prefetch: "auto"` sends ahead. */
const LATER = 5;

/** A run that has been sent. */
interface Run {
  readonly span: Span;
  /** When, in milliseconds of `performance.now()`. */
  readonly sentAt: number;
  begun: boolean;
}

/** Makes the spans. */
export class JobSpans {
  readonly #tracer: Tracer;
  readonly #attributes: Attributes;
  readonly #job: Span;
  /** The wall clock at the time 0 of `performance.now()`, so that the spans of a job agree with each other. */
  readonly #epoch = Date.now() - performance.now();
  readonly #enqueuedAt = performance.now();
  /** With the job's span. */
  readonly context: Context;
  #waitsSince = this.#enqueuedAt;
  #run: Run | null = null;

  /**
   * @param parent What the job's span is a child of.
   * @param attributes Of all of its spans.
   */
  constructor(tracer: Tracer, parent: Context, task: string, attributes: Attributes) {
    this.#tracer = tracer;
    this.#attributes = attributes;
    const startTime = this.#epoch + this.#enqueuedAt;
    this.#job = tracer.startSpan(`job ${task}`, { startTime, attributes }, parent);
    this.context = trace.setSpan(parent, this.#job);
  }

  /** The job is about to be sent. */
  carrier(): TraceContext | null {
    const sentAt = performance.now();
    const span = this.#start("run", sentAt);
    this.#run = { span, sentAt, begun: false };
    return carrierOf(trace.setSpan(this.context, span));
  }

  /** Takes what happens to the job. */
  tell(fact: Fact): void {
    switch (fact.type) {
      case "job:queued":
        return void this.#job.setAttribute(JOB, fact.job);
      case "job:started":
        return this.#started(fact);
      case "job:returned":
        this.#run = null;
        return this.#waits();
      case "job:retried":
        this.#endRun(fact);
        return this.#waits();
      case "job:refused":
        this.#job.setAttribute(JOB, fact.job);
        return this.#end("refused", fact, true);
      case "job:settled":
        return this.#settled(fact);
    }
  }

  #started({ worker, attempt, waited }: Extract<Fact, { type: "job:started" }>): void {
    const run = this.#run?.begun === false ? this.#run : this.#again();
    run.begun = true;
    run.span.setAttributes({ [WORKER]: worker, [ATTEMPT]: attempt });
    this.#queuedUntil(run.sentAt);
    const begunAt = this.#enqueuedAt + waited;
    if (begunAt > run.sentAt + LATER) run.span.addEvent("begun", this.#epoch + begunAt);
  }

  /**
   * Another run, of which nobody has said that it is sent: of a job whose host is lost, or has given it back, the next host tells. Nobody
   * tells when the last run has ended.
   */
  #again(): Run {
    this.#run?.span.end(this.#now());
    const sentAt = performance.now();
    return this.#run = { span: this.#start("run", sentAt), sentAt, begun: false };
  }

  #settled(fact: Extract<Fact, { type: "job:settled" }>): void {
    const ran = this.#run?.begun === true;
    if (ran) this.#endRun(fact);
    else this.#queuedUntil(performance.now());
    this.#job.setAttribute(ATTEMPT, fact.attempt);
    if (fact.worker !== null) this.#job.setAttribute(WORKER, fact.worker);
    if (fact.ok) this.#end("succeeded", null, false);
    else this.#end("failed", fact, !ran);
  }

  /** An exception is recorded once: by the run that has thrown it, or by a job that has not run. */
  #end(outcome: string, failed: { readonly error: unknown } | null, records: boolean): void {
    this.#job.setAttribute(OUTCOME, outcome);
    if (failed) fails(this.#job, failed.error, records);
    this.#job.end(this.#now());
  }

  #endRun(fact: { readonly ok?: boolean; readonly error: unknown }): void {
    const span = this.#run?.span;
    this.#run = null;
    if (!fact.ok) fails(span, fact.error, true);
    span?.end(this.#now());
  }

  #waits(): void {
    this.#waitsSince = performance.now();
  }

  #queuedUntil(end: number): void {
    this.#start("queued", this.#waitsSince).end(this.#epoch + Math.max(end, this.#waitsSince));
  }

  #start(name: string, at: number): Span {
    return this.#tracer.startSpan(name, { startTime: this.#epoch + at, attributes: this.#attributes }, this.context);
  }

  #now(): number {
    return this.#epoch + performance.now();
  }
}

function fails(span: Span | undefined, error: unknown, records: boolean): void {
  const exception = exceptionOf(error);
  span?.setAttribute(ERROR_TYPE, errorType(error));
  span?.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
  if (records) span?.recordException(exception);
}
