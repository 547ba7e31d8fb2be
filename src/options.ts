/**
 * The options of a cluster, as users give them.
 *
 * @module
 */

import type { DenoPermissions } from "../runtimes/deno-permissions.ts";
import type { Budget } from "./budget/budget.ts";
import type { Isolation } from "./core/adapter.ts";
import type { DistributedEngine } from "./distributed.ts";

/** Options of a cluster. Durations are in milliseconds; an option that is `undefined` keeps its default. */
export interface ComputeClusterOptions {
  /**
   * The worker module: a path (relative to the working directory, or absolute) or a `file:` URL. It is looked for when the
   * cluster is made. In Deno threads `http:` and `https:` URLs too.
   */
  module: string | URL;
  /**
   * What workers are: processes, apart in memory and killable, or threads, lighter.
   *
   * @default "process" on Node and Bun, "thread" on Deno
   */
  isolation?: Isolation | undefined;
  /**
   * The most workers at a time, those that are ending included. At least 1.
   *
   * @default the usable cores × 1.25, rounded up, but no more than there is memory for; affinity and a container's quota of CPU and
   * memory count (docs/sizing.md)
   */
  maxWorkers?: number | undefined;
  /**
   * What the cluster shares its workers with: a {@link Budget} of this program, or `Budget.machine`, that of all its processes.
   *
   * @default none: all `maxWorkers` are its own
   */
  budget?: Budget | undefined;
  /**
   * Workers that are kept once there was work for one, or since `ready()`. At most `maxWorkers`.
   *
   * @default 0
   */
  minWorkers?: number | undefined;
  /**
   * Jobs that may wait without a worker about to take them; one more is refused with `CC_ERR_BACKLOG_FULL`. 0: none may
   * wait; -1 or Infinity: no limit.
   *
   * @default 10 × maxWorkers
   */
  maxBacklog?: number | undefined;
  /**
   * A job that is predicted to be answered later than this, waiting included, is refused with `CC_ERR_LATENCY` and a
   * `retryAfter`. The prediction is made of the runs so far of its own task and of those that wait; while a worker is free every job
   * is taken.
   *
   * @default Infinity
   */
  maxLatency?: number | undefined;
  /**
   * The longest run of one job, waiting not included; then it fails with `CC_ERR_TIMEOUT` and its worker is freed or ended.
   *
   * @default Infinity
   */
  timeout?: number | undefined;
  /**
   * The longest that a worker may take to load its module.
   *
   * @default 30_000
   */
  startTimeout?: number | undefined;
  /**
   * How long a worker above `minWorkers` stays without a job.
   *
   * @default 30_000
   */
  idleTimeout?: number | undefined;
  /**
   * How long a worker has to end by itself when it is told to, before it is killed.
   *
   * @default 1000
   */
  killGrace?: number | undefined;
  /**
   * How long a handler that has taken its `signal` has to stop when its job is given up, before its worker is replaced. Its loop has to
   * be free within 200 ms (with `concurrency`, within `killGrace`), or it counts as stuck. Meanwhile the worker gets no other job in that
   * place, and `close()` waits for it.
   *
   * @default `killGrace`
   */
  abortGrace?: number | undefined;
  /**
   * Jobs at once in one worker, for handlers that wait for input and output. At least 1.
   *
   * @default 1
   */
  concurrency?: number | undefined;
  /**
   * How many jobs are sent to a worker ahead of those that it runs, per place, so that it has the next at hand: a number, or
   * `"auto"`, which sends as many as take 3 ms where jobs take no more than 2.5, going by what they took so far. No worker gets
   * more than its share. What a worker has not begun is taken back if it says nothing for as long as three jobs take (2.5 to
   * 7.5 ms), and the last half of it for a worker that has nothing to do. With 0, or where jobs take longer, each starts in
   * the order in which they were enqueued; otherwise those in different workers may change places by that time, and with a
   * number by as much as so many take.
   *
   * @default "auto"
   */
  prefetch?: number | "auto" | undefined;
  /**
   * How often a job is run again whose worker was lost while it ran; then it fails with `CC_ERR_POISON`. A job whose objects were moved to
   * a thread is not, nor is a stream that has yielded: they fail with what ended the worker. With `concurrency`, its
   * worker is sent nothing more then until it has ended, or a second is over: no job is set aside for what another does at once.
   *
   * @default 0
   */
  retries?: number | undefined;
  /**
   * How many jobs a worker is given; then it leaves and another takes its place. Exact: 1 gives every job a worker of its own.
   *
   * @default Infinity
   */
  maxJobsPerWorker?: number | undefined;
  /**
   * How old a worker may get, in milliseconds since it was ready. It goes on until its successor is ready, where there are
   * fewer than `maxWorkers`, and only one at a time is replaced; nothing is lost.
   *
   * @default Infinity
   */
  maxWorkerAge?: number | undefined;
  /**
   * How much memory a worker may use, in bytes, before it is replaced in the same way: the resident memory of a process, the
   * used heap of a thread, garbage that is not collected yet included. Measured with answers, at most every 50 ms.
   *
   * @default Infinity
   */
  maxWorkerMemory?: number | undefined;
  /**
   * The environment of the workers, whole. Not in Deno threads.
   *
   * @default the program's, as it is when a worker starts
   */
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * The working directory of worker processes.
   *
   * @default the program's
   */
  cwd?: string | undefined;
  /**
   * What `process.argv` of a worker has after the module's path.
   *
   * @default []
   */
  argv?: readonly string[] | undefined;
  /**
   * Flags for the workers' runtime. Not in threads on Bun and Deno.
   *
   * @default the program's own; for processes less those that are its alone (`--inspect`, `--eval`, `--test`, `--watch`, …)
   */
  execArgv?: readonly string[] | undefined;
  /**
   * The executable of the workers' runtime; must be the same kind as the program's. Processes only.
   *
   * @default the program's own
   */
  execPath?: string | undefined;
  /**
   * Where the workers' output goes: to the program's, or nowhere. Not in Deno threads.
   *
   * @default "inherit"
   */
  stdio?: "inherit" | "ignore" | undefined;
  /**
   * How far worker processes stand back for others that want a core: an integer from 0, as any program, to 19, which uses what is
   * left. Where the program itself stands back further, so do they. Processes only; on Deno with `--allow-sys=setPriority`.
   *
   * @default the program's own
   */
  niceness?: number | undefined;
  /**
   * Memory limits of a worker in MB. Threads on Node take all fields of `node:worker_threads`, processes on Node and Deno
   * `maxOldGenerationSizeMb`.
   *
   * @default none
   */
  resourceLimits?: ResourceLimits | undefined;
  /**
   * What a Deno process may do, as `Deno.permissions` names it: `true`, or a list. Never more than the program may.
   *
   * @default what the program may do without restriction, and to read the module's folder
   */
  permissions?: DenoPermissions | undefined;
  /** Handed to the module's `setup(data)` in every worker. Must be cloneable. */
  setupData?: unknown;
  /**
   * How processes write values: as structured clone does, or as JSON.
   *
   * @default "advanced"
   */
  serialization?: "advanced" | "json" | undefined;
  /** With an engine, the options are those of {@link DistributedClusterOptions}. */
  engine?: undefined;
  /** The original's name for `maxWorkers`; here 0 means the default. */
  max_processes?: number | undefined;
  /** The original's name for `maxBacklog`; here 0 means the default. */
  max_backlog?: number | undefined;
  /** The original's name for `maxLatency`, in **seconds**; 0 means none. */
  max_request_time?: number | undefined;
}

/** Options of a cluster whose jobs are run elsewhere. What workers are like is for those to say who have them. */
export interface DistributedClusterOptions
  extends Pick<ComputeClusterOptions, "timeout" | "maxBacklog" | "maxLatency" | "max_backlog" | "max_request_time"> {
  /** What has the jobs run, such as `nats()` of `compute-cluster/nats`. */
  engine: DistributedEngine;
  /** For its types alone: the module is where the workers are. */
  module?: string | URL | undefined;
}

/** Memory limits of a worker, in MB. */
export interface ResourceLimits {
  /** The heap of objects that live long: what is usually meant by a memory limit. At least 4 for threads. */
  readonly maxOldGenerationSizeMb?: number;
  /** The heap of young objects. Threads on Node only. */
  readonly maxYoungGenerationSizeMb?: number;
  /** Memory for generated code. Threads on Node only. */
  readonly codeRangeSizeMb?: number;
  /** The stack, at least 0.5. Threads on Node only. */
  readonly stackSizeMb?: number;
}
