/**
 * Decides which job runs on which worker, and when. Synchronous and pure: time, workers and the callers' functions are
 * handed in.
 *
 * Every input (submit, cancel, close, a worker's message or exit, a timer) is one **turn**: change the state, then
 * `#dispatch`, the only place where a job meets a worker or a worker is started, and only then call strangers, from the
 * outbox. So a callback that submits finds the worker that it was just told about free, and nobody sees a half-made
 * change. The states of jobs and workers are drawn in `job.ts` and `worker.ts`.
 *
 * Where to look: who runs next `#dispatch`; who is refused `admission.ts`; a job's end `#settle`; timeouts and cancels
 * `#giveUp`; a worker's death `#workerExited`; starts, idle stops and kills `crew.ts`; the end `close` and `#windDown`.
 *
 * @module
 */

import type { WorkerAdapter, WorkerExit, WorkerSpec } from "./adapter.ts";
import { refusal } from "./admission.ts";
import { Backlog } from "./backlog.ts";
import type { Clock, Timer } from "./clock.ts";
import { Crew, type CrewOptions } from "./crew.ts";
import type { CloseMode, Engine, JobHandle, JobRequest, Observer, Outcome, Stats } from "./engine.ts";
import type { ClusterError } from "./errors.ts";
import { Estimator } from "./estimator.ts";
import type { Fact } from "./fact.ts";
import { type AbortWhy, type Answer, type JobEntry, readAbortHeard, readAnswers } from "./frame.ts";
import { Job } from "./job.ts";
import * as loss from "./loss.ts";
import { Outbox } from "./outbox.ts";
import type { Worker } from "./worker.ts";

/** What the scheduler obeys. Durations in milliseconds; Infinity for no limit. */
export interface SchedulerOptions extends CrewOptions {
  readonly maxBacklog: number;
  readonly maxLatency: number;
  readonly retries: number;
}

/** What the scheduler is given to work with. None of these may throw. */
export interface SchedulerParts {
  readonly clock: Clock;
  readonly adapter: WorkerAdapter;
  readonly observer: Observer;
  /** What to start, asked anew for each worker: the environment is the one of that moment. */
  spec(): WorkerSpec;
  /** Makes the error out of what a worker sent for one. */
  decodeError(encoded: unknown): unknown;
  /** Makes the error for a job whose arguments the transport refused. */
  notCloneable(request: JobRequest, cause: unknown): ClusterError;
}

/**
 * How long a worker that runs one job at a time has to show that its loop is free, once its job is no longer wanted, in
 * milliseconds. A handler that watches its signal saves its worker that way; a blocked one is killed.
 */
const HEARING = 50;

type Phase =
  | { readonly at: "open" }
  | { readonly at: "closing"; readonly mode: CloseMode; readonly waiting: readonly (() => void)[] }
  | { readonly at: "closed" };

