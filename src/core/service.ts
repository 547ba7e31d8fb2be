/**
 * The jobs that workers have: given, sent ahead, and answered.
 *
 * A worker has places for some jobs, which count as running from the moment when they are sent; what it is sent beyond stands
 * `ahead` until it is known to have got a place: by its answer, or by those of the jobs before it. Either way a job begins with a
 * ticket only, where there are any, so that it is known which have begun. Who may be sent how many ahead `placement.ts` and
 * `prefetch.ts`; how frames are made `sender.ts`; how what has not begun is taken back `taking-back.ts`.
 *
 * @module
 */

import type { Isolation } from "./adapter.ts";
import type { Backlog } from "./backlog.ts";
import type { Clock, Timer } from "./clock.ts";
import type { Crew } from "./crew.ts";
import type { Answer } from "./frame.ts";
import { isMoved, type Job } from "./job.ts";
import { precedes } from "./lanes.ts";
import type { Placement } from "./placement.ts";
import { Prefetch } from "./prefetch.ts";
import { type IsJson, sendJobs, type Unsent } from "./sender.ts";
import { Spreading } from "./spreading.ts";
import { TakingBack } from "./taking-back.ts";
import type { Worker } from "./worker.ts";

/**
 * What takes longer to be sent than this, in milliseconds, is large, and takes as long to be read. What a frame costs by
 * itself does not count: it would keep frames small.
 */
const LARGE = 0.5;

/**
 * A worker that may have this many jobs is sent more only when it has no more than half of them left: a frame costs as much as
 * some jobs.
 */
const FEW = 5;

/** What the service is given to work with, and whom it tells. */
export interface ServiceParts {
  readonly clock: Clock;
  readonly crew: Crew;
  readonly placement: Placement;
  readonly backlog: Backlog;
  readonly isolation: Isolation;
  readonly concurrency: number;
  readonly prefetch: number | "auto";
  readonly isJson: IsJson;
  /** Runs a change of state as one turn. */
  turn(change: () => void): void;
  /** A run of the job has begun. */
  began(job: Job, worker: Worker): void;
  /** It had not, and the worker is lost. */
  returned(job: Job, worker: Worker): void;
  /** The job is back among those that wait. */
  waits(job: Job): void;
  /** The timer that ends a job which runs too long, or null. */
  timeout(job: Job): Timer | null;
  /** The worker has answered; `failed` 1 means that `value` is an encoded error. */
  ended(job: Job, worker: Worker, failed: 0 | 1, value: unknown): void;
  /** The job could not be sent. */
  refused(unsent: Unsent): void;
  /** The only worker that may run the job takes none any more. */
  orphaned(job: Job): void;
  /** A worker has answered a job that it does not have. */
  strayed(): void;
}

