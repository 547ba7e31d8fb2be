/**
 * What the scheduler asks of a runtime: mechanism only, policy is the scheduler's.
 *
 * @module
 */

/** How workers are kept apart from the program. */
export type Isolation = "process" | "thread";

/** Everything an adapter needs to start one worker. Resolved and checked beforehand: an adapter doesn't choose. */
export interface WorkerSpec {
  /** URL of the worker module. */
  readonly module: string;
  /** Source text of the bootstrap, an ES module that every worker runs beside the user's. */
  readonly bootstrap: string;
  /** Handed to the module's `setup`. */
  readonly setupData: unknown;
  /** What it does before its first job, in order, as it has been broadcast. */
  readonly replay: readonly ReplayEntry[];
  /** Where the cluster's budget can be reached, for a worker that its environment does not tell; null for one that it tells, or for nowhere. */
  readonly budget: string | null;
  /** The worker's environment, or null where the runtime gives a worker the host's own. */
  readonly env: Readonly<Record<string, string>> | null;
  /** Working directory of a process, or null for the host's. */
  readonly cwd: string | null;
  /** Arguments after the module's path in `process.argv`. */
  readonly argv: readonly string[];
  /** Flags of the runtime itself, or null for those that a thread has of the program anyway. */
  readonly execArgv: readonly string[] | null;
  /** The runtime's executable, or null for the host's. */
  readonly execPath: string | null;
  /** Where a worker's output goes: to the host's own, or nowhere. */
  readonly stdio: "inherit" | "ignore";
  /** From 0 to 19, as the system schedules a process, or null for the host's own. */
  readonly niceness: number | null;
  /** What the worker measures of its memory, now and then: all that the process has, or the heap of the thread. */
  readonly measures: "rss" | "heap" | null;
  /** How many jobs may run at once. */
  readonly concurrency: number;
  /** How a process transport writes values. */
  readonly serialization: "advanced" | "json";
  /** Makes the error out of what a worker sent for one. */
  decodeError(encoded: unknown): unknown;
  /** Makes the error for a `setupData` that the transport refused. */
  setupNotCloneable(cause: unknown): unknown;
  /** Heap and stack limits of a thread, in MB, as `node:worker_threads` takes them; null for none. */
  readonly resourceLimits: Readonly<Record<string, number>> | null;
}

/** A job that every worker runs once. */
export interface ReplayEntry {
  /** Names it on the wire. */
  readonly number: number;
  /** Null for the default export. */
  readonly task: string | null;
  readonly args: unknown;
}

/** How a worker ended. */
export interface WorkerExit {
  /** Exit code, or null when a signal ended it or it never started. */
  readonly code: number | null;
  /** The signal that ended it, or null. */
  readonly signal: string | null;
  /** The tail of what it wrote to stderr; empty where it can't be captured. */
  readonly stderr: string;
  /** The error that ended it, if one is known: what the worker reported last, or why it could not be started. */
  readonly cause: unknown;
  /** True for a thread that may still be running: it was told to end while its loop was blocked, and can't be forced. */
  readonly abandoned: boolean;
}

/**
 * What an adapter tells of a worker. It calls none of these before `start` has returned, and nothing after `exit`.
 * There is no `error`: failure is a kind of exit.
 */
export interface WorkerEvents {
  /** The worker's module is loaded and takes jobs. At most once. */
  ready(): void;
  /** A frame came; not yet checked. */
  message(frame: unknown): void;
  /** The worker is gone. Once, and last. */
  exit(exit: WorkerExit): void;
}

/** What host and worker share, so that both know which jobs have begun. See `runtimes/exchange.ts`. */
export interface Exchange {
  /** Lets so many more jobs begin. Before they are sent: a worker that finds no ticket drops the job. */
  grant(count: number): void;
  /**
   * Takes back tickets that the worker has not taken.
   *
   * @param most How many at most; all by default.
   * @returns how many; they were for the last jobs that were sent, and these never begin.
   */
  recall(most?: number): number;
  /** How many jobs the worker has begun, or left out, that were sent without a ticket. */
  begunWithout(): number;
  /** The texts of answers that the worker has kept back, each once; it may have sent them since. See `readKept`. */
  kept(): readonly string[];
  /** Lets go of what it needs: the worker is gone. */
  close(): void;
}

/** A hold on one worker. After `exit` every method is a no-op, but for `exchange`, which is to be closed then. */
export interface WorkerPort {
  /** Names the worker in events and errors: the process id, or a thread's number. */
  readonly id: string;
  /** The process id, or null for a thread and for a process that could not be started. */
  readonly pid: number | null;
  /** Null where none can be had: jobs count as begun when they are sent, and none is sent ahead. */
  readonly exchange: Exchange | null;

  /**
   * Sends one frame.
   *
   * @param transfer Objects to move instead of copying; threads only.
   * @throws whatever the transport throws when a value can't be cloned; then nothing was sent.
   */
  send(frame: unknown, transfer?: readonly object[]): void;
  /**
   * Asks the worker to leave: it runs its teardown, if it has one, and ends.
   *
   * @param free Whether its loop is thought to be free, so that it will hear of it and can write out what it has printed.
   */
  stop(free: boolean): void;
  /** Ends the worker whatever it is doing. */
  kill(): void;
  /** Makes the worker keep the program alive. Idempotent. */
  ref(): void;
  /** Lets the program end while the worker lives. Idempotent. */
  unref(): void;
}

/** A way to start workers on one runtime, in one isolation. */
export interface WorkerAdapter {
  /** Runtime and isolation, such as `node process`. */
  readonly name: string;
  readonly isolation: Isolation;

  /** Starts a worker. Never throws, and never calls back before it returns: a start that fails ends in `exit`. */
  start(spec: WorkerSpec, events: WorkerEvents): WorkerPort;
}
