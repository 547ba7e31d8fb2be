/**
 * The trace that a job belongs to, and who follows the job.
 *
 * @module
 */

import type { Observer } from "./engine.ts";
import type { Fact } from "./fact.ts";

/** W3C Trace Context and Baggage, as their HTTP headers: https://www.w3.org/TR/trace-context, https://www.w3.org/TR/baggage. */
export interface TraceContext {
  /** Which trace, and which of its spans: `00-`, 32 hexadecimal digits, `-`, 16 of them, `-`, and two of flags. */
  readonly traceparent: string;
  /** What vendors add to it. */
  readonly tracestate?: string | undefined;
  /** What goes with the trace for the program's own use. */
  readonly baggage?: string | undefined;
}

/** Follows one job beside its caller. None of its functions may throw. */
export interface Follower {
  /** What crosses to the worker with a run of the job, or null. Asked whenever the job is about to be sent. */
  carrier(): TraceContext | null;
  /** Is given every fact of the job, and tells those who hear of facts; called outside of any turn. */
  told(fact: Fact, observer: Observer): void;
}

/** A carrier in a frame. */
export type TraceParts = readonly [traceparent: string, tracestate: string | null, baggage: string | null];

/** As it is sent. */
export function traceParts({ traceparent, tracestate, baggage }: TraceContext): TraceParts {
  return [traceparent, tracestate ?? null, baggage ?? null];
}

/** As it was before it was sent. */
export function traceOf([traceparent, tracestate, baggage]: TraceParts): TraceContext {
  return {
    traceparent,
    ...(tracestate === null ? {} : { tracestate }),
    ...(baggage === null ? {} : { baggage }),
  };
}
