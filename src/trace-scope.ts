/**
 * The trace of the job that runs here, in a worker: for the clusters of its module, which pass it on to their jobs, and for its
 * telemetry. It is found under a name of the global object, because worker and module share no modules.
 *
 * @module
 */

import type { TraceContext } from "./core/trace.ts";

const NAME = Symbol.for("compute-cluster:trace-scope");

/** What a worker offers to its module. */
export interface TraceScope {
  /** The trace of the job whose code calls this, however late; null for one without. */
  current(): TraceContext | null;
  /** Begins each job that has a trace, by calling `begin` once. Telemetry replaces it. */
  begin(trace: TraceContext, begin: () => void): void;
}

/** Says that this is a worker. */
export function openTraceScope(scope: TraceScope): void {
  Object.defineProperty(globalThis, NAME, { value: scope, configurable: true });
}

/** Null where this is no worker. */
export function traceScope(): TraceScope | null {
  return (globalThis as { [NAME]?: TraceScope })[NAME] ?? null;
}
