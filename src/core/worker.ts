/**
 * A worker and where it stands.
 *
 * ```text
 *  starting ──ready──▶ idle ◀──assign / last answer──▶ busy ──hung job, recycling──▶ retiring
 *     │                  │                               │                              │ last answer
 *     │ start timeout    │ idle timeout, close           │ hung job, exit()             ▼
 *     └─────────────────▶└──────────────▶ stopping ◀─────┴──────────────────────── (stopping)
 *  any state ──exit──▶ exited          stopping ──grace over──▶ kill, still stopping
 * ```
 *
 * @module
 */

import type { WorkerPort } from "./adapter.ts";
import { Chain } from "./chain.ts";
import type { Timer } from "./clock.ts";
import type { JobNumber } from "./frame.ts";
import type { Job, JobState } from "./job.ts";
import type { Spent } from "./recycling.ts";

/** Where a worker stands; each state owns its timers. */
export type WorkerState =
  /** `timer` is the start timeout. */
  | { readonly at: "starting"; readonly timer: Timer | null }
  /** `timer` is the idle timeout, null for a worker that is kept warm. `fresh`: it has only just become ready. */
  | { readonly at: "idle"; readonly timer: Timer | null; readonly fresh: boolean }
  | { readonly at: "busy" }
  /** Takes no more jobs. After its last it is asked to leave, or killed: something in it may not stop. */
  | { readonly at: "retiring"; readonly end: "stop" | "kill" }
  /** Was told to leave. `timer` is the grace before it is killed, null when it was killed at once. */
  | { readonly at: "stopping"; readonly timer: Timer | null }
  | { readonly at: "exited" };

/**
 * How long a worker may take to hear that jobs were taken back before it is given others regardless, in milliseconds: one that has
 * answered, and is about to leave, takes so long to be gone on a busy machine, and a job without a ticket would wait for that. The
 * time begins anew with each answer.
 */
const HEARS_RECALL = 1_000;

/**
 * For how long a job that is run again is the last that its worker was sent, in milliseconds. A worker that runs several jobs takes all
 * of them along when it ends, and nobody knows which is to blame: run again side by side, each would pay for it again. Not for longer,
 * nor with a worker of its own: it may take hours, or wait for another job itself.
 */
export const TRIAL = 1_000;

/** A job that a worker was given last, for now. */
export interface Trial {
  readonly job: Job;
  readonly until: number;
  readonly timer: Timer;
}

/** One worker, from its start to its exit. */
export class Worker {
  readonly port: WorkerPort;
  readonly startedAt: number;
  /** Where most of its jobs stand: made once, not for each. */
  readonly hasAhead: JobState = { at: "ahead", worker: this };
  readonly runsUntimed: JobState = { at: "running", worker: this, timer: null };
  /**
   * What it has, in the order in which it was sent: running jobs, jobs ahead, and aborting or settled ones that it has not let
   * go. Empty unless busy, retiring or stopping.
   */
  readonly jobs: Chain<Job> = new Chain<Job>();
  /** Those of its jobs that were aborted and that it has not heard of. */
  readonly unheard: Set<Job> = new Set<Job>();
  /** Jobs whose answers were taken before it sent them; it still will. */
  readonly early: Set<JobNumber> = new Set<JobNumber>();
  /** How many jobs it was given so far, less those that were taken back. */
  begun = 0;
  /** How many keys have their jobs here; see `keys.ts`. */
  keys = 0;
  /** How many of its jobs are `ahead`; see `Job.enter`. */
  ahead = 0;
  /** How many of those don't count against `maxBacklog`. */
  boundedAhead = 0;
  /**
   * Since when it has yet to hear that jobs were taken back, or null. Until then no ticket is granted: it would take it for an
   * old one.
   */
  recalledAt: number | null = null;
  /** Of how many recalls it has yet to hear. Only the last of them makes way for tickets. */
  recalls = 0;
  /** How many jobs it was sent without a ticket. */
  sentWithout = 0;
  /** When it last answered, or was given a job while it had none. */
  heardAt = 0;
  /** How long it took to send it each of the last jobs, in milliseconds, if they were large; otherwise 0. */
  sendTime = 0;
  /** The broadcast that it has last begun to replay. */
  replaying: number | null = null;
  /** Why it is to be replaced, if it has more jobs to come. */
  worn: Exclude<Spent, "jobs"> | null = null;
  #state: WorkerState;
  /** Until it is too old; runs across its states. */
  #age: Timer | null = null;
  /** The last job that it was given, if that is on trial; until the timer ends it. */
  #trial: Trial | null = null;

  readonly #mostJobs: number;

