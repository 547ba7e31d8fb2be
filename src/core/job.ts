/**
 * A job and where it stands.
 *
 * ```text
 *  queued ──assign──▶ running ──answer, loss──────────────────▶ settled
 *    │  ▲ ▲              ▲ │  └──timeout, cancel──▶ aborting ──────▲
 *    │  │ └─worker lost──┼─┘                  (answered, but its worker has not let go)
 *    │  │ (had not begun,│ or retries left)
 *    │  │                │ place free
 *    │  └─taken back── ahead ──answer─────────────────────────────▶│
 *    │      assign───────▲                                         │
 *    └── cancel, close, start failures, refusal ───────────────────┘
 * ```
 *
 * @module
 */

import type { Isolation } from "./adapter.ts";
import type { Link } from "./chain.ts";
import type { Timer } from "./clock.ts";
import type { JobHandle, JobRequest, Outcome } from "./engine.ts";
import type { Key } from "./keys.ts";
import type { Lanes } from "./lanes.ts";
import type { Follower } from "./trace.ts";
import type { Worker } from "./worker.ts";

/** Where a job stands; each state owns its timers. */
export type JobState =
  | { readonly at: "new" }
  | { readonly at: "queued" }
  /** Sent to a worker that has no place for it; it may have got one since. */
  | { readonly at: "ahead"; readonly worker: Worker }
  /** Sent to a place of its own, or known to have got one. `timer` is the job's timeout, null for none. */
  | { readonly at: "running"; readonly worker: Worker; readonly timer: Timer | null }
  /** The caller has its answer, the worker has not let go; `timer` ends the patience with it. `heard`: its loop is free. */
  | { readonly at: "aborting"; readonly worker: Worker; readonly timer: Timer | null; readonly heard: boolean }
  | { readonly at: "settled" };

const NEW: JobState = { at: "new" };
const QUEUED: JobState = { at: "queued" };
const SETTLED: JobState = { at: "settled" };

/** What callers may do about their jobs. */
export interface JobControl {
  /** Ends a job that its caller no longer wants. */
  cancel(job: Job, reason: unknown): void;
  /** Ends a job that its caller would have others run, unless it has begun. */
  takeBack(job: Job, reason: unknown): void;
  /** So many more of the values that it yields are wanted. */
  more(job: Job, count: number): void;
}

/** One job, from `submit` to its outcome; also the caller's hold on it. */
export class Job implements JobHandle, Link<Job> {
  /** Names the job on the wire; never used twice. */
  readonly number: number;
  readonly request: JobRequest;
  /** When it was submitted. */
  readonly submittedAt: number;

  before: Job | null = null;
  after: Job | null = null;
  /** Whether it was sent to begin with a ticket only: then it can be taken back. */
  ticketed = false;

  /** How many more values it may yield; 0 for a job that is answered once. */
  credit: number;
  /** Who follows it beside its caller; null for most jobs. */
  readonly follower: Follower | null;
  /** How many its caller has been told of. */
  yielded = 0;

  /** The line of the backlog that it stands in; see {@link Lanes}. */
  line: Lanes | null = null;
  /** What it shares with the others of its `key`, once it has been accepted. */
  key: Key | null = null;
  /** The only worker that may run it; null if any may. */
  readonly only: Worker | null;

  /** How many workers were lost when it was the next that they would have begun. */
  suspicions = 0;
  /** A worker was lost while it ran there, maybe beside others: its next runs begin with a {@link TRIAL}. */
  onTrial = false;

  readonly #done: (outcome: Outcome) => void;
  readonly #control: JobControl;
  #state: JobState = NEW;
  #startedAt = 0;
  #attempt = 0;
  /** Until it is too late; runs across its states. */
  #expiry: Timer | null = null;

  constructor(
    number: number,
    request: JobRequest,
    submittedAt: number,
    done: (outcome: Outcome) => void,
    control: JobControl,
    only: Worker | null = null,
  ) {
    this.number = number;
    this.request = request;
    this.submittedAt = submittedAt;
    this.#done = done;
    this.#control = control;
    this.only = only;
    this.credit = request.stream?.credit ?? 0;
    this.follower = request.follow === null ? null : request.follow();
  }

  /** The caller's name for it, or its number. */
  get id(): string {
    return this.request.id ?? String(this.number);
  }

  get state(): JobState {
    return this.#state;
  }

  /** When it last began to run; 0 before. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Runs so far, the current one included. */
  get attempt(): number {
    return this.#attempt;
  }

  /** One more run begins, or has begun then. */
  begin(now: number): void {
    this.#startedAt = Math.max(now, this.submittedAt);
    this.#attempt++;
  }

  /** The run that was thought to have begun had not. */
  retract(): void {
    this.#attempt--;
  }

  /** The only way a job changes; what the old state owned is cancelled, and its worker counts along. */
  enter(next: JobState): void {
    const old = this.#state;
    if (old.at === "running" || old.at === "aborting") old.timer?.cancel();
    if (next.at === "aborting" || next.at === "settled") this.#expiry?.cancel();
    if (old.at === "ahead") this.#countAhead(old.worker, -1);
    if (next.at === "ahead") this.#countAhead(next.worker, 1);
    this.#state = next;
    if (next.at === "settled") this.key?.left(this);
  }

  #countAhead(worker: Worker, change: 1 | -1): void {
    worker.ahead += change;
    if (this.request.bounded) worker.boundedAhead += change;
  }

  /** Is given the timer of its deadline; it cancels it when it ends earlier. */
  expires(timer: Timer | null): void {
    this.#expiry?.cancel();
    this.#expiry = timer;
  }

  /** It waits in the backlog. */
  queue(): void {
    this.enter(QUEUED);
  }

  /** It has its outcome, and no worker has it. */
  settle(): void {
    this.enter(SETTLED);
  }

  /** Tells the caller. The scheduler does so once per job, outside of any turn. */
  answer(outcome: Outcome): void {
    this.#done(outcome);
  }

  cancel(reason: unknown): void {
    this.#control.cancel(this, reason);
  }

  takeBack(reason: unknown): void {
    this.#control.takeBack(this, reason);
  }

  more(count: number): void {
    this.#control.more(this, count);
  }
}

/** Whether something in it is moved to its worker, and lost with it: there is nothing to run the job on again. */
export function isMoved(job: Job, isolation: Isolation): boolean {
  return isolation === "thread" && job.request.transfer.length > 0;
}
