/**
 * Engines that run jobs elsewhere: what a cluster gives one to work with. `compute-cluster/nats` makes them.
 *
 * @module
 */

import type { Clock } from "./core/clock.ts";
import type { Engine, Observer } from "./core/engine.ts";
import type { ClusterError } from "./core/errors.ts";
import { wrongType } from "./validate.ts";

/** An engine that runs jobs elsewhere, such as `nats()` of `compute-cluster/nats` makes. For the option `engine`. */
export interface DistributedEngine {
  /** What it is, as `stats().adapter` says it. */
  readonly name: string;
  /** For the cluster alone: begins it. */
  readonly open: (parts: never) => object;
}

/** What a cluster gives its engine. */
export interface EngineParts {
  readonly clock: Clock;
  readonly observer: Observer;
  /** The cluster's `maxBacklog`; null if it was not given. */
  readonly maxBacklog: number | null;
  /** Longest predicted time until an answer, in milliseconds, or Infinity. */
  readonly maxLatency: number;
  /** Makes the error out of what a handler threw, encoded. */
  decodeError(encoded: unknown): unknown;
  /** Makes the error for arguments that can't be sent. */
  notCloneable(args: unknown, job: string, cause: unknown): ClusterError;
}

/** Begins the engine of a cluster. */
export function openEngine(engine: DistributedEngine, parts: EngineParts): Engine {
  return (engine.open as (parts: EngineParts) => Engine)(parts);
}

/** Checks the option. */
export function checkEngine(value: unknown): DistributedEngine {
  const { name, open } = (value ?? {}) as Partial<DistributedEngine>;
  if (typeof name === "string" && typeof open === "function") return value as DistributedEngine;
  throw wrongType("engine", "an engine, such as nats() makes", value);
}
