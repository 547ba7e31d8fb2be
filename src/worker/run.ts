/**
 * One job in progress.
 *
 * @module
 */

import type { JobNumber } from "../core/frame.ts";
import type { TraceContext } from "../core/trace.ts";
import { type JobContext, RunContext } from "./context.ts";
import type { Progress } from "./progress.ts";
import type { Yields } from "./yields.ts";

/** Who waits for the end of a job that is run in a new worker because all others have run it. */
export interface Replay {
  resolve(): void;
  reject(error: unknown): void;
}

/** One run of a job. */
export class Run {
  readonly number: JobNumber;
  readonly context: RunContext;
  readonly begunAt: number;
  /** Null where nobody wants to know. */
  readonly progress: Progress | null;
  /** Null where one answer is wanted. */
  readonly yields: Yields | null;
  /** Who waits for its end, if that is not the host. */
  readonly replay: Replay | null;
  answered = false;
  /** What the module has sent while its function ran: the answer of one that returns none. */
  said: { readonly message: unknown } | null = null;
  /** Its place among those that run. */
  at = 0;

  constructor(
    number: JobNumber,
    job: JobContext["job"],
    trace: TraceContext | null,
    begunAt: number,
    progress: Progress | null = null,
    yields: Yields | null = null,
    replay: Replay | null = null,
  ) {
    this.number = number;
    this.context = new RunContext(job, trace, progress ? (value) => this.#report(progress, value) : reportToNobody);
    this.begunAt = begunAt;
    this.progress = progress;
    this.yields = yields;
    this.replay = replay;
  }

  #report(progress: Progress, value: unknown): void {
    if (!this.answered) progress.report(value);
  }
}

function reportToNobody(): void {}
