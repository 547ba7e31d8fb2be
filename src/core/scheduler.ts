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
import {
  type AbortWhy,
  type Answer,
  readAbortHeard,
  readAnswers,
  readKept,
  readMemory,
  readRecalled,
  readStrays,
} from "./frame.ts";
import { Job } from "./job.ts";
import * as facts from "./job-facts.ts";
import { jobsAt, Ledger } from "./ledger.ts";
import { Lifetime } from "./lifetime.ts";
import * as loss from "./loss.ts";
import { Outbox } from "./outbox.ts";
import { LOOK_AHEAD, Prefetch } from "./prefetch.ts";
import { type Assignment, type CopyPlain, sendJobs } from "./sender.ts";
import { SilenceWatch } from "./silence.ts";
import { Turns } from "./turns.ts";
import { WarmUp } from "./warm-up.ts";
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
  notCloneable(job: Pick<Job, "id" | "attempt" | "request">, cause: unknown): ClusterError;
  readonly copyPlain: CopyPlain;
}

/**
 * How long a worker that runs one job at a time has to show that its loop is free, once its job is no longer wanted, in
 * milliseconds. A handler that watches its signal saves its worker that way; a blocked one is killed.
 */
const HEARING = 200;

/**
 * What takes longer to be sent than this, in milliseconds, is large, and takes as long to be read. What a frame costs by
 * itself does not count: it would keep frames small.
 */
const LARGE = 0.5;

/** The engine of one machine. */
export class Scheduler implements Engine {
  readonly #options: SchedulerOptions;
  readonly #parts: SchedulerParts;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #turns: Turns;
  readonly #backlog = new Backlog<Job>();
  readonly #crew: Crew;
  readonly #estimator = new Estimator();
  readonly #prefetch: Prefetch;
  readonly #silence: SilenceWatch;
  readonly #warmUp: WarmUp;
  readonly #ledger = new Ledger();
  readonly #lifetime = new Lifetime();
  #refusedSinceDrain = false;
  #lastNumber = 0;

