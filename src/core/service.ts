/**
 * The jobs that workers have: given, sent ahead, known to have begun, answered, and taken back.
 *
 * A job that is sent to a worker with others stands `ahead` until it is known to have begun: by its answer, or because
 * nothing was heard of its worker for a while. Who may be sent how many ahead `placement.ts` and `prefetch.ts`; how frames are
 * made `sender.ts`; what makes taking back safe `runtimes/exchange.ts`.
 *
 * @module
 */

import type { Isolation } from "./adapter.ts";
import type { Backlog } from "./backlog.ts";
import type { Clock, Timer } from "./clock.ts";
import type { Crew } from "./crew.ts";
import { type Answer, readKept } from "./frame.ts";
import type { Job } from "./job.ts";
import type { Placement } from "./placement.ts";
import { LOOK_AHEAD, Prefetch } from "./prefetch.ts";
import { type Assignment, type CopyPlain, sendJobs, type Unsent } from "./sender.ts";
import { SilenceWatch } from "./silence.ts";
import type { Worker } from "./worker.ts";

/**
 * What takes longer to be sent than this, in milliseconds, is large, and takes as long to be read. What a frame costs by
 * itself does not count: it would keep frames small.
 */
const LARGE = 0.5;

/** What the service is given to work with, and whom it tells. */
export interface ServiceParts {
  readonly clock: Clock;
  readonly crew: Crew;
  readonly placement: Placement;
  readonly backlog: Backlog<Job>;
  readonly isolation: Isolation;
  readonly concurrency: number;
  readonly prefetch: number | "auto";
  readonly copyPlain: CopyPlain;
  /** Runs a change of state as one turn. */
  turn(change: () => void): void;
  /** A run of the job has begun. */
  began(job: Job, worker: Worker): void;
  /** The timer that ends a job which runs too long, or null. */
  timeout(job: Job): Timer | null;
  /** The worker has answered; `failed` 1 means that `value` is an encoded error. */
  ended(job: Job, worker: Worker, failed: 0 | 1, value: unknown): void;
  /** The job could not be sent. */
  refused(unsent: Unsent): void;
  /** A worker has answered a job that it does not have. */
  strayed(): void;
}

