/**
 * A job that others run, as its submitter knows it.
 *
 * ```text
 *  sending ──accepted──▶ queued ──a host says so──▶ running
 *     │                    │  ◀──its host is lost──── │
 *     └────────────────────┴──answer, cancel──────────┴──▶ settled
 * ```
 *
 * @module
 */

import type { Timer } from "../core/clock.ts";
import type { JobHandle, JobRequest, Outcome } from "../core/engine.ts";
import type { Follower, TraceContext } from "../core/trace.ts";
import type { Body } from "./letters.ts";
import type { Written } from "./values.ts";

/** Where it stands, as far as is known. */
export type RemoteState =
  /** `may`: it may be in the queue all the same: what the broker said of it was lost. */
  | { readonly at: "sending"; readonly may: boolean }
  /** `mine`: this program has put it there, not another that enqueued the same name. */
  | { readonly at: "queued"; readonly mine: boolean }
  /** `worker` is the host's name and its worker's. */
  | {
    readonly at: "running";
    readonly mine: boolean;
    readonly worker: string;
    readonly since: number;
    readonly attempt: number;
  }
  | { readonly at: "settled" };

/** What a job is made of. */
export interface RemoteJobParts {
  readonly id: string;
  readonly address: string;
  readonly request: JobRequest;
  readonly args: Written;
  readonly message: string;
  readonly submittedAt: number;
  readonly answersBefore: number;
  done(outcome: Outcome): void;
  cancel(job: RemoteJob, reason: unknown): void;
}

/** How long nothing may be heard of a job before it is looked for, in milliseconds. */
export const FIRST_LOOK = 5_000;

/** One of them; also its caller's hold on it. */
export class RemoteJob implements JobHandle {
  readonly id: string;
  /** See `names.ts`. */
  readonly address: string;
  readonly request: JobRequest;
  /** Its arguments, written when it was submitted. */
  readonly args: Written;
  /** Them as they travel, once that is known. */
  body: Body | null = null;
  /** What the broker knows its message by, however often that is sent. */
  readonly message: string;
  readonly submittedAt: number;
  /** The highest number of an answer then; see `tidying.ts`. */
  readonly answersBefore: number;
  readonly follower: Follower | null;
  state: RemoteState = { at: "sending", may: false };
  /** The number of an old answer to its name that is none to it; see `JobLetter.over`. */
  over = 0;
  /** When its answer is to be looked for, though nobody has told of it. */
  lookAt: number;
  /** Cancelled when it settles. */
  expiry: Timer | null = null;
  readonly done: (outcome: Outcome) => void;
  readonly #cancel: (job: RemoteJob, reason: unknown) => void;
  #trace: TraceContext | null | undefined;

  constructor(job: RemoteJobParts) {
    this.id = job.id;
    this.address = job.address;
    this.request = job.request;
    this.args = job.args;
    this.message = job.message;
    this.submittedAt = job.submittedAt;
    this.answersBefore = job.answersBefore;
    this.lookAt = job.submittedAt + FIRST_LOOK;
    this.done = job.done;
    this.#cancel = job.cancel;
    this.follower = job.request.follow === null ? null : job.request.follow();
  }

  /**
   * What crosses to its worker with it. A follower takes each time that it is asked for a run, and the job may be sent several times for
   * one.
   */
  get trace(): TraceContext | null {
    if (this.#trace === undefined) this.#trace = this.follower?.carrier() ?? this.request.trace;
    return this.#trace;
  }

  get isSettled(): boolean {
    return this.state.at === "settled";
  }

  cancel(reason: unknown): void {
    this.#cancel(this, reason);
  }

  /** Whether it has begun only a host knows. */
  takeBack(): void {}

  /** Jobs that yield are refused. */
  more(): void {}
}
