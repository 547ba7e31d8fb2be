/**
 * Heavy computation off the main thread, on a pool of worker processes or threads: one API on Node, Bun and Deno.
 *
 * @example
 * ```ts
 * import { ComputeCluster } from "compute-cluster";
 *
 * await using cc = new ComputeCluster({ module: new URL("./worker.ts", import.meta.url) });
 * console.log(await cc.enqueue({ r: 2 }));
 * ```
 *
 * @module
 */

export { ComputeCluster, ComputeCluster as default } from "./src/cluster.ts";
export type { ClusterEvents, ClusterStats, EnqueueCallback } from "./src/cluster.ts";
export type { ClusterMessage } from "./src/channels.ts";
export type { CallStats } from "./src/calls.ts";
export { Budget } from "./src/budget/budget.ts";
export type { BudgetOptions } from "./src/budget/budget.ts";
export type { ComputeClusterOptions, DistributedClusterOptions, ResourceLimits } from "./src/options.ts";
export type { DistributedEngine } from "./src/distributed.ts";
export type { BroadcastOptions } from "./src/broadcast-options.ts";
export type { EnqueueOptions } from "./src/job-options.ts";
export type { MapOptions, MapResult } from "./src/map-options.ts";
export type { Results } from "./src/mapping.ts";
export type { StreamOptions } from "./src/stream-options.ts";
export type { Items, StreamOf } from "./src/source.ts";
export type { JobTrace, Tracer } from "./src/following.ts";
export type { TaskCalls } from "./src/task-calls.ts";
export type { TaskArgs, TaskName, TaskResult, TaskYield } from "./src/tasks.ts";
export type { JobContext } from "./src/worker/context.ts";
export type { DenoPermissions, PermissionName } from "./runtimes/deno-permissions.ts";
export { ClusterError, OptionRangeError, OptionTypeError } from "./src/core/errors.ts";
export type { ErrorCode, ErrorDetails } from "./src/core/errors.ts";
export type { Stats, TaskStats } from "./src/core/engine.ts";
export type { Durations } from "./src/core/histogram.ts";
export type { Fact } from "./src/core/fact.ts";
export type { Spent } from "./src/core/recycling.ts";
export type { TraceContext } from "./src/core/trace.ts";
export type { Isolation } from "./src/core/adapter.ts";
