/**
 * Decides which job runs on which worker, and when. Synchronous and pure: time, workers and the callers' functions are
 * handed in.
 *
 * Every input (submit, cancel, close, a worker's message or exit, a timer) is one **turn**: change the state, then
 * `#dispatch`, the only place where a job meets a worker or a worker is started, and only then call strangers, from the
 * outbox. So a callback that submits finds the worker that it was just told about free, and nobody sees a half-made
 * change. The states of jobs and workers are drawn in `job.ts` and `worker.ts`.
 *
 * Where to look: who runs next `#dispatch`, `service.ts` and `placement.ts`; what is taken back `taking-back.ts`; who is refused
 * `admission.ts`; a job's end `#settle`; timeouts and cancels `giving-up.ts`; a worker's death `aftermath.ts`; what workers say
 * `hearing.ts`; how many workers there are to be `staffing.ts`; their starts, idle stops and kills `crew.ts`; who is told
 * `announcing.ts`; the end `close` and `#windDown`.
 *
 * @module
 */

import type { Allowances } from "./allocator.ts";
import type { WorkerAdapter, WorkerSpec } from "./adapter.ts";
import { Admission } from "./admission.ts";
import { Aftermath } from "./aftermath.ts";
import { Announcing } from "./announcing.ts";
import { Backlog } from "./backlog.ts";
import { Broadcasts } from "./broadcasts.ts";
import type { Clock, Timer } from "./clock.ts";
import { Crew, type CrewOptions } from "./crew.ts";
import { Deadlines } from "./deadlines.ts";
import type { CloseMode, Engine, JobHandle, JobRequest, Observer, Outcome, Stats } from "./engine.ts";
import type { ClusterError } from "./errors.ts";
import { Forecast } from "./forecast.ts";
import { GivingUp } from "./giving-up.ts";
import { Hearing } from "./hearing.ts";
import { Job, type JobControl } from "./job.ts";
import * as facts from "./job-facts.ts";
import { jobsAt, Ledger } from "./ledger.ts";
import { Lifetime } from "./lifetime.ts";
import * as loss from "./loss.ts";
import { Outbox } from "./outbox.ts";
import { Placement } from "./placement.ts";
import type { IsJson } from "./sender.ts";
import { Service } from "./service.ts";
import { Staffing } from "./staffing.ts";
import { Streams } from "./streams.ts";
import type { TakingBack } from "./taking-back.ts";
import { Turns } from "./turns.ts";
import { Awaiting } from "./awaiting.ts";
import type { Worker } from "./worker.ts";

/** What the scheduler obeys. Durations in milliseconds; Infinity for no limit. */
export interface SchedulerOptions extends CrewOptions {
  readonly abortGrace: number;
  readonly maxBacklog: number;
  readonly maxLatency: number;
  readonly retries: number;
}

/** What the scheduler is given to work with. None of these may throw. */
export interface SchedulerParts {
  readonly clock: Clock;
  readonly adapter: WorkerAdapter;
  readonly observer: Observer;
  /** The budget that the cluster has a share of; null for one that has all its workers to itself. */
  readonly allowances: Allowances | null;
  /** What to start, asked anew for each worker: the environment is the one of that moment. */
  spec(): Omit<WorkerSpec, "replay">;
  /** Makes the error out of what a worker sent for one. */
  decodeError(encoded: unknown): unknown;
  /** Makes the error for a job whose arguments the transport refused. */
  notCloneable(job: Pick<Job, "id" | "attempt" | "request">, cause: unknown): ClusterError;
  readonly isJson: IsJson;
}

/** The engine of one machine. */
export class Scheduler implements Engine {
  readonly #parts: SchedulerParts;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #turns: Turns;
  readonly #backlog = new Backlog();
  readonly #crew: Crew;
  readonly #placement: Placement;
  readonly #forecast = new Forecast();
  readonly #admission: Admission;
  readonly #service: Service;
  readonly #takingBack: TakingBack;
  readonly #givingUp: GivingUp;
  readonly #deadlines: Deadlines;
  readonly #streams: Streams;
  readonly #hearing: Hearing;
  readonly #aftermath: Aftermath;
  readonly #warmUp: Awaiting;
  readonly #renewal: Awaiting;
  readonly #broadcasts = new Broadcasts();
  readonly #ledger = new Ledger();
  readonly #lifetime = new Lifetime();
  readonly #announcing: Announcing;
  readonly #staffing: Staffing;
  #refusedSinceDrain = false;
  #lastNumber = 0;