  /**
   * @param timer The start timeout.
   * @param mostJobs How many jobs it may begin.
   */
  constructor(port: WorkerPort, startedAt: number, timer: Timer | null, mostJobs: number = Infinity) {
    this.port = port;
    this.#mostJobs = mostJobs;
    this.startedAt = startedAt;
    this.#state = { at: "starting", timer };
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** Whether it has begun all the jobs that it may. */
  get isFull(): boolean {
    return this.begun >= this.#mostJobs;
  }

  /** Why it has served long enough; null for one that may go on. */
  get spent(): Spent | null {
    return this.isFull ? "jobs" : this.worn;
  }

  /** Whether jobs may be given to it. One that has yet to show that its loop is free may be stuck, and gets none. */
  get takesJobs(): boolean {
    if (this.isFull) return false;
    return this.#state.at === "idle" || (this.#state.at === "busy" && this.unheard.size === 0);
  }

  /** Whether it is given nothing more for now, for the sake of a job on trial. */
  get isTrying(): boolean {
    return this.#trial !== null;
  }

  /** It is given a job on trial. */
  startTrial(trial: Trial): void {
    this.#trial = trial;
  }

  /** The time of that is over, if it is. */
  endTrialAt(now: number): void {
    if (this.#trial && this.#trial.until <= now) this.#endTrial();
  }

  /** The job is on trial no more, if it was. */
  endTrialOf(job: Job): void {
    if (this.#trial?.job === job) this.#endTrial();
  }

  #endTrial(): void {
    this.#trial?.timer.cancel();
    this.#trial = null;
  }

  /** Whether it has said nothing for so long. Asked in one way only: sums and differences are rounded differently. */
  isSilent(now: number, patience: number): boolean {
    return this.heardAt + patience <= now;
  }

  /** Whether it is about to hear that jobs were taken back. One that takes long may be stuck. */
  hearsSoon(now: number): boolean {
    return this.hearsWithin(now) > 0;
  }

  /** For how many milliseconds more it is waited for that it hears it; 0 if it has, or for too long. */
  hearsWithin(now: number): number {
    if (this.recalledAt === null) return 0;
    // Until it had answered it may not have been able to.
    return Math.max(0, Math.max(this.recalledAt, this.heardAt) + HEARS_RECALL - now);
  }

  /** Whether it runs a job that somebody waits for. */
  get runs(): boolean {
    for (const job of this.jobs) if (job.state.at === "running") return true;
    return false;
  }

  /** Whether it is to leave, and can't before a caller asks for more of what a job of its yields. */
  get isKept(): boolean {
    const leaves = this.#state.at === "retiring" || (this.#state.at === "busy" && this.isFull);
    if (!leaves || this.unheard.size > 0) return false;
    for (const job of this.jobs) if (waitsForCaller(job)) return true;
    return false;
  }

  /** Whether each of so many places is taken by a job that waits for its caller. */
  isTakenUp(places: number): boolean {
    if (this.#state.at !== "busy" || this.jobs.size < places) return false;
    for (const job of this.jobs) if (!waitsForCaller(job)) return false;
    return true;
  }

  /** Its job of this number, or null. Looked for from the first on, which is answered first where one runs at a time. */
  job(number: JobNumber): Job | null {
    for (let job = this.jobs.first; job; job = job.after) if (job.number === number) return job;
    return null;
  }

  /** The last of its jobs: so many with a ticket, and so many without one. In the order in which they were sent. */
  last(ticketed: number, without: number): readonly Job[] {
    if (ticketed + without === 0) return [];
    const left = { ticketed, without };
    const last = [...this.jobs].toReversed().filter((job) => left[job.ticketed ? "ticketed" : "without"]-- > 0);
    return last.reverse();
  }

  /** Is given the timer that ends its age; it cancels it when it ends earlier. */
  ages(timer: Timer | null): void {
    this.#age = timer;
  }

  /** The only way a worker changes; what the old state owned is cancelled. Only an idle worker lets the program end. */
  enter(next: WorkerState): void {
    const old = this.#state;
    if (old.at === "starting" || old.at === "idle" || old.at === "stopping") old.timer?.cancel();
    if (next.at === "stopping" || next.at === "exited") this.#age?.cancel();
    if (next.at === "exited") this.#endTrial();
    this.#state = next;
    if (next.at === "idle") this.port.unref();
    else if (old.at === "idle" && next.at !== "exited") this.port.ref();
  }
}

/** Whether a job has yielded all that was asked for. */
function waitsForCaller(job: Job): boolean {
  return job.state.at === "running" && job.request.stream !== null && job.credit <= 0;
}