  constructor(options: SchedulerOptions, parts: SchedulerParts) {
    this.#options = options;
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#outbox = new Outbox(parts.clock);
    this.#warmUp = new WarmUp(this.#outbox);
    this.#prefetch = new Prefetch(options.prefetch);
    this.#turns = new Turns(parts.clock, this.#outbox, () => {
      this.#dispatch();
      this.#windDown();
    });
    this.#crew = new Crew(options, {
      clock: parts.clock,
      adapter: parts.adapter,
      spec: () => parts.spec(),
      turn: (change) => this.#turns.ofRuntime(change),
      tell: (type, fact) => this.#tell(type, fact),
      said: (worker, frame) => this.#workerSaid(worker, frame),
      kept: (worker, answers) => this.#takeKept(worker, answers),
      exited: (worker, exit, expected, unbegun) => this.#workerExited(worker, exit, expected, unbegun),
      startsFailed: (failure) => this.#startsFailed(failure),
    });
    this.#silence = new SilenceWatch(parts.clock, () => this.#turns.ofRuntime(() => this.#recallFromSilent()));
  }

  // ---- what callers ask; they are answered soon, never before the call has returned

  submit(request: JobRequest, done: (outcome: Outcome) => void): JobHandle {
    const job = new Job(++this.#lastNumber, request, this.#clock.now(), done);
    // What is enqueued together is sent together, but where nothing is under way the first is sent at once.
    const together = this.#crew.works;
    this.#turns.ofCaller(() => this.#admit(job), together);
    return new Handle(job, this.#cancel);
  }

  readonly #cancel = (job: Job, reason: unknown): void =>
    this.#turns.ofCaller(() => this.#giveUp(job, reason, "abort"));

  warm(done: (error: unknown) => void): void {
    this.#turns.ofCaller(() => {
      if (this.#lifetime.at !== "open") return this.#outbox.push(() => done(loss.closed()));
      this.#crew.retry();
      this.#warmUp.wait(done);
    });
  }

  close(mode: CloseMode, closed: () => void): void {
    this.#turns.ofCaller(() => {
      const before = this.#lifetime.at;
      if (before === "closed") return this.#outbox.push(closed);
      this.#lifetime.end(mode, closed);
      if (before === "open") this.#tell("closing", () => ({ type: "closing", mode, workers: this.#crew.size }));
      this.#warmUp.fail(() => loss.closed());
      if (this.#lifetime.now) this.#dropEverything();
    });
  }

  stats(): Stats {
    const expectedRun = this.#estimator.run(this.#clock.now());
    const now = { state: this.#lifetime.at, waiting: this.#waiting, expectedRun };
    return this.#ledger.stats(this.#parts.adapter, this.#crew, now);
  }

  // ---- telling

  #tell(type: Fact["type"], fact: () => Fact): void {
    if (this.#hears(type)) this.#say(fact());
  }

  /** Asked first for what happens to every job: not even a closure is made where nobody listens. */
  #hears(type: Fact["type"]): boolean {
    return this.#parts.observer.hears(type);
  }

  #say(fact: Fact): void {
    this.#outbox.push(() => this.#parts.observer.tell(fact));
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
    const { maxBacklog, maxLatency, maxWorkers, concurrency } = this.#options;
    if (maxBacklog === Infinity && maxLatency === Infinity) return null;
    const limits = { maxBacklog, maxLatency, slots: maxWorkers * concurrency };
    return refusal(limits, this.#waiting + 1 - this.#crew.room, this.#estimator, this.#clock.now());
  }

  #refuse(job: Job, error: ClusterError): void {
    this.#ledger.jobs.refused++;
    this.#refusedSinceDrain ||= this.#lifetime.at === "open";
    job.settle();
    this.#outbox.push(() => job.answer({ ok: false, error }));
    if (this.#hears("job:refused")) this.#say(facts.refused(job, error.code));
  }

  #accept(job: Job): void {
    this.#ledger.jobs.accepted++;
    this.#crew.retry();
    job.enter({ at: "queued", place: this.#backlog.push(job) });
    if (this.#hears("job:queued")) this.#say(facts.queued(job, this.#waiting));
  }

  // ---- running

  /** Gives waiting jobs to workers, and has workers started for the rest. */
  #dispatch(): void {
    // Before workers get jobs or are started for want of some.
    if (this.#crew.takers >= this.#warmTarget()) this.#warmUp.succeed();
    if (this.#lifetime.at === "open") this.#crew.recycle(this.#waiting, this.#warmTarget());
    // Again if jobs could not be sent: their places are free.
    while (this.#serve());
    this.#estimator.watch(this.#crew.works, this.#clock.now());
    if (this.#lifetime.at !== "closed") this.#crew.grow(this.#waiting, this.#warmTarget(), this.#warmUp.awaited);
    // An empty backlog is no room when none may wait: whoever was told would only be refused again.
    if (this.#waiting > 0 || !this.#refusedSinceDrain || this.#refusal()) return;
    this.#refusedSinceDrain = false;
    this.#tell("drain", () => ({ type: "drain" }));
  }

  /** Gives jobs to workers with a place, then sends some ahead. Returns whether any could not be sent. */
  #serve(): boolean {
    const given = new Map<Worker, Assignment[]>();
    const limit = this.#crew.limit(this.#backlog.size, this.#prefetch.depth);
    for (let job = this.#backlog.peek(); job; job = this.#backlog.peek()) {
      const worker = this.#crew.leastLoaded() ?? this.#leastAhead(job, limit);
      if (!worker) break;
      // A worker with other jobs may be about to end with one of them: with a ticket it is known whether this one had begun.
      const ahead = worker.jobs.size > 0 && worker.port.exchange !== null && !this.#isMoved(job);
      this.#leaveBacklog(job);
      this.#crew.give(job, worker);
      const assignments = given.get(worker);
      if (assignments) assignments.push({ job, ahead });
      else given.set(worker, [{ job, ahead }]);
    }
    let unsent = 0;
    for (const [worker, assignments] of given) unsent += this.#send(worker, assignments);
    if (this.#crew.isAhead) this.#silence.start();
    return unsent > 0;
  }

  /** The worker that this job may be sent ahead to. What is moved to a thread can't be taken back. */
  #leastAhead(job: Job, limit: number): Worker | null {
    if (limit === 0 || this.#isMoved(job)) return null;
    return this.#crew.leastAhead(limit, this.#clock.now());
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
      this.#settle(job, { ok: false, error: this.#parts.notCloneable(job, cause) }, null);
    }
    if (unsent.length < assignments.length) this.#crew.engage(worker);
    for (const { job, ahead } of assignments) {
      if (job.state.at !== "queued") continue;
      if (!ahead) {
        this.#runs(job, worker, now);
        continue;
      }
      job.enter({ at: "ahead", worker });
      worker.ahead++;
    }
    return unsent.length;
  }

  #runs(job: Job, worker: Worker, at: number): void {
    this.#begins(job, worker, at);
    job.enter({ at: "running", worker, timer: this.#timeout(job) });
  }

  /** A job has begun to run, or is known to have. */
  #begins(job: Job, worker: Worker, at: number): void {
    if (job.state.at === "ahead") worker.ahead--;
    job.begin(at);
    if (this.#hears("job:started")) this.#say(facts.started(job, worker));
  }

  #timeout(job: Job): Timer | null {
    const { timeout } = job.request;
    return this.#after(timeout, () => this.#giveUp(job, loss.timedOut(job.id, timeout), "timeout"));
  }

  #workerSaid(worker: Worker, frame: unknown): void {
    const heard = readAbortHeard(frame);
    if (heard) return this.#abortHeard(worker, worker.jobs.get(heard.job), heard.heeds);
    if (readRecalled(frame)) {
      worker.recalling = false;
      return;
    }
    const answers = readAnswers(frame);
    if (!answers) return void (this.#ledger.lost.messages += readStrays(frame));
    const memory = readMemory(frame);
    if (memory !== null) this.#crew.measured(worker, memory);
    worker.heardAt = this.#clock.now();
    for (const answer of answers) this.#answered(worker, answer);
    this.#crew.letGo(worker);
  }

  #answered(worker: Worker, [number, failed, value, ran]: Answer): void {
    const job = worker.jobs.get(number);
    if (!job) {
      if (!worker.early.delete(number)) this.#ledger.lost.messages++;
      return;
    }
    if (job.state.at === "ahead") this.#beganBefore(job, worker);
    worker.jobs.delete(number);
    worker.unheard.delete(job);
    if (job.state.at !== "ahead" && job.state.at !== "running") return job.settle();
    const now = this.#clock.now();
    if (job.state.at === "ahead") this.#begins(job, worker, now - (ran ?? 0) / 1000);
    this.#prefetch.record(Math.max(ran === undefined ? now - job.startedAt : ran / 1000, worker.sendTime));
    this.#settle(job, failed ? { ok: false, error: this.#parts.decodeError(value) } : { ok: true, value }, worker);
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
    for (const worker of this.#crew) if (worker.ahead > 0 && now - worker.heardAt >= LOOK_AHEAD) this.#recall(worker);
  }

  /** Takes back the jobs that a worker has not begun. */
  #recall(worker: Worker): void {
    if (worker.ahead === 0) return;
    const { exchange } = worker.port;
    const unbegun = exchange?.recall() ?? 0;
    this.#takeKept(worker, readKept(exchange?.kept() ?? []));
    this.#sort(worker, unbegun);
    if (unbegun > 0) {
      worker.recalling = true;
      worker.port.send({ type: "recall" });
    }
    this.#crew.letGo(worker);
  }

  /** Takes the answers that a worker keeps back. It will send them too, if it lives. */
  #takeKept(worker: Worker, answers: readonly Answer[]): void {
    for (const answer of answers) {
      if (!worker.jobs.has(answer[0])) continue;
      this.#answered(worker, answer);
      worker.early.add(answer[0]);
    }
  }

  /** Of the jobs that were sent ahead to a worker the last so many have not begun: they go back to where they were. */
  #sort(worker: Worker, unbegun: number): void {
    const ahead = [...worker.jobs.values()].filter((job) => job.state.at === "ahead");
    const begun = ahead.length - Math.min(unbegun, ahead.length);
    ahead.forEach((job, at) => {
      // What was begun before the last few has ended, and its answer is on its way. None began before the worker was heard.
      if (at < begun) {
        if (at >= begun - this.#options.concurrency) return this.#runs(job, worker, worker.heardAt);
        this.#begins(job, worker, worker.heardAt);
        return job.enter({ at: "running", worker, timer: null });
      }
      worker.ahead--;
      this.#crew.takeBack(job, worker);
      this.#putBack(job);
    });
  }

  #putBack(job: Job): void {
    job.enter({ at: "queued", place: this.#backlog.putBack(job, (other) => job.number < other.number) });
  }

  // ---- ending

  /** The only place where an accepted job gets its outcome. `worker` is the one that ran it, if one did. */
  #settle(job: Job, outcome: Outcome, worker: Worker | null): void {
    const now = this.#clock.now();
    if (outcome.ok) this.#estimator.record(now - job.startedAt);
    this.#ledger.jobs[outcome.ok ? "succeeded" : "failed"]++;
    if (job.state.at !== "aborting") job.settle();
    this.#outbox.push(() => job.answer(outcome));
    if (this.#hears("job:settled")) this.#say(facts.settled(job, outcome, worker, now));
  }

  /** Settles a job that is no longer wanted, and sees to it that its worker lets go of it. */
  #giveUp(job: Job, error: unknown, why: AbortWhy): void {
    // Those behind it don't wait for what becomes of it.
    if (job.state.at === "ahead" || job.state.at === "running") this.#recall(job.state.worker);
    if (job.state.at === "queued") {
      this.#leaveBacklog(job);
      return this.#settle(job, { ok: false, error }, null);
    }
    if (job.state.at !== "running") return;
    const { worker } = job.state;
    const timer = this.#after(this.#patience, () => this.#crew.kill(worker));
    job.enter({ at: "aborting", worker, heard: false, timer });
    worker.unheard.add(job);
    this.#settle(job, { ok: false, error }, worker);
    worker.port.send({ type: "abort", job: job.number, why });
  }

  /** With neighbours in the worker, a loop that is busy for a moment is no proof that it is stuck. */
  get #patience(): number {
    return this.#options.concurrency === 1 ? HEARING : this.#options.killGrace;
  }

  /** The worker's loop is free. A handler that knows that it is to stop has the grace to do so. */
  #abortHeard(worker: Worker, job: Job | undefined, heeds: boolean): void {
    if (job?.state.at !== "aborting" || job.state.heard) return;
    // A handler that goes on regardless costs its worker, but not its neighbours: they finish first.
    const timer = this.#after(heeds ? this.#options.killGrace : this.#patience, () => this.#crew.retire(worker));
    job.enter({ at: "aborting", worker, heard: true, timer });
    worker.unheard.delete(job);
  }

  #workerExited(worker: Worker, exit: WorkerExit, expected: boolean, unbegun: number): void {
    if (worker.ahead > 0) this.#sort(worker, unbegun);
    if (unbegun > 0) this.#crew.retry();
    const jobs = [...worker.jobs.values()];
    worker.jobs.clear();
    const [again, lost] = partition(jobs, (job) => this.#mayRetry(job));
    for (const job of lost) this.#lose(job, worker, exit);
    for (const job of again) this.#retry(job);
    const ofItsOwn = exit.code === 0 && jobs.length === 0;
    if (!expected && !ofItsOwn) {
      this.#ledger.lost.workers++;
      // Where every job is run again nothing has failed yet: no reason for the program to end.
      const recovered = again.length > 0 && lost.length === 0;
      this.#fault(loss.workerExit(exit, worker.port, this.#parts.adapter.isolation, jobs[0]?.id), recovered);
    }
    if (exit.abandoned) {
      this.#ledger.lost.abandoned++;
      this.#fault(loss.abandoned(worker.port), true);
    }
  }

  #mayRetry(job: Job): boolean {
    return job.state.at === "running" && job.attempt <= this.#options.retries && !this.#isMoved(job);
  }

  /** What was moved to a thread is lost with it: there is nothing to run the job on again. */
  #isMoved(job: Job): boolean {
    return job.request.transfer.length > 0 && this.#parts.adapter.isolation === "thread";
  }

  #retry(job: Job): void {
    this.#ledger.jobs.retried++;
    this.#crew.retry();
    this.#putBack(job);
  }

  #lose(job: Job, worker: Worker, exit: WorkerExit): void {
    if (job.state.at !== "running") return job.settle();
    const error = loss.workerExit(exit, worker.port, this.#parts.adapter.isolation, job.id);
    this.#settle(job, { ok: false, error: job.attempt > 1 ? loss.poison(job.id, job.attempt, error) : error }, worker);
  }

  /** Those that wait are told, unless a worker lives that will take their jobs, or may be ready in a moment. */
  #startsFailed(failure: ClusterError): void {
    if (this.#crew.count("starting") > 0) return;
    const { module } = this.#parts.spec();
    const served = this.#crew.takers > 0;
    if (!served) this.#failWaiting((job) => loss.noWorker(failure, module, job));
    this.#warmUp.fail(() => loss.noWorker(failure, module));
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
    for (const worker of this.#crew) this.#recall(worker);
    for (const job of jobsAt(this.#crew, "running")) {
      this.#settle(job, { ok: false, error: loss.cutOff(job.id, true) }, workerOf(job));
    }
    this.#failWaiting((job) => loss.cutOff(job.id, job.attempt > 0));
    for (const worker of this.#crew) if (worker.state.at !== "stopping") this.#crew.stop(worker);
  }

  /** Sends workers home when nothing more will come for them, and ends when the last has gone. */
  #windDown(): void {
    if (this.#lifetime.at !== "closing" || this.#backlog.size > 0) return;
    this.#crew.dismiss();
    if (this.#crew.size > 0) return;
    this.#crew.hold();
    this.#tell("close", () => ({ type: "close" }));
    for (const closed of this.#lifetime.finish()) this.#outbox.push(closed);
  }

  #fault(error: ClusterError, goesOn = false): void {
    this.#outbox.push(() => this.#parts.observer[goesOn ? "warn" : "fault"](error));
  }

  // ---- warm workers

  #warmTarget(): number {
    if (this.#lifetime.at !== "open") return 0;
    return Math.max(this.#options.minWorkers, this.#warmUp.awaited ? 1 : 0);
  }

  // ---- small

  /** How many jobs wait for their turn, in the backlog or in workers. */
  get #waiting(): number {
    return this.#backlog.size + this.#crew.queued;
  }

  #leaveBacklog(job: Job): void {
    if (job.state.at === "queued") this.#backlog.withdraw(job.state.place);
  }

  #after(delay: number, change: () => void): Timer | null {
    return delay === Infinity ? null : this.#clock.schedule(delay, () => this.#turns.ofRuntime(change));
  }
}

/** A caller's hold on its job. */
class Handle implements JobHandle {
  readonly #job: Job;
  readonly #cancel: (job: Job, reason: unknown) => void;

  constructor(job: Job, cancel: (job: Job, reason: unknown) => void) {
    this.#job = job;
    this.#cancel = cancel;
  }

  get id(): string {
    return this.#job.id;
  }

  cancel(reason: unknown): void {
    this.#cancel(this.#job, reason);
  }
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [passed: T[], rest: T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

function workerOf(job: Job): Worker | null {
  return job.state.at === "running" ? job.state.worker : null;
}