/** Serves waiting jobs to workers. */
export class Service {
  readonly #parts: ServiceParts;
  readonly #clock: Clock;
  readonly #crew: Crew;
  readonly #placement: Placement;
  readonly #backlog: Backlog;
  readonly #prefetch: Prefetch;
  readonly #spreading: Spreading;
  /** What takes back jobs that have not begun. */
  readonly takingBack: TakingBack;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#crew = parts.crew;
    this.#placement = parts.placement;
    this.#backlog = parts.backlog;
    this.#prefetch = new Prefetch(parts.prefetch);
    this.#spreading = new Spreading({ ...parts, turn: () => parts.turn(() => {}) });
    this.takingBack = new TakingBack({
      ...parts,
      prefetch: this.#prefetch,
      answered: (worker, answer) => this.#answered(worker, answer),
      runs: (job, worker) => this.#runs(job, worker, worker.heardAt),
      fill: (worker) => this.#fill(worker, worker.heardAt),
    });
  }

  /** Gives jobs to workers with a place, then sends some ahead. Returns whether any could not be sent. */
  serve(): boolean {
    const now = this.#clock.now();
    if (this.#backlog.open === 0) this.takingBack.share(now);
    if (this.#backlog.size === 0) return false;
    this.#release();
    const given = new Map<Worker, Job[]>();
    const limit = this.#placement.limit(this.#backlog.open, this.#prefetch.depth);
    const { patience } = this.#prefetch;
    const low = limit < FEW ? limit - 1 : limit / 2;
    // What waits for this worker alone is not overtaken.
    const suits = (worker: Worker): boolean =>
      (worker.jobs.size <= low || given.has(worker)) && !worker.isSilent(now, patience) &&
      !this.#backlog.isAwaited(worker);
    for (let worker = this.#nextWorker(now, limit, suits); worker; worker = this.#nextWorker(now, limit, suits)) {
      const job = this.#nextJob(worker) as Job;
      job.ticketed = worker.port.exchange !== null && worker.recalledAt === null && !this.#isMoved(job);
      if (job.key && job.key.worker === null) this.#spreading.took(worker);
      this.#backlog.take(job, worker);
      this.#crew.give(job, worker);
      const jobs = given.get(worker);
      if (jobs) jobs.push(job);
      else given.set(worker, [job]);
    }
    let unsent = 0;
    for (const [worker, jobs] of given) unsent += this.#send(worker, jobs);
    if (this.#placement.ahead > 0) this.takingBack.watch();
    if (this.#backlog.unbound > 0) this.#spreading.watch();
    // A worker may be full now that other jobs wait for.
    return this.#release() || unsent > 0;
  }

  /** Jobs that waited for one worker, which takes none any more, wait for any, or have their end. Returns whether there were any. */
  #release(): boolean {
    const { open } = this.#backlog;
    const left = this.#backlog.release();
    for (const job of left) this.#parts.orphaned(job);
    return left.length > 0 || this.#backlog.open > open;
  }

  /** There is nothing to serve any more. */
  end(): void {
    this.takingBack.end();
    this.#spreading.end();
  }

  /** The worker that gets the next job, or null if none does. */
  #nextWorker(now: number, limit: number, suits: (worker: Worker) => boolean): Worker | null {
    const { first, isPlain } = this.#backlog;
    const free = isPlain ? this.#placement.leastLoaded(now) : this.#bestSuited(now);
    if (free && (!isPlain || this.#nextJob(free))) return free;
    return first && this.#leastAhead(first, limit, suits);
  }

  /** The worker with a place that may run the earliest job; of several for a new key, the one with the fewest keys. */
  #bestSuited(now: number): Worker | null {
    let best: Worker | null = null;
    let earliest: Job | null = null;
    for (const worker of this.#crew) {
      if (!this.#placement.hasPlace(worker, now) && !(worker.isKept && this.#placement.hasRoom(worker, now))) continue;
      const job = this.#nextJob(worker);
      if (!job || (earliest && job !== earliest && precedes(earliest, job))) continue;
      if (best && job === earliest && this.#prefers(best, worker, job)) continue;
      [best, earliest] = [worker, job];
    }
    return best;
  }

  /**
   * Which of two workers gets a job that both may run: for a new key the one with fewer keys; the one that no job waits for; with
   * fewer jobs; the newer one.
   */
  #prefers(worker: Worker, newer: Worker, job: Job): boolean {
    if (job.key && worker.keys !== newer.keys) return worker.keys < newer.keys;
    const [awaited, newerAwaited] = [worker, newer].map((one) => this.#backlog.isAwaited(one));
    if (awaited !== newerAwaited) return newerAwaited === true;
    return worker.jobs.size < newer.jobs.size;
  }

  /** The next job for this worker, or null. */
  #nextJob(worker: Worker): Job | null {
    if (worker.isKept) return this.#backlog.nextForKept(worker, this.#crew.goesOn(worker));
    // What waits for one worker is not sent ahead, nor what gives it a key.
    if (this.#backlog.isPlain || worker.jobs.size >= this.#parts.concurrency) return this.#backlog.first;
    return this.#backlog.nextFor(worker, this.#spreading.mayTake(worker, this.#backlog.unbound));
  }

  /**
   * The worker that this job may be sent ahead to; one that is silent may run a long job. What is moved to a thread can't be taken
   * back, what is yielded is told of running jobs only, and a trial begins with the job.
   */
  #leastAhead(job: Job, limit: number, suits: (worker: Worker) => boolean): Worker | null {
    if (limit === 0 || this.#isMoved(job) || job.request.stream || job.onTrial) return null;
    return this.#placement.leastAhead(limit, suits);
  }

  #isMoved(job: Job): boolean {
    return isMoved(job, this.#parts.isolation);
  }

  /** Nobody has a turn between a job's assignment and this. Returns how many could not be sent. */
  #send(worker: Worker, jobs: readonly Job[]): number {
    const before = this.#clock.now();
    const unsent = sendJobs(worker, jobs, this.#parts.isJson);
    const now = this.#clock.now();
    const each = (now - before) / jobs.length;
    worker.sendTime = each > LARGE ? each : 0;
    for (const { job, cause } of unsent) {
      this.#crew.takeBack(job, worker);
      this.#parts.refused({ job, cause });
    }
    if (unsent.length < jobs.length) this.#crew.engage(worker);
    for (const job of jobs) if (job.state.at === "queued") job.enter(worker.hasAhead);
    this.#fill(worker, now);
    return unsent.length;
  }

  /** Those of a worker's jobs that are first in line have its free places. */
  #fill(worker: Worker, at: number): void {
    let free = this.#parts.concurrency - (worker.jobs.size - worker.ahead);
    if (free <= 0 || worker.ahead === 0) return;
    for (let job = worker.jobs.first; job; job = job.after) {
      if (job.state.at !== "ahead") continue;
      this.#runs(job, worker, at);
      if (--free === 0) return;
    }
  }

  #runs(job: Job, worker: Worker, at: number): void {
    this.#begins(job, worker, at);
    const timer = this.#parts.timeout(job);
    job.enter(timer ? { at: "running", worker, timer } : worker.runsUntimed);
  }

  /** A job has begun to run, or is known to have. */
  #begins(job: Job, worker: Worker, at: number): void {
    job.begin(at);
    this.#parts.began(job, worker);
  }

  // ---- answers

  /** A worker has answered these jobs. */
  answers(worker: Worker, answers: readonly Answer[]): void {
    for (const answer of answers) this.#answered(worker, answer);
    this.#fill(worker, worker.heardAt);
    // It was looked at for the last time, maybe, while it could not hear.
    if (worker.recalledAt !== null) this.takingBack.watch();
    this.#crew.letGo(worker);
  }

  #answered(worker: Worker, [number, failed, value, ran]: Answer): void {
    const job = worker.job(number);
    if (!job) {
      if (!worker.early.delete(number)) this.#parts.strayed();
      return;
    }
    if (job.state.at === "ahead") this.#beganBefore(job, worker);
    this.#crew.remove(job, worker);
    worker.unheard.delete(job);
    if (job.state.at !== "ahead" && job.state.at !== "running") return job.settle();
    const now = this.#clock.now();
    if (job.state.at === "ahead") this.#begins(job, worker, now - (ran ?? 0) / 1000);
    // One that yields takes as long as its caller does, and what every worker runs once says nothing of other jobs.
    if (job.request.stream === null && job.only === null) {
      this.#prefetch.record(Math.max(ran === undefined ? now - job.startedAt : ran / 1000, worker.sendTime));
    }
    this.#parts.ended(job, worker, failed, value);
  }

  /** A worker begins its jobs in order: those that it was sent before this one have begun. */
  #beganBefore(job: Job, worker: Worker): void {
    for (let other = worker.jobs.first; other && other !== job; other = other.after) {
      if (other.state.at === "ahead") this.#runs(other, worker, worker.heardAt);
    }
  }
}