  constructor(options: SchedulerOptions, parts: SchedulerParts) {
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#outbox = new Outbox(parts.clock);
    this.#announcing = new Announcing(parts.observer, this.#outbox);
    this.#warmUp = new Awaiting(this.#outbox);
    this.#renewal = new Awaiting(this.#outbox);
    this.#turns = new Turns(parts.clock, this.#outbox, () => {
      this.#dispatch();
      this.#windDown();
    });
    this.#crew = new Crew(options, {
      clock: parts.clock,
      adapter: parts.adapter,
      spec: () => ({ ...parts.spec(), replay: this.#broadcasts.replayed }),
      turn: (change) => this.#turns.ofRuntime(change),
      tell: (type, fact) => this.#announcing.tell(type, fact),
      said: (worker, frame) => this.#hearing.said(worker, frame),
      kept: (worker, answers) => this.#takingBack.takeKept(worker, answers),
      unreplayed: (...of) => this.#hearing.unreplayed(...of),
      exited: (...of) => this.#aftermath.workerExited(...of),
      startsFailed: (failure) => this.#aftermath.startsFailed(failure),
    });
    this.#placement = new Placement(options, this.#crew);
    this.#admission = new Admission(options, {
      backlog: this.#backlog,
      placement: this.#placement,
      forecast: this.#forecast,
      slots: () => this.#crew.limit * options.concurrency,
      now: () => this.#clock.now(),
    });
    this.#service = new Service({
      ...parts,
      crew: this.#crew,
      placement: this.#placement,
      backlog: this.#backlog,
      isolation: parts.adapter.isolation,
      concurrency: options.concurrency,
      prefetch: options.prefetch,
      turn: (change) => this.#turns.ofRuntime(change),
      began: (job, worker) => {
        if (this.#announcing.hears(job, "job:started")) this.#announcing.sayOf(job, facts.started(job, worker));
      },
      waits: (job) => this.#deadlines.watch(job),
      returned: (job, worker) => {
        if (this.#announcing.hears(job, "job:returned")) this.#announcing.sayOf(job, facts.returned(job, worker));
      },
      timeout: (job) => this.#timeout(job),
      ended: (job, worker, failed, value) => this.#settle(job, this.#outcome(failed, value), worker),
      refused: ({ job, cause }) => this.#settle(job, { ok: false, error: parts.notCloneable(job, cause) }, null),
      orphaned: (job) => this.#settle(job, { ok: false, error: loss.leftOut(job) }, null),
      strayed: () => this.#ledger.lost.messages++,
    });
    this.#takingBack = this.#service.takingBack;
    this.#givingUp = new GivingUp(options, {
      crew: this.#crew,
      backlog: this.#backlog,
      takingBack: this.#takingBack,
      after: (delay, change) => this.#after(delay, change),
      settle: (...of) => this.#settle(...of),
    });
    this.#deadlines = new Deadlines({
      after: (delay, change) => this.#after(delay, change),
      now: () => this.#clock.now(),
      expectedRun: ({ task }) => this.#forecast.run(task, this.#clock.now()),
      expectedLatency: (request) => this.#admission.latency(request),
      hasPlaces: () => this.#backlog.size <= this.#placement.room,
      recall: ({ state }) => state.at === "ahead" && this.#takingBack.recall(state.worker),
      giveUp: (job, error) => this.#givingUp.giveUp(job, error, "deadline"),
    });
    this.#streams = new Streams({
      timeout: (job) => this.#timeout(job),
      tell: (call) => this.#outbox.push(call),
    });
    this.#hearing = new Hearing({
      ...parts,
      crew: this.#crew,
      service: this.#service,
      givingUp: this.#givingUp,
      streams: this.#streams,
      broadcasts: this.#broadcasts,
      ledger: this.#ledger,
      outbox: this.#outbox,
    });
    this.#aftermath = new Aftermath({
      isolation: parts.adapter.isolation,
      retries: options.retries,
      concurrency: options.concurrency,
      backlog: this.#backlog,
      crew: this.#crew,
      takingBack: this.#takingBack,
      warmUp: this.#warmUp,
      renewal: this.#renewal,
      ledger: this.#ledger,
      outbox: this.#outbox,
      observer: parts.observer,
      module: () => parts.spec().module,
      settle: (...of) => this.#settle(...of),
      retried: (job, worker, error) => {
        if (!this.#announcing.hears(job, "job:retried")) return;
        this.#announcing.sayOf(job, facts.retried(job, worker, error(), this.#clock.now()));
      },
      waits: (job) => this.#deadlines.watch(job),
    });
    this.#staffing = new Staffing(options, {
      clock: parts.clock,
      crew: this.#crew,
      backlog: this.#backlog,
      admission: this.#admission,
      lifetime: this.#lifetime,
      warmUp: this.#warmUp,
      renewal: this.#renewal,
      allowances: parts.allowances,
      turn: () => this.#turns.ofRuntime(() => {}),
    });
  }

  // ---- what callers ask; they are answered soon, never before the call has returned

  submit(request: JobRequest, done: (outcome: Outcome) => void): JobHandle {
    const job = new Job(++this.#lastNumber, request, this.#clock.now(), done, this.#control);
    // What is enqueued together is sent together, but where nothing is under way the first is sent at once.
    const together = this.#crew.works;
    this.#turns.ofCaller(() => this.#admit(job), together);
    return job;
  }

  /** What callers do about their jobs. */
  readonly #control: JobControl = {
    cancel: (job, reason) => this.#turns.ofCaller(() => this.#givingUp.giveUp(job, reason, "abort")),
    takeBack: (job, reason) => this.#turns.ofCaller(() => this.#givingUp.takeBack(job, reason)),
    more: (job, count) => this.#turns.ofCaller(() => this.#streams.more(job, count)),
  };

  warm(done: (error: unknown) => void): void {
    this.#turns.ofCaller(() => {
      if (this.#lifetime.at !== "open") return this.#outbox.push(() => done(loss.closed()));
      this.#crew.retry();
      this.#warmUp.wait(done);
    });
  }

  broadcast(
    request: JobRequest,
    replay: boolean | string,
    done: (outcomes: readonly Outcome[]) => void,
  ): Pick<JobHandle, "cancel"> {
    const jobs: Job[] = [];
    // Before all that waits for the worker: what is enqueued later finds it done.
    const first = { ...request, bounded: true, priority: Infinity };
    const submit = (worker: Worker, ended: (outcome: Outcome) => void): void => {
      const job = new Job(++this.#lastNumber, first, this.#clock.now(), ended, this.#control, worker);
      jobs.push(job);
      this.#accept(job);
    };
    this.#turns.ofCaller(() => {
      if (this.#lifetime.at !== "open") return this.#outbox.push(() => done([{ ok: false, error: loss.closed() }]));
      const sent = this.#broadcasts.send(request, replay, { crew: this.#crew, submit }, done);
      if (!sent) this.#outbox.push(() => done([]));
    });
    const giveUp = (reason: unknown): void => {
      for (const job of jobs) this.#givingUp.giveUp(job, reason, "abort");
    };
    // A turn of its own, so that it comes after that one: in the midst of another there are no jobs yet.
    return { cancel: (reason) => this.#turns.ofCaller(() => giveUp(reason)) };
  }

  renew(done: (error: unknown) => void): void {
    this.#turns.ofCaller(() => {
      if (this.#lifetime.at !== "open") return this.#outbox.push(() => done(loss.closed()));
      this.#crew.retry();
      this.#crew.renew();
      this.#renewal.wait(done);
    });
  }

  close(mode: CloseMode, closed: () => void): void {
    this.#turns.ofCaller(() => {
      const before = this.#lifetime.at;
      if (before === "closed") return this.#outbox.push(closed);
      this.#lifetime.end(mode, closed);
      if (before === "open") {
        this.#announcing.tell("closing", () => ({ type: "closing", mode, workers: this.#crew.size }));
      }
      for (const awaiting of [this.#warmUp, this.#renewal]) awaiting.fail(() => loss.closed());
      if (this.#lifetime.now) this.#dropEverything();
    });
  }

  get isOpen(): boolean {
    return this.#lifetime.at === "open";
  }

  get isHungry(): boolean {
    return this.#backlog.open === 0;
  }

  stats(): Stats {
    const now = this.#clock.now();
    const gauges = {
      state: this.#lifetime.at,
      waiting: this.#admission.waiting,
      running: jobsAt(this.#crew, "running").length,
      expectedRun: this.#forecast.runOfAny(now),
      expectedRunOf: (task: string | null) => this.#forecast.run(task, now),
    };
    return this.#ledger.stats(this.#parts.adapter, this.#crew, gauges);
  }

  // ---- coming in

  #admit(job: Job): void {
    const error = this.#refusal(job);
    if (error) this.#refuse(job, error);
    else this.#accept(job);
  }

  /** Why a job that came now would be refused, or null. */
  #refusal(job?: Job): ClusterError | null {
    if (this.#lifetime.at !== "open") return loss.closed(job?.id);
    return this.#admission.refusal(job?.request);
  }

  #refuse(job: Job, error: ClusterError): void {
    this.#ledger.jobs.refused++;
    // Whoever is told of room would only be refused again: a deadline is the job's own.
    this.#refusedSinceDrain ||= this.#lifetime.at === "open" && error.code !== "CC_ERR_DEADLINE";
    job.settle();
    this.#outbox.push(() => job.answer({ ok: false, error }));
    if (this.#announcing.hears(job, "job:refused")) this.#announcing.sayOf(job, facts.refused(job, error));
  }

  #accept(job: Job): void {
    this.#ledger.jobs.accepted++;
    this.#crew.retry();
    this.#backlog.push(job);
    if (this.#announcing.hears(job, "job:queued")) {
      this.#announcing.sayOf(job, facts.queued(job, this.#admission.waiting));
    }
    // It may drop the job at once.
    this.#deadlines.watch(job);
  }

  // ---- running

  /** Gives waiting jobs to workers, and has workers started for the rest. */
  #dispatch(): void {
    this.#staffing.beforeService();
    // Again if jobs could not be sent: their places are free.
    while (this.#service.serve());
    this.#forecast.watch(this.#crew.works, this.#clock.now());
    this.#staffing.afterService();
    // An empty backlog is no room when none may wait: whoever was told would only be refused again.
    if (!this.#refusedSinceDrain || this.#admission.counted > 0 || this.#refusal()) return;
    this.#refusedSinceDrain = false;
    this.#announcing.tell("drain", () => ({ type: "drain" }));
  }

  #timeout(job: Job): Timer | null {
    const { timeout } = job.request;
    return this.#after(timeout, () => this.#givingUp.giveUp(job, loss.timedOut(job.id, timeout), "timeout"));
  }

  #outcome(failed: 0 | 1, value: unknown): Outcome {
    return failed ? { ok: false, error: this.#parts.decodeError(value) } : { ok: true, value };
  }

  // ---- ending

  /** The only place where an accepted job gets its outcome. `worker` is the one that ran it, if one did. */
  #settle(job: Job, outcome: Outcome, worker: Worker | null): void {
    const now = this.#clock.now();
    // One that yields takes as long as its caller does, and what every worker runs once says nothing of other jobs.
    if (outcome.ok && job.request.stream === null && job.only === null) {
      this.#forecast.record(job.request.task, now - job.startedAt);
    }
    this.#ledger.settled(job, outcome.ok, now);
    if (job.state.at !== "aborting") job.settle();
    this.#outbox.push(() => job.answer(outcome));
    if (this.#announcing.hears(job, "job:settled")) {
      this.#announcing.sayOf(job, facts.settled(job, outcome, worker, now));
    }
  }

  #dropEverything(): void {
    // First: one that still has jobs is not waited for.
    for (const worker of this.#crew) if (worker.state.at !== "stopping") this.#crew.stop(worker);
    // Also of what they have places for: a worker whose loop was busy otherwise has begun nothing.
    for (const worker of this.#crew) this.#takingBack.recall(worker, worker.jobs.size);
    for (const job of jobsAt(this.#crew, "running")) {
      this.#settle(job, { ok: false, error: loss.cutOff(job.id, true) }, workerOf(job));
    }
    this.#aftermath.failWaiting((job) => loss.cutOff(job.id, job.attempt > 0));
  }

  /** Sends workers home when nothing more will come for them, and ends when the last has gone. */
  #windDown(): void {
    if (this.#lifetime.at !== "closing" || this.#backlog.size > 0) return;
    this.#crew.dismiss();
    if (this.#crew.size > 0) return;
    this.#service.end();
    this.#staffing.end();
    this.#announcing.tell("close", () => ({ type: "close" }));
    for (const closed of this.#lifetime.finish()) this.#outbox.push(closed);
  }

  // ---- small

  #after(delay: number, change: () => void): Timer | null {
    return delay === Infinity ? null : this.#clock.schedule(delay, () => this.#turns.ofRuntime(change));
  }
}

function workerOf(job: Job): Worker | null {
  return job.state.at === "running" ? job.state.worker : null;
}
