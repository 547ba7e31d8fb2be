/**
 * How a host has the jobs of others run: by a method of its cluster that programs don't see. Its name is in the registry of symbols,
 * because the package's built files have this module each for itself.
 *
 * @module
 */

import type { JobHandle, Outcome } from "./core/engine.ts";
import type { EnqueueOptions } from "./job-options.ts";

const NAME = Symbol.for("compute-cluster:submit-apart");

/** What the method is given; see `Submitting.runApart`. */
export type Apart = [args: unknown, options: EnqueueOptions, done: (outcome: Outcome) => void];

/** Gives a class of clusters the method. */
export function offerApart<Cluster extends object>(
  prototype: Cluster,
  submit: (cluster: Cluster, ...of: Apart) => JobHandle,
): void {
  Object.defineProperty(prototype, NAME, {
    value(this: Cluster, ...of: Apart) {
      return submit(this, ...of);
    },
  });
}

/** Calls a cluster's. */
export function submitApart(cluster: object, ...of: Apart): JobHandle {
  return (cluster as { [NAME](...of: Apart): JobHandle })[NAME](...of);
}
