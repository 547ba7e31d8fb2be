/**
 * The worker's side of telemetry.
 *
 * @module
 */

import { context, ROOT_CONTEXT } from "@opentelemetry/api";
import { traceScope } from "../trace-scope.ts";
import { contextWith } from "./carrier.ts";

/**
 * Lets each job of this worker run in the OpenTelemetry context that it has brought: the span of its run is active, as the parent of
 * the spans that the handler makes, and so is the baggage. To be called by the worker's module, which also sets up an SDK with a
 * context manager; before or after does not matter. Handlers of both kinds, functions and `message` listeners.
 *
 * Does nothing in a module that runs in no worker.
 *
 * @returns what undoes it.
 */
export function instrumentWorker(): () => void {
  const scope = traceScope();
  if (scope === null) return () => {};
  const { begin: before } = scope;
  scope.begin = (carrier, begin) => context.with(contextWith(ROOT_CONTEXT, carrier), begin);
  return () => {
    scope.begin = before;
  };
}
