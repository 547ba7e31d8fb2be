/**
 * What the class asks of whatever runs the jobs: the scheduler of this machine, or a distributed engine.
 *
 * @module
 */

import type { Isolation } from "./adapter.ts";
import type { Fact } from "./fact.ts";
import type { Durations } from "./histogram.ts";
import type { Follower, TraceContext } from "./trace.ts";

/** One job, as the engine gets it. Checked beforehand. */
export interface JobRequest {
  /** The caller's name for the job, or null to have one made. */
  readonly id: string | null;
  /** Which named export runs it; null for the default export. */
  readonly task: string | null;
  readonly args: unknown;
  /** Objects to move to the worker instead of copying them. */
  readonly transfer: readonly object[];
  /** Longest run in milliseconds, or Infinity. Waiting does not count. */
  readonly timeout: number;
  /** How long after it was submitted its answer is of no use any more, in milliseconds, or Infinity. */
  readonly deadline: number;
  /** 0 for most jobs; Infinity for one that goes before all others. What it means: `lanes.ts`. */
  readonly priority: number;
  /** Jobs of the same key run one at a time, and in the same worker; null for none. What it means: `keys.ts`. */
  readonly key: string | null;
  /** Its caller bounds how many of them there are: they are neither refused for want of room nor counted against the backlog. */
  readonly bounded: boolean;
  /** Is told how far the job is, if it says so; null if nobody wants to know. */
  readonly onProgress: ((value: unknown) => void) | null;
  /** How the caller takes what the job yields; null for a job that is answered once. */
  readonly stream: StreamRequest | null;
  /** The trace that its caller has named for it, or null. */
  readonly trace: TraceContext | null;
  /** Makes who follows a job of it, when that is submitted; null for most. */
  readonly follow: (() => Follower) | null;
}

/** A caller of a job that yields one value after another. Its answer, the end of them, is `undefined`. */
export interface StreamRequest {
  /** How many values may be on their way before any has been taken. */
  readonly credit: number;
  /** Is told each value, in order, before the outcome. */
  onYield(value: unknown): void;
}

/** How a job ended. `error` is what the caller gets: an error of the cluster, or anything a handler threw. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

/** A hold on an accepted or refused job. */
export interface JobHandle {
  readonly id: string;
  /** Settles the job with `reason`, wherever it is, and frees its worker; a no-op once it has settled. */
  cancel(reason: unknown): void;
  /** The same, if it is certain that it has not begun, and that nobody else wants it; otherwise it goes on. */
  takeBack(reason: unknown): void;
  /** Lets a job that yields go on: so many more values are wanted. A no-op once it has settled. */
  more(count: number): void;
}

/** How a cluster ends: after what it accepted, or at once. */
export type CloseMode = "drain" | "now";

/** Runs jobs. */
export interface Engine {
  /**
   * Accepts or refuses a job. `done` is called exactly once either way, never before `submit` has returned.
   */
  submit(request: JobRequest, done: (outcome: Outcome) => void): JobHandle;

  /** Starts the workers that are to be kept warm, at least one, and says when they are; null, or why not. Once. */
  warm(done: (error: unknown) => void): void;

  /**
   * Has every worker that is there run the request once, and every later one before its first job if it is replayed. `done` is called
   * once, never before this has returned, with how each run ended, those left out whose workers left before they had begun.
   */
  broadcast(
    request: JobRequest,
    replay: boolean | string,
    done: (outcomes: readonly Outcome[]) => void,
  ): Pick<JobHandle, "cancel">;

  /** Replaces all workers, one after the other, and says when that is done; null, or why not. Once. */
  renew(done: (error: unknown) => void): void;

  /**
   * Refuses all further jobs and ends. `"now"` overrides a `"drain"` under way. `closed` is called once, when nothing is
   * left.
   */
  close(mode: CloseMode, closed: () => void): void;

  /** Whether it takes jobs: not since `close`. */
  readonly isOpen: boolean;

