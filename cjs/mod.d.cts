import type * as esm from "../mod.js" with { "resolution-mode": "import" };

/** The class, and as its properties what else the module exports. */
declare const ComputeCluster: typeof esm.ComputeCluster & {
  readonly ComputeCluster: typeof esm.ComputeCluster;
  readonly default: typeof esm.ComputeCluster;
  readonly Budget: typeof esm.Budget;
  readonly ClusterError: typeof esm.ClusterError;
  readonly OptionTypeError: typeof esm.OptionTypeError;
  readonly OptionRangeError: typeof esm.OptionRangeError;
};

type ComputeCluster<M = unknown> = esm.ComputeCluster<M>;

declare namespace ComputeCluster {
  // For `import { ComputeCluster }`, which looks in here.
  type ComputeCluster<M = unknown> = esm.ComputeCluster<M>;
  type Budget = esm.Budget;
  type BudgetOptions = esm.BudgetOptions;
  type ClusterError = esm.ClusterError;
  type ClusterEvents = esm.ClusterEvents;
  type ComputeClusterOptions = esm.ComputeClusterOptions;
  type DistributedClusterOptions = esm.DistributedClusterOptions;
  type DistributedEngine = esm.DistributedEngine;
  type DenoPermissions = esm.DenoPermissions;
  type EnqueueCallback<R> = esm.EnqueueCallback<R>;
  type CallStats = esm.CallStats;
  type ClusterMessage = esm.ClusterMessage;
  type ClusterStats = esm.ClusterStats;
  type EnqueueOptions<T extends string = string> = esm.EnqueueOptions<T>;
  type ErrorCode = esm.ErrorCode;
  type ErrorDetails = esm.ErrorDetails;
  type Fact = esm.Fact;
  type Spent = esm.Spent;
  type Isolation = esm.Isolation;
  type Items<T> = esm.Items<T>;
  type BroadcastOptions<T extends string = string> = esm.BroadcastOptions<T>;
  type MapOptions<T extends string = string> = esm.MapOptions<T>;
  type MapResult<R> = esm.MapResult<R>;
  type JobTrace = esm.JobTrace;
  type TraceContext = esm.TraceContext;
  type Tracer = esm.Tracer;
  type JobContext = esm.JobContext;
  type OptionRangeError = esm.OptionRangeError;
  type OptionTypeError = esm.OptionTypeError;
  type PermissionName = esm.PermissionName;
  type Results<R> = esm.Results<R>;
  type ResourceLimits = esm.ResourceLimits;
  type Durations = esm.Durations;
  type TaskStats = esm.TaskStats;
  type StreamOf<T> = esm.StreamOf<T>;
  type Stats = esm.Stats;
  type TaskArgs<M, T> = esm.TaskArgs<M, T>;
  type TaskCalls<M> = esm.TaskCalls<M>;
  type TaskName<M> = esm.TaskName<M>;
  type TaskResult<M, T> = esm.TaskResult<M, T>;
  type TaskYield<M, T> = esm.TaskYield<M, T>;
  type StreamOptions<T extends string = string> = esm.StreamOptions<T>;
}

export = ComputeCluster;
