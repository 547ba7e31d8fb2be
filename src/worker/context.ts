/**
 * What a handler is given beside its arguments.
 *
 * @module
 */

import type { TraceContext } from "../core/trace.ts";

/** The second argument of every handler. */
export interface JobContext {
  /**
   * Aborted when the caller no longer waits for this job (timeout or cancel). A handler that has taken it and stops in time
   * keeps its worker; one that has not, or that never lets the event loop run, is ended with its worker.
   */
  readonly signal: AbortSignal;
  /** The job that runs. */
  readonly job: {
    /** The caller's name for it, or a number of the cluster's. */
    readonly id: string;
    /** The named export that runs, or null for the default export. */
    readonly task: string | null;
    /** 1 for the first run, 2 for the first retry, and so on. */
    readonly attempt: number;
  };
  /**
   * The trace that the job belongs to, or null: what its caller has given as `trace`, or with telemetry the span of this run. Clusters
   * that the handler uses pass it on by themselves.
   */
  readonly trace: TraceContext | null;
  /**
   * Tells the caller's `onProgress` how far this job is. Of values that follow one another faster than every 50 ms the newest
   * is told, and the last one before the answer.
   *
   * @param value Anything that structured clone carries.
   * @throws {ClusterError} `CC_ERR_NOT_CLONEABLE` for anything else. Nothing is sent, and nothing thrown, where nobody listens.
   */
  progress(value: unknown): void;
  /**
   * Marks objects to be moved to the host with the answer instead of copied; threads only, elsewhere they are copied.
   *
   * @returns `value`, so that a handler can end with `return context.transfer(pixels, [pixels.buffer])`.
   */
  transfer<T>(value: T, list: readonly object[]): T;
}

/** The context of one run, and what the bootstrap reads off it. */
export class RunContext implements JobContext {
  readonly job: JobContext["job"];
  readonly trace: TraceContext | null;
  readonly transfers: object[] = [];
  /** Handlers destructure it. */
  readonly progress: (value: unknown) => void;
  #controller: AbortController | null = null;

  constructor(job: JobContext["job"], trace: TraceContext | null, progress: (value: unknown) => void) {
    this.job = job;
    this.trace = trace;
    this.progress = progress;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** Handlers destructure it. */
  readonly transfer = <T>(value: T, list: readonly object[]): T => {
    for (const item of list) this.transfers.push(item);
    return value;
  };

  /** Whether anybody has the signal. */
  get takesSignal(): boolean {
    return this.#controller !== null;
  }

  /** Aborts the signal, also for who takes it only later. */
  abort(reason: DOMException): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }
}