  /** Whether workers have been given all jobs that there are, and may want for more. */
  readonly isHungry: boolean;

  /** A snapshot; changes nothing. */
  stats(): Stats;
}

/** Who is told what happens in an engine. */
export interface Observer {
  /** Whether anyone wants facts of this kind; others are not even built. */
  hears(type: Fact["type"]): boolean;
  /** A fact, after the turn that made it true. */
  tell(fact: Fact): void;
  /** An error that is nobody's in particular: a worker died unexpectedly. After the jobs it concerns were answered. */
  fault(error: Error): void;
  /** The same for what the program need not end for, though nobody has heard of it. */
  warn(error: Error): void;
}

/** What is known of the jobs of one task. */
export interface TaskStats {
  /** Counted when one is answered with a value. */
  readonly succeeded: number;
  /** Counted when one ends in any other way, from the first that succeeded on. */
  readonly failed: number;
  /** As for all jobs. */
  readonly wait: Durations;
  /** As for all jobs. */
  readonly run: Durations;
  /** Predicted run of one, in milliseconds. See `maxLatency`. */
  readonly expectedRun: number;
}

/** What a cluster is doing and has done. Gauges are counted off the live collections; counters only grow. */
export interface Stats {
  /** Runtime and isolation, such as `node process`. */
  readonly adapter: string;
  /** How workers are kept apart from the program. */
  readonly isolation: Isolation;
  /** `open`, `closing` after `close()` or `exit()`, `closed` once nothing is left. */
  readonly state: "open" | "closing" | "closed";
  /** Workers by state; all of them count against `maxWorkers`. */
  readonly workers: {
    /** Loading the module, or running its `setup`. */
    readonly starting: number;
    /** With nothing to do. */
    readonly idle: number;
    /** With jobs. */
    readonly busy: number;
    /** With jobs, the last that they get. */
    readonly retiring: number;
    /** Told to leave, or killed, and not gone yet. */
    readonly stopping: number;
  };
  /** Jobs: two gauges, then counters. */
  readonly jobs: {
    /** Jobs that wait for their turn, those that were sent to a worker ahead of it included. */
    readonly waiting: number;
    /** Jobs that workers run. */
    readonly running: number;
    /** Counted when a job is accepted. */
    readonly accepted: number;
    /** Counted when a job is refused; it never runs. */
    readonly refused: number;
    /** Counted when an accepted job is answered with a value. */
    readonly succeeded: number;
    /** Counted when an accepted job ends in any other way. */
    readonly failed: number;
    /** Counted when a job whose worker was lost while it ran goes back to the front, to be run again (`retries`). */
    readonly retried: number;
  };
  /** How long jobs that have ended had waited before they began to run, for the last time if they ran more than once. */
  readonly wait: Durations;
  /** How long they ran then, on the way to and from the worker included. */
  readonly run: Durations;
  /** The same by tasks, of those that have been answered with a value at least once; `default` for the default export. */
  readonly tasks: Readonly<Record<string, TaskStats>>;
  /** Counted when a worker has left because it had served long enough (`maxJobsPerWorker` and its like). */
  readonly recycled: number;
  /** Counters of what went wrong with workers. */
  readonly lost: {
    /** Counted when a worker that was ready ends without being told to, other than leaving with code 0 while idle. */
    readonly workers: number;
    /** Counted when a worker ends before it was ready, without being told to. */
    readonly starts: number;
    /** Counted when a thread that can't be stopped is given up; it may still use a core. */
    readonly abandoned: number;
    /** Counted when a worker says something that answers no job it has; dropped. */
    readonly messages: number;
  };
  /**
   * The share of their time that ready workers have spent running jobs, from 0 to 1, of late: each moment counts half as much
   * 5 s later, so that about the last ten seconds matter. 0 before the first worker was ready. A worker that runs one job of its
   * `concurrency` counts as busy.
   */
  readonly utilisation: number;
  /** Predicted run of one job in milliseconds, 0 while unknown. See `maxLatency`. */
  readonly expectedRun: number;
}