/** Serves waiting jobs to workers. */
export class Service {
  readonly #parts: ServiceParts;
  readonly #clock: Clock;
  readonly #crew: Crew;
  readonly #placement: Placement;
  readonly #backlog: Backlog<Job>;
  readonly #prefetch: Prefetch;
  readonly #silence: SilenceWatch;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#crew = parts.crew;
    this.#placement = parts.placement;
    this.#backlog = parts.backlog;
    this.#prefetch = new Prefetch(parts.prefetch);
    this.#silence = new SilenceWatch(parts.clock, () => parts.turn(() => this.#recallFromSilent()));
  }

  /** Gives jobs to workers with a place, then sends some ahead. Returns whether any could not be sent. */
  serve(): boolean {
    const given = new Map<Worker, Assignment[]>();
    const limit = this.#placement.limit(this.#backlog.size, this.#prefetch.depth);
    for (let job = this.#backlog.peek(); job; job = this.#backlog.peek()) {
      const worker = this.#placement.leastLoaded() ?? this.#leastAhead(job, limit);
      if (!worker) break;
      // A worker with other jobs may be about to end with one of them: with a ticket it is known whether this one had begun.
      const ahead = worker.jobs.size > 0 && worker.port.exchange !== null && !this.isMoved(job);
      this.leaveBacklog(job);
      this.#crew.give(job, worker);
      const assignments = given.get(worker);
      if (assignments) assignments.push({ job, ahead });
      else given.set(worker, [{ job, ahead }]);
    }
    let unsent = 0;
    for (const [worker, assignments] of given) unsent += this.#send(worker, assignments);
    if (this.#placement.isAhead) this.#silence.start();
    return unsent > 0;
  }

  /** The worker that this job may be sent ahead to. What is moved to a thread can't be taken back. */
  #leastAhead(job: Job, limit: number): Worker | null {
    if (limit === 0 || this.isMoved(job)) return null;
    return this.#placement.leastAhead(limit, this.#clock.now());
  }

  /** Nobody has a turn between a job's assignment and this. Returns how many could not be sent. */
  #send(worker: Worker, assignments: readonly Assignment[]): number {
    const before = this.#clock.now();
    const unsent = sendJobs(worker, assignments, this.#parts.copyPlain);
    const now = this.#clock.now();
    const each = (now - before) / assignments.length;
    worker.sendTime = each > LARGE ? each : 0;
    for (const { job, cause } of unsent) {
      this.#crew.takeBack(job, worker);
      this.#parts.refused({ job, cause });
    }
    if (unsent.length < assignments.length) this.#crew.engage(worker);
    for (const { job, ahead } of assignments) {
      if (job.state.at !== "queued") continue;
      if (!ahead) {
        this.#runs(job, worker, now);
        continue;
      }
      job.enter(worker.hasAhead);
      worker.ahead++;
    }
    return unsent.length;
  }

  #runs(job: Job, worker: Worker, at: number): void {
    this.#begins(job, worker, at);
    const timer = this.#parts.timeout(job);
    job.enter(timer ? { at: "running", worker, timer } : worker.runsUntimed);
  }

  /** A job has begun to run, or is known to have. */
  #begins(job: Job, worker: Worker, at: number): void {
    if (job.state.at === "ahead") worker.ahead--;
    job.begin(at);
    this.#parts.began(job, worker);
  }

  // ---- answers

  answered(worker: Worker, [number, failed, value, ran]: Answer): void {
    const job = worker.jobs.get(number);
    if (!job) {
      if (!worker.early.delete(number)) this.#parts.strayed();
      return;
    }
    if (job.state.at === "ahead") this.#beganBefore(job, worker);
    worker.jobs.delete(number);
    worker.unheard.delete(job);
    if (job.state.at !== "ahead" && job.state.at !== "running") return job.settle();
    const now = this.#clock.now();
    if (job.state.at === "ahead") this.#begins(job, worker, now - (ran ?? 0) / 1000);
    this.#prefetch.record(Math.max(ran === undefined ? now - job.startedAt : ran / 1000, worker.sendTime));
    this.#parts.ended(job, worker, failed, value);
  }

  /** A worker begins its jobs in order: those that it was sent before this one have begun. */
  #beganBefore(job: Job, worker: Worker): void {
    for (const other of worker.jobs.values()) {
      if (other === job) return;
      if (other.state.at === "ahead") this.#runs(other, worker, worker.heardAt);
    }
  }

  // ---- taking back

  #recallFromSilent(): void {
    const now = this.#clock.now();
    for (const worker of this.#crew) if (worker.ahead > 0 && now - worker.heardAt >= LOOK_AHEAD) this.recall(worker);
  }

  /** Takes back the jobs that a worker has not begun. */
  recall(worker: Worker): void {
    if (worker.ahead === 0) return;
    const { exchange } = worker.port;
    const unbegun = exchange?.recall() ?? 0;
    this.takeKept(worker, readKept(exchange?.kept() ?? []));
    this.sort(worker, unbegun);
    if (unbegun > 0) {
      worker.recalling = true;
      worker.port.send({ type: "recall" });
    }
    this.#crew.letGo(worker);
  }

  /** Takes the answers that a worker keeps back. It will send them too, if it lives. */
  takeKept(worker: Worker, answers: readonly Answer[]): void {
    for (const answer of answers) {
      if (!worker.jobs.has(answer[0])) continue;
      this.answered(worker, answer);
      worker.early.add(answer[0]);
    }
  }

  /** Of the jobs that were sent ahead to a worker the last so many have not begun: they go back to where they were. */
  sort(worker: Worker, unbegun: number): void {
    const ahead = [...worker.jobs.values()].filter((job) => job.state.at === "ahead");
    const begun = ahead.length - Math.min(unbegun, ahead.length);
    ahead.forEach((job, at) => {
      // What was begun before the last few has ended, and its answer is on its way. None began before the worker was heard.
      if (at < begun) {
        if (at >= begun - this.#parts.concurrency) return this.#runs(job, worker, worker.heardAt);
        this.#begins(job, worker, worker.heardAt);
        return job.enter(worker.runsUntimed);
      }
      worker.ahead--;
      this.#crew.takeBack(job, worker);
      this.putBack(job);
    });
  }

  putBack(job: Job): void {
    job.queue();
    this.#backlog.putBack(job, (other) => job.number < other.number);
  }

  /** What was moved to a thread is lost with it: there is nothing to run the job on again. */
  isMoved(job: Job): boolean {
    return job.request.transfer.length > 0 && this.#parts.isolation === "thread";
  }

  leaveBacklog(job: Job): void {
    if (job.state.at === "queued") this.#backlog.withdraw(job);
  }
}