/** The engine of one machine. */
export class Scheduler implements Engine {
  readonly #options: SchedulerOptions;
  readonly #parts: SchedulerParts;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #backlog = new Backlog<Job>();
  readonly #crew: Crew;
  readonly #estimator = new Estimator();
  #phase: Phase = { at: "open" };
  /** Who waits for warm workers; null until somebody asked for work: a cluster that is never used starts nothing. */
  #warming: ((error: ClusterError | null) => void)[] | null = null;
  #refusedSinceDrain = false;
  #lastNumber = 0;
  /** The turns that are to be taken, the one under way first. */
  readonly #changes: (() => void)[] = [];
  readonly #counts = {
    jobs: { accepted: 0, refused: 0, succeeded: 0, failed: 0, retried: 0 },
    lost: { workers: 0, abandoned: 0, messages: 0 },
  };

  constructor(options: SchedulerOptions, parts: SchedulerParts) {
    this.#options = options;
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#outbox = new Outbox(parts.clock);
    this.#crew = new Crew(options, {
      clock: parts.clock,
      adapter: parts.adapter,
      spec: () => parts.spec(),
      turn: (change) => this.#turn(change),
      tell: (type, fact) => this.#tell(type, fact),
      ready: () => this.#tellWarm(),
      said: (worker, frame) => this.#workerSaid(worker, frame),
      exited: (worker, exit, expected) => this.#workerExited(worker, exit, expected),
      startsFailed: (failure) => this.#startsFailed(failure),
    });
  }

  // ---- what callers ask; they are answered soon, never before the call has returned

  submit(request: JobRequest, done: (outcome: Outcome) => void): JobHandle {
    const job = new Job(++this.#lastNumber, request, this.#clock.now(), done);
    this.#callersTurn(() => {
      const error = this.#refusal();
      if (error) this.#refuse(job, error);
      else this.#accept(job);
    });
    return { id: job.id, cancel: (reason) => this.#callersTurn(() => this.#giveUp(job, reason, "abort")) };
  }

  warm(done: (error: unknown) => void): void {
    this.#callersTurn(() => {
      if (this.#phase.at !== "open") return this.#outbox.push(() => done(loss.closed()));
      this.#crew.retry();
      this.#warming ??= [];
      this.#warming.push(done);
      this.#tellWarm();
    });
  }

  close(mode: CloseMode, closed: () => void): void {
    this.#callersTurn(() => {
      if (this.#phase.at === "closed") return this.#outbox.push(closed);
      const before = this.#phase.at === "closing" ? this.#phase : null;
      const hardest = before?.mode === "now" ? "now" : mode;
      this.#phase = { at: "closing", mode: hardest, waiting: [...before?.waiting ?? [], closed] };
      if (!before) this.#tell("closing", () => ({ type: "closing", mode, workers: this.#crew.size }));
      this.#failWarming(() => loss.closed());
      if (hardest === "now") this.#dropEverything();
    });
  }

  stats(): Stats {
    const crew = this.#crew;
    return {
      adapter: this.#parts.adapter.name,
      isolation: this.#parts.adapter.isolation,
      state: this.#phase.at,
      workers: {
        starting: crew.count("starting"),
        idle: crew.count("idle"),
        busy: crew.count("busy"),
        retiring: crew.count("retiring"),
        stopping: crew.count("stopping"),
      },
      jobs: { waiting: this.#backlog.size, running: this.#runningJobs().length, ...this.#counts.jobs },
      lost: { starts: crew.lostStarts, ...this.#counts.lost },
      expectedRun: this.#estimator.run(this.#clock.now()),
    };
  }

  // ---- the turn

  /** A turn that the runtime began: strangers are called at its end. */
  #turn(change: () => void): void {
    if (this.#take(change)) this.#outbox.deliver();
  }

  /** A turn that a caller began: strangers are called when the caller's code has returned. */
  #callersTurn(change: () => void): void {
    if (this.#take(change)) this.#outbox.deliverSoon();
  }

  /**
   * Takes a turn. Turns don't nest: one that begins inside another is taken right after it. (A transport that clones a
   * job's arguments runs their getters, which are a stranger's code and may submit or cancel.)
   *
   * @returns whether no turn was under way.
   */
  #take(change: () => void): boolean {
    if (this.#changes.push(change) > 1) return false;
    try {
      for (const next of this.#changes) {
        next();
        this.#dispatch();
        this.#windDown();
      }
    } finally {
      this.#changes.length = 0;
    }
    return true;
  }

  #tell(type: Fact["type"], fact: () => Fact): void {
    if (!this.#parts.observer.hears(type)) return;
    const told = fact();
    this.#outbox.push(() => this.#parts.observer.tell(told));
  }

  // ---- coming in

  #refusal(): ClusterError | null {
    if (this.#phase.at !== "open") return loss.closed();
    const { maxBacklog, maxLatency, maxWorkers, concurrency } = this.#options;
    const limits = { maxBacklog, maxLatency, slots: maxWorkers * concurrency };
    return refusal(limits, this.#backlog.size + 1 - this.#crew.room, this.#estimator, this.#clock.now());
  }

  #refuse(job: Job, error: ClusterError): void {
    this.#counts.jobs.refused++;
    this.#refusedSinceDrain ||= this.#phase.at === "open";
    job.enter({ at: "settled" });
    this.#outbox.push(() => job.answer({ ok: false, error }));
    const { id, request: { task } } = job;
    this.#tell("job:refused", () => ({ type: "job:refused", job: id, task, code: error.code }));
  }

  #accept(job: Job): void {
    this.#counts.jobs.accepted++;
    this.#crew.retry();
    this.#warming ??= [];
    job.enter({ at: "queued", place: this.#backlog.push(job) });
    const { id, request: { task } } = job;
    this.#tell("job:queued", () => ({ type: "job:queued", job: id, task, backlog: this.#backlog.size }));
  }

  // ---- running

  /** Gives waiting jobs to workers with room, and has workers started for the rest. */
  #dispatch(): void {
    for (let job = this.#backlog.peek(); job; job = this.#backlog.peek()) {
      const worker = this.#crew.leastLoaded();
      if (!worker) break;
      this.#assign(job, worker);
    }
    if (this.#warming !== null && this.#phase.at !== "closed") this.#crew.grow(this.#backlog.size, this.#warmTarget());
    // An empty backlog is no room when none may wait: whoever was told would only be refused again.
    if (this.#backlog.size > 0 || !this.#refusedSinceDrain || this.#refusal()) return;
    this.#refusedSinceDrain = false;
    this.#tell("drain", () => ({ type: "drain" }));
  }

  #assign(job: Job, worker: Worker): void {
    const { args, task, transfer, timeout } = job.request;
    this.#leaveBacklog(job);
    const entry: JobEntry = [job.number, args, task, job.id, job.attempt + 1];
    try {
      worker.port.send({ type: "jobs", jobs: [entry] }, transfer);
    } catch (error) {
      return this.#settle(job, { ok: false, error: this.#parts.notCloneable(job.request, error) }, null);
    }
    job.begin(this.#clock.now());
    const timer = this.#after(timeout, () => this.#giveUp(job, loss.timedOut(job.id, timeout), "timeout"));
    job.enter({ at: "running", worker, timer });
    worker.jobs.set(job.number, job);
    if (worker.state.at === "idle") worker.enter({ at: "busy" });
    const { id, attempt, startedAt, submittedAt } = job;
    const waited = startedAt - submittedAt;
    this.#tell("job:started", () => ({ type: "job:started", job: id, task, worker: worker.port.id, attempt, waited }));
  }

  #workerSaid(worker: Worker, frame: unknown): void {
    const heard = readAbortHeard(frame);
    if (heard !== null) return this.#abortHeard(worker, worker.jobs.get(heard));
    const answers = readAnswers(frame);
    if (!answers) return void this.#counts.lost.messages++;
    for (const answer of answers) this.#answered(worker, answer);
    this.#letGo(worker);
  }

  #answered(worker: Worker, [number, failed, value]: Answer): void {
    const job = worker.jobs.get(number);
    if (!job) return void this.#counts.lost.messages++;
    worker.jobs.delete(number);
    if (job.state.at !== "running") return job.enter({ at: "settled" });
    this.#settle(job, failed ? { ok: false, error: this.#parts.decodeError(value) } : { ok: true, value }, worker);
  }

  /** A worker that runs nothing any more rests, or leaves if it was to. */
  #letGo(worker: Worker): void {
    if (worker.runs) return;
    if (worker.state.at === "busy" && worker.jobs.size === 0) this.#crew.rest(worker);
    else if (worker.state.at === "retiring") this.#crew.kill(worker);
  }

  // ---- ending

  /** The only place where an accepted job gets its outcome. `worker` is the one that ran it, if one did. */
  #settle(job: Job, outcome: Outcome, worker: Worker | null): void {
    const now = this.#clock.now();
    const { id, startedAt, submittedAt, request: { task } } = job;
    if (outcome.ok) this.#estimator.record(now - startedAt, now);
    this.#counts.jobs[outcome.ok ? "succeeded" : "failed"]++;
    if (job.state.at !== "aborting") job.enter({ at: "settled" });
    this.#outbox.push(() => job.answer(outcome));
    this.#tell("job:settled", () => ({
      type: "job:settled",
      job: id,
      task,
      worker: worker?.port.id ?? null,
      ok: outcome.ok,
      code: outcome.ok ? null : codeOf(outcome.error),
      waited: (worker ? startedAt : now) - submittedAt,
      ran: worker ? now - startedAt : 0,
    }));
  }

  /** Settles a job that is no longer wanted, and sees to it that its worker lets go of it. */
  #giveUp(job: Job, error: unknown, why: AbortWhy): void {
    if (job.state.at === "queued") {
      this.#leaveBacklog(job);
      return this.#settle(job, { ok: false, error }, null);
    }
    if (job.state.at !== "running") return;
    const { worker } = job.state;
    // With neighbours in the worker, a loop that is busy for a moment is no proof that it is stuck.
    const patience = this.#options.concurrency === 1 ? HEARING : this.#options.killGrace;
    job.enter({ at: "aborting", worker, heard: false, timer: this.#after(patience, () => this.#crew.kill(worker)) });
    this.#settle(job, { ok: false, error }, worker);
    worker.port.send({ type: "abort", job: job.number, why });
  }

  /** The worker's loop is free and the handler knows that it is to stop: it has the grace to do so. */
  #abortHeard(worker: Worker, job: Job | undefined): void {
    if (job?.state.at !== "aborting" || job.state.heard) return;
    const timer = this.#after(this.#options.killGrace, () => this.#ignoresAbort(worker));
    job.enter({ at: "aborting", worker, heard: true, timer });
  }

  /** A handler goes on though it was told to stop. Its neighbours may finish; then the worker ends. */
  #ignoresAbort(worker: Worker): void {
    if (worker.state.at === "busy") worker.enter({ at: "retiring" });
    this.#letGo(worker);
  }

  #workerExited(worker: Worker, exit: WorkerExit, expected: boolean): void {
    const jobs = [...worker.jobs.values()];
    worker.jobs.clear();
    // From the last to the first: those that go back to the front keep their order.
    for (const job of jobs.toReversed()) this.#lose(job, worker, exit);
    const ofItsOwn = exit.code === 0 && jobs.length === 0;
    if (!expected && !ofItsOwn) {
      this.#counts.lost.workers++;
      this.#fault(loss.workerExit(exit, worker.port, this.#parts.adapter.isolation, jobs[0]?.id));
    }
    if (exit.abandoned) {
      this.#counts.lost.abandoned++;
      this.#fault(loss.abandoned(worker.port));
    }
  }

  #lose(job: Job, worker: Worker, exit: WorkerExit): void {
    if (job.state.at !== "running") return job.enter({ at: "settled" });
    const { retries } = this.#options;
    // What was moved to a thread is lost with it: there is nothing to run the job on again.
    const moved = job.request.transfer.length > 0 && this.#parts.adapter.isolation === "thread";
    if (job.attempt <= retries && !moved) {
      this.#counts.jobs.retried++;
      this.#crew.retry();
      return job.enter({ at: "queued", place: this.#backlog.unshift(job) });
    }
    const error = loss.workerExit(exit, worker.port, this.#parts.adapter.isolation, job.id);
    this.#settle(job, { ok: false, error: job.attempt > 1 ? loss.poison(job.id, job.attempt, error) : error }, worker);
  }

  /** Those that wait are told, unless a worker lives that will take their jobs, or may be ready in a moment. */
  #startsFailed(failure: ClusterError): void {
    if (this.#crew.count("starting") > 0) return;
    const { module } = this.#parts.spec();
    const served = this.#crew.takers > 0;
    if (!served) this.#failWaiting((job) => loss.noWorker(failure, module, job.id));
    this.#failWarming(() => loss.noWorker(failure, module));
    if (this.#backlog.size === 0) this.#crew.hold();
    if (!served) this.#fault(loss.noWorker(failure, module));
  }

  #failWaiting(reason: (job: Job) => ClusterError): void {
    for (let job = this.#backlog.peek(); job; job = this.#backlog.peek()) {
      this.#leaveBacklog(job);
      this.#settle(job, { ok: false, error: reason(job) }, null);
    }
  }

  #dropEverything(): void {
    for (const job of this.#runningJobs()) {
      this.#settle(job, { ok: false, error: loss.closed(job.id, true) }, workerOf(job));
    }
    this.#failWaiting((job) => loss.closed(job.id, job.attempt > 0));
    for (const worker of this.#crew) if (worker.state.at !== "stopping") this.#crew.stop(worker);
  }

  /** Sends workers home when nothing more will come for them, and ends when the last has gone. */
  #windDown(): void {
    if (this.#phase.at !== "closing" || this.#backlog.size > 0) return;
    this.#crew.dismiss();
    if (this.#crew.size > 0) return;
    const { waiting } = this.#phase;
    this.#phase = { at: "closed" };
    this.#crew.hold();
    this.#tell("close", () => ({ type: "close" }));
    for (const closed of waiting) this.#outbox.push(closed);
  }

  #fault(error: ClusterError): void {
    this.#outbox.push(() => this.#parts.observer.fault(error));
  }

  // ---- warm workers

  #warmTarget(): number {
    if (this.#phase.at !== "open") return 0;
    return Math.max(this.#options.minWorkers, this.#warming?.length ? 1 : 0);
  }

  #tellWarm(): void {
    if (!this.#warming?.length || this.#crew.takers < this.#warmTarget()) return;
    for (const done of this.#warming.splice(0)) this.#outbox.push(() => done(null));
  }

  #failWarming(reason: () => ClusterError): void {
    for (const done of this.#warming?.splice(0) ?? []) this.#outbox.push(() => done(reason()));
  }

  // ---- small

  #leaveBacklog(job: Job): void {
    if (job.state.at === "queued") this.#backlog.withdraw(job.state.place);
  }

  #runningJobs(): Job[] {
    return [...this.#crew].flatMap((worker) => [...worker.jobs.values()].filter((job) => job.state.at === "running"));
  }

  #after(delay: number, change: () => void): Timer | null {
    return delay === Infinity ? null : this.#clock.schedule(delay, () => this.#turn(change));
  }
}

function workerOf(job: Job): Worker | null {
  return job.state.at === "running" ? job.state.worker : null;
}

function codeOf(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}
