/**
 * What a scheduler must do, told a second time and in another way: by watching from outside what it does to its workers and
 * tells its callers. It knows the rules of `docs` and nothing of `src/core` but its types.
 *
 * A command is first put to the model, which works out what must follow, then to the scheduler; whatever the scheduler then
 * does is checked as it happens, and {@link Model.check} compares the two after each step.
 *
 * @module
 */

import type { CloseMode, Outcome } from "../../src/core/engine.ts";
import type { HostFrame, JobEntry, JobNumber } from "../../src/core/frame.ts";
import type { SchedulerOptions } from "../../src/core/scheduler.ts";
import type { Cluster, FakeWorker, Submitted } from "./fakes.ts";

/** How long a worker that runs one job at a time has to hear of an abort. */
const HEARING = 200;

/** For how long a job on trial is the last that its worker was given. */
const TRIAL = 1_000;

/** Failed starts in a row after which jobs are failed. */
const FAILURES = 3;

/** How a job has to end: with this value, this reason, or an error of this code. */
type Ending = { readonly value: unknown } | { readonly reason: unknown } | { readonly code: string };

/** A job as the model sees it. */
export class ModelJob {
  readonly number: JobNumber;
  readonly timeout: number;
  /** Whether the transport refuses it. */
  readonly bad: boolean;
  readonly priority: number;
  /** Whether it is never refused for want of room, nor counted. */
  readonly bounded: boolean;
  submittedAt = 0;
  at: "waiting" | "running" | "aborting" | "dropped" | "settled" | "refused" = "waiting";
  attempt = 0;
  /** Whether a worker was lost by itself while it ran there, maybe beside others. */
  onTrial = false;
  startedAt = 0;
  /** When the worker was told that the job is no longer wanted, and when it showed that it knows. */
  abortedAt = 0;
  heardAt: number | null = null;
  heeds = false;
  abortSent = false;
  ending: Ending | null = null;
  told = false;
  /** Null until `submit` has returned. */
  submitted: Submitted | null = null;

  constructor(number: JobNumber, timeout: number, bad: boolean, priority = 0, bounded = false) {
    this.number = number;
    this.timeout = timeout;
    this.bad = bad;
    this.priority = priority;
    this.bounded = bounded;
  }

  /** Since when it counts to have waited: a level of priority is worth a second. */
  get since(): number {
    return this.submittedAt - this.priority * 1_000;
  }
}

/** A worker as the model sees it. */
export class ModelWorker {
  readonly fake: FakeWorker;
  readonly startedAt: number;
  readonly jobs: Map<JobNumber, ModelJob> = new Map<JobNumber, ModelJob>();
  ready = false;
  retiring = false;
  stoppedAt: number | null = null;
  killed = false;
  /** Since when it has had nothing to do. */
  idleSince = 0;
  /** Whether its idle timeout has passed since then. */
  rested = false;
  /** Whether it has been ready and has done nothing yet. */
  fresh = true;

  constructor(fake: FakeWorker, startedAt: number) {
    this.fake = fake;
    this.startedAt = startedAt;
  }

  get ending(): boolean {
    return this.stoppedAt !== null || this.killed;
  }

  get starting(): boolean {
    return !this.ready && !this.ending;
  }

  /** Neither on its way in nor on its way out. */
  get settledIn(): boolean {
    return this.ready && !this.ending && !this.retiring;
  }

  /** One that was told of an abort and has yet to hear of it may be stuck. */
  get takesJobs(): boolean {
    return this.settledIn && this.jobsAt("aborting").every((job) => job.heardAt !== null || !job.abortSent);
  }

  get idle(): boolean {
    return this.settledIn && this.jobs.size === 0;
  }

  /** Whether it is given nothing more for now, since one of its jobs is on trial. */
  tries(now: number): boolean {
    return [...this.jobs.values()].some((job) => job.onTrial && now < job.startedAt + TRIAL);
  }

  jobsAt(at: ModelJob["at"]): ModelJob[] {
    return [...this.jobs.values()].filter((job) => job.at === at);
  }
}

/** The rules, and what follows from them so far. */
export class Model {
  readonly options: SchedulerOptions;
  readonly cluster: Cluster;
  readonly jobs: ModelJob[] = [];
  /** Those that have not exited, the oldest first. */
  workers: ModelWorker[] = [];
  waiting: ModelJob[] = [];
  phase: "open" | CloseMode = "open";
  #used = false;
  #breaker: "closed" | "open" | "proving" | "tripped" = "closed";
  #failures = 0;
  #refusedSinceDrain = false;
  /** What is about to be sent. */
  readonly #planned: { readonly worker: ModelWorker; readonly job: ModelJob }[] = [];
  #warming: unknown[][] = [];
  readonly #warmed: { readonly answers: unknown[]; readonly ending: Ending }[] = [];
  readonly counts = {
    jobs: { accepted: 0, refused: 0, succeeded: 0, failed: 0, retried: 0 },
    lost: { starts: 0, workers: 0, abandoned: 0, messages: 0 },
    faults: 0,
  };

  constructor(options: SchedulerOptions, cluster: Cluster) {
    this.options = options;
    this.cluster = cluster;
    cluster.adapter.watch = {
      started: (fake) => this.#started(fake),
      sending: (fake, frame) => this.#sending(this.of(fake), frame),
      stopped: (fake) => this.#stopped(this.of(fake)),
      killed: (fake) => this.#killed(this.of(fake)),
    };
    cluster.listener = (told) => {
      if (told === "drain") this.#refusedSinceDrain = false;
    };
  }

  get now(): number {
    return this.cluster.clock.now();
  }

  of(fake: FakeWorker): ModelWorker {
    return this.workers.find((worker) => worker.fake === fake) ?? fail(`worker ${fake.id} is used after its exit`);
  }

  get #takers(): ModelWorker[] {
    return this.workers.filter((worker) => worker.takesJobs);
  }

  get #starting(): number {
    return this.workers.filter((worker) => worker.starting).length;
  }

  /** Somebody asks for work. */
  #retry(): void {
    if (this.#breaker !== "tripped") return;
    if (this.#takers.length > 0) this.#breaker = "open";
    else [this.#breaker, this.#failures] = ["closed", 0];
  }

  get #warmTarget(): number {
    if (this.phase !== "open") return 0;
    return Math.max(this.options.minWorkers, this.#warming.length > 0 ? 1 : 0);
  }

  /** Jobs that would be taken without any other having to end. */
  get #room(): number {
    const { maxWorkers, concurrency } = this.options;
    const rooms = this.workers.map((worker) =>
      worker.starting || worker.takesJobs ? concurrency - worker.jobs.size : 0
    );
    return rooms.reduce((sum, room) => sum + room, (maxWorkers - this.workers.length) * concurrency);
  }

  // ---- commands: what must follow

  /** Submits a job; `ask` does it in earnest, and is given whom to tell. */
  submit(job: ModelJob, ask: (done: (outcome: Outcome) => void) => Submitted): void {
    this.#catchUp();
    this.jobs.push(job);
    job.submittedAt = this.now;
    const waiting = this.waiting.length + 1 - this.#room;
    const bounded = this.waiting.filter((other) => other.bounded).length;
    const counted = this.waiting.length - bounded + 1 - Math.max(0, this.#room - bounded);
    const perhaps = waiting > 0 && this.options.maxLatency < Infinity && !job.bounded;
    if (this.phase !== "open") this.#refuse(job, "CC_ERR_CLOSED");
    else if (waiting > 0 && counted > this.options.maxBacklog && !job.bounded) this.#refuse(job, "CC_ERR_BACKLOG_FULL");
    else if (!perhaps) this.#accept(job);
    const refused = this.cluster.stats.jobs.refused;
    job.submitted = ask((outcome) => this.#told(job, outcome));
    if (job.at !== "waiting" || this.waiting.includes(job) || job.attempt > 0 || job.ending) return;
    // Only the estimator could tell beforehand; that a worker would have taken it excludes a refusal.
    if (this.cluster.stats.jobs.refused > refused) this.#refuse(job, "CC_ERR_LATENCY");
    else this.#accept(job);
  }

  #refuse(job: ModelJob, code: string): void {
    job.at = "refused";
    job.ending = { code };
    this.counts.jobs.refused++;
    this.#refusedSinceDrain ||= this.phase === "open";
  }

  #accept(job: ModelJob): void {
    this.counts.jobs.accepted++;
    this.#asked();
    this.#wait([job]);
  }

  #wait(jobs: readonly ModelJob[]): void {
    this.waiting = [...this.waiting, ...jobs].toSorted((a, b) => a.since - b.since || a.number - b.number);
  }

  /** Somebody asks for work. */
  #asked(): void {
    this.#used = true;
    this.#retry();
  }

  cancel(job: ModelJob, reason: unknown): void {
    if (job.at === "waiting") {
      this.waiting.splice(this.waiting.indexOf(job), 1);
      this.#end(job, { reason });
    } else if (job.at === "running") {
      this.#abort(job, { reason });
    }
    job.submitted?.cancel(reason);
  }

  warm(): void {
    const answers: unknown[] = [];
    if (this.phase === "open") {
      this.#asked();
      this.#warming.push(answers);
      this.#warmIfReady();
    } else {
      this.#warmed.push({ answers, ending: { code: "CC_ERR_CLOSED" } });
    }
    this.cluster.warm((error) => answers.push(error));
  }

  close(mode: CloseMode, closed: () => void): void {
    if (this.phase !== "now") this.phase = mode;
    this.#endWarming({ code: "CC_ERR_CLOSED" });
    if (this.phase === "now") {
      for (const job of this.waiting.splice(0)) this.#end(job, { code: "CC_ERR_CLOSED" });
      for (const worker of this.workers) {
        for (const job of worker.jobsAt("running")) this.#end(job, { code: "CC_ERR_CLOSED" }, "dropped");
      }
    }
    this.cluster.close(mode, closed);
  }

  ready(worker: ModelWorker): void {
    const { starting } = worker;
    worker.ready = true;
    if (starting) {
      if (this.#breaker === "tripped") this.#failures = 0;
      this.#breaker = this.#failures < FAILURES ? "closed" : "proving";
      this.#rest(worker);
      this.#warmIfReady();
    }
    worker.fake.ready();
  }

  answer(worker: ModelWorker, answers: readonly (readonly [JobNumber, 0 | 1, unknown])[]): void {
    const before = worker.jobs.size;
    for (const [number, failed, value] of answers) {
      const job = worker.jobs.get(number);
      worker.jobs.delete(number);
      if (!job) this.counts.lost.messages++;
      else if (job.at === "running") this.#end(job, failed ? { reason: { decoded: value } } : { value });
      else job.at = "settled";
    }
    if (before > 0 && worker.idle) {
      worker.fresh = false;
      this.#proved();
      this.#rest(worker);
    }
    this.#warmIfReady();
    worker.fake.says({ type: "answers", answers });
  }

  hear(worker: ModelWorker, number: JobNumber, heeds: boolean): void {
    const job = worker.jobs.get(number);
    if (job?.at === "aborting" && job.heardAt === null) {
      job.heardAt = this.now;
      job.heeds = heeds;
    }
    this.#warmIfReady();
    worker.fake.says({ type: "aborting", job: number, heeds });
  }

  /** Says something that is no frame. */
  junk(worker: ModelWorker, frame: unknown): void {
    this.counts.lost.messages++;
    worker.fake.says(frame);
  }

  exit(worker: ModelWorker, code: number | null, abandoned: boolean): void {
    this.workers.splice(this.workers.indexOf(worker), 1);
    const lost = worker.jobsAt("running");
    const again = lost.filter((job) => job.attempt <= this.options.retries);
    for (const job of worker.jobs.values()) if (!lost.includes(job)) job.at = "settled";
    for (const job of lost) {
      if (!again.includes(job)) this.#end(job, { code: job.attempt > 1 ? "CC_ERR_POISON" : "CC_ERR_WORKER_EXIT" });
      else [job.at, job.onTrial] = ["waiting", job.onTrial || (this.options.concurrency > 1 && !worker.ending)];
    }
    this.#wait(again);
    this.counts.jobs.retried += again.length;
    if (again.length > 0) this.#asked();
    if (worker.starting) this.counts.lost.starts++;
    else this.#lost(worker, code, abandoned);
    if (worker.starting) this.#startFailed(false);
    else if (worker.idle && worker.fresh) this.#startFailed(false, code === 0);
    worker.fake.exit({ code, signal: code === null ? "SIGKILL" : null, abandoned });
  }

  #lost(worker: ModelWorker, code: number | null, abandoned: boolean): void {
    if (!worker.ending && (code !== 0 || worker.jobs.size > 0)) {
      this.counts.lost.workers++;
      this.counts.faults++;
    }
    if (abandoned) {
      this.counts.lost.abandoned++;
      this.counts.faults++;
    }
  }

  // ---- consequences

  #end(job: ModelJob, ending: Ending, at: ModelJob["at"] = "settled"): void {
    if (job.ending) fail(`job ${job.number} ends twice`);
    job.ending = ending;
    job.at = at;
    this.counts.jobs["value" in ending ? "succeeded" : "failed"]++;
  }

  #abort(job: ModelJob, ending: Ending): void {
    this.#end(job, ending, "aborting");
    job.abortedAt = this.now;
  }

  #rest(worker: ModelWorker): void {
    worker.idleSince = this.now;
    worker.rested = false;
  }

  /** A worker was of use. */
  #proved(): void {
    if (this.#breaker !== "closed" && this.#breaker !== "proving") return;
    this.#failures = 0;
    this.#breaker = "closed";
  }

  /** `quiet`: it left by itself, which nobody is told of. */
  #startFailed(final: boolean, quiet = false): void {
    // The last that lived when it tripped, maybe.
    const isLate = this.#breaker === "tripped";
    if (!isLate) {
      this.#failures++;
      this.#breaker = "open";
    }
    if (quiet) return;
    if ((!isLate && !final && this.#failures < FAILURES) || this.#starting > 0) return;
    const served = this.#takers.length > 0;
    const ending = { code: "CC_ERR_WORKER_START" };
    if (!served) { for (const job of this.waiting.splice(0)) this.#end(job, ending); }
    this.#endWarming(ending);
    if (this.waiting.length === 0) this.#breaker = "tripped";
    if (!served) this.counts.faults++;
  }

  #warmIfReady(): void {
    if (this.#warming.length > 0 && this.#takers.length >= this.#warmTarget) this.#endWarming({ value: null });
  }

  #endWarming(ending: Ending): void {
    for (const answers of this.#warming.splice(0)) this.#warmed.push({ answers, ending });
  }

  /** What time alone has changed. */
  #catchUp(): void {
    const { idleTimeout } = this.options;
    if (this.#breaker === "proving" && !this.cluster.clock.pauses) this.#breaker = "closed";
    for (const worker of this.workers) {
      if (worker.idle && !worker.rested && worker.idleSince + idleTimeout <= this.now) {
        worker.rested = true;
        worker.fresh = false;
        this.#proved();
      }
      const ignored = worker.jobsAt("aborting").some((job) => job.heardAt !== null && this.#deadline(job) <= this.now);
      if (ignored && !worker.ending) worker.retiring = true;
    }
  }

  // ---- what the scheduler does, as it does it

  #told(job: ModelJob, outcome: Outcome): void {
    if (job.told) fail(`job ${job.number} was told twice`);
    job.told = true;
    if (!job.ending) fail(`job ${job.number} was told ${show(outcome)}, and nothing has ended it`);
    if (!matches(job.ending, outcome)) {
      fail(`job ${job.number} was told ${show(outcome)} instead of ${show(job.ending)}`);
    }
  }

  #started(fake: FakeWorker): void {
    const { maxWorkers, concurrency } = this.options;
    this.#catchUp();
    this.workers.push(new ModelWorker(fake, this.now));
    if (!this.#used) fail("a worker was started though nobody asked for work");
    if (this.workers.length > maxWorkers) fail(`${this.workers.length} workers, and maxWorkers is ${maxWorkers}`);
    const wanted = Math.max(Math.ceil(this.waiting.length / concurrency), this.#warmTarget - this.#takers.length);
    if (this.#starting > wanted) fail(`${this.#starting} workers start, and ${wanted} are wanted`);
    if (this.#breaker === "tripped" || this.cluster.clock.pauses) fail("a worker was started against the breaker");
    if (this.#breaker === "open" && this.#starting > 1) fail("more than one worker was tried after a failure");
  }

  #sending(worker: ModelWorker, frame: HostFrame): void {
    this.#catchUp();
    if (frame.type === "jobs") { for (const entry of frame.jobs) this.#assigned(worker, entry); }
    else if (frame.type === "abort") this.#aborted(worker, frame.job, frame.why);
    else fail(`a ${frame.type} frame was sent`);
  }

  /** A job's arguments are read: the scheduler is giving jobs to workers. */
  reading(): void {
    if (this.#planned.length === 0) this.#plan();
  }

  get #havePlaces(): ModelWorker[] {
    return this.#takers.filter((taker) => taker.jobs.size < this.options.concurrency && !taker.tries(this.now));
  }

  /** Who has to get which jobs, by the rules: each in its turn goes to the worker with the fewest, the newest of those. */
  #plan(): void {
    for (let job = this.waiting[0]; job; job = this.waiting[0]) {
      const takers = this.#havePlaces;
      const fewest = Math.min(...takers.map((taker) => taker.jobs.size));
      const worker = takers.findLast((taker) => taker.jobs.size === fewest);
      if (!worker) return;
      this.waiting.shift();
      job.at = "running";
      job.attempt++;
      job.startedAt = this.now;
      job.heardAt = null;
      worker.jobs.set(job.number, job);
      this.#planned.push({ worker, job });
    }
  }

  #assigned(worker: ModelWorker, [number, , , , , attempt = 1]: JobEntry): void {
    if (this.#planned.length === 0) this.#plan();
    // The jobs of one worker are sent together, in order.
    const at = this.#planned.findIndex((planned) => planned.worker === worker);
    const [planned] = at < 0 ? [] : this.#planned.splice(at, 1);
    if (planned?.job.number !== number) {
      fail(`worker ${worker.fake.id} was sent job ${number} instead of ${planned?.job.number}`);
    }
    const { job } = planned;
    if (attempt !== job.attempt) fail(`job ${number} was sent as attempt ${attempt} instead of ${job.attempt}`);
    if (!job.bad) return;
    worker.jobs.delete(number);
    this.#end(job, { code: "CC_ERR_NOT_CLONEABLE" });
  }

  #aborted(worker: ModelWorker, number: JobNumber, why: string): void {
    const job = worker.jobs.get(number) ?? fail(`job ${number} was aborted in a worker that doesn't have it`);
    if (why === "timeout") {
      if (job.at !== "running") fail(`job ${number} timed out, and is ${job.at}`);
      if (Math.abs(this.now - job.startedAt - job.timeout) > 1e-6) fail(`job ${number} timed out at the wrong moment`);
      this.#abort(job, { code: "CC_ERR_TIMEOUT" });
    }
    if (job.at !== "aborting" || job.abortSent) fail(`job ${number} was aborted, and is ${job.at}`);
    job.abortSent = true;
  }

  #stopped(worker: ModelWorker): void {
    this.#catchUp();
    const { minWorkers } = this.options;
    const rested = worker.idle && worker.rested && this.#takers.length > minWorkers;
    const unwanted = this.phase === "now" ||
      (this.phase === "drain" && (worker.idle || worker.starting) && this.waiting.length === 0);
    if (!rested && !unwanted) fail(`worker ${worker.fake.id} was stopped for no reason`);
    worker.stoppedAt = this.now;
  }

  #killed(worker: ModelWorker): void {
    this.#catchUp();
    const { startTimeout, killGrace } = this.options;
    const slow = worker.starting && worker.startedAt + startTimeout <= this.now;
    const deaf = worker.jobsAt("aborting").some((job) =>
      job.heardAt === null && job.abortedAt + this.#patience <= this.now
    );
    const ignores = worker.retiring && worker.jobsAt("running").length === 0;
    const lingers = worker.stoppedAt !== null && worker.stoppedAt + killGrace <= this.now;
    if (!slow && !deaf && !ignores && !lingers) fail(`worker ${worker.fake.id} was killed for no reason`);
    worker.killed = true;
    if (!slow) return;
    this.counts.lost.starts++;
    this.#startFailed(true);
  }

  get #patience(): number {
    return this.options.concurrency === 1 ? HEARING : this.options.killGrace;
  }

  // ---- after each step

  /** Throws unless the scheduler is where it has to be. */
  check(): void {
    this.#catchUp();
    if (this.#planned.length > 0) fail(`job ${this.#planned[0]!.job.number} was not sent`);
    this.#checkCounts();
    this.#checkProgress();
    this.#checkDeadlines();
    this.#checkTimers();
    this.#checkTold();
  }

  #checkCounts(): void {
    const { stats, faults } = this.cluster;
    const where = (is: (worker: ModelWorker) => boolean): number => this.workers.filter(is).length;
    const state = this.phase === "open" ? "open" : this.workers.length + this.waiting.length > 0 ? "closing" : "closed";
    const running = this.workers.flatMap((worker) => worker.jobsAt("running")).length;
    same("state", stats.state, state);
    same("workers", stats.workers, {
      starting: where((worker) => worker.starting),
      idle: where((worker) => worker.idle),
      busy: where((worker) => worker.settledIn && !worker.idle),
      retiring: where((worker) => worker.retiring && !worker.ending),
      stopping: where((worker) => worker.ending),
    });
    same("jobs", stats.jobs, { waiting: this.waiting.length, running, ...this.counts.jobs });
    same("lost", stats.lost, this.counts.lost);
    same("faults", faults.length, this.counts.faults);
    const { waiting, accepted, refused, succeeded, failed } = stats.jobs;
    same("submitted jobs", waiting + running + succeeded + failed + refused, this.jobs.length);
    same("accepted jobs", waiting + running + succeeded + failed, accepted);
    for (const worker of this.workers) same(`hold of worker ${worker.fake.id}`, worker.fake.holdsProgram, !worker.idle);
  }

  #checkProgress(): void {
    const { maxWorkers, concurrency } = this.options;
    const pausing = this.cluster.clock.pauses;
    const full = this.workers.length === maxWorkers;
    if (this.waiting.length > 0) {
      if (this.#havePlaces.length > 0) fail("a worker has room while a job waits");
      if (!full && this.#starting === 0 && !pausing) fail("a job waits, and nothing is done about it");
    }
    if (full || this.#breaker !== "closed" || !this.#used) return;
    const wanted = Math.max(Math.ceil(this.waiting.length / concurrency), this.#warmTarget - this.#takers.length);
    if (this.#starting < wanted) fail(`${this.#starting} workers start, and ${wanted} are wanted`);
    if (this.phase === "open" && this.#refusedSinceDrain && this.waiting.length === 0 && this.#room > 0) {
      fail("a drain was not told");
    }
  }

  #checkDeadlines(): void {
    const { startTimeout, idleTimeout, killGrace, minWorkers } = this.options;
    const sentHome = this.phase === "now" || (this.phase === "drain" && this.waiting.length === 0);
    let rested = 0;
    for (const worker of this.workers) {
      if (sentHome && (this.phase === "now" || worker.idle || worker.starting) && !worker.ending) {
        fail("a worker was not sent home");
      }
      const of = `of worker ${worker.fake.id} has passed`;
      if (worker.starting && worker.startedAt + startTimeout <= this.now) fail(`the start timeout ${of}`);
      if (worker.stoppedAt !== null && !worker.killed && worker.stoppedAt + killGrace <= this.now) {
        fail(`the grace ${of}`);
      }
      if (worker.idle && worker.idleSince + idleTimeout <= this.now) rested++;
      for (const job of worker.jobs.values()) {
        if (job.at === "running" && job.startedAt + job.timeout <= this.now) {
          fail(`the timeout of job ${job.number} has passed`);
        }
        if (job.at !== "aborting") continue;
        if (!job.abortSent) fail(`worker ${worker.fake.id} was not told of the abort of job ${job.number}`);
        if (this.#deadline(job) > this.now || worker.killed) continue;
        const others = [...worker.jobs.values()].some((other) =>
          other.at === "running" || this.#deadline(other) > this.now
        );
        if (job.heardAt === null || (!others && !worker.ending)) fail(`the patience with job ${job.number} has passed`);
      }
    }
    if (rested > minWorkers) fail(`${rested} workers rest beyond their time, and ${minWorkers} may`);
  }

  #deadline(job: ModelJob): number {
    if (job.heardAt === null) return job.abortedAt + this.#patience;
    return job.heardAt + (job.heeds ? this.options.abortGrace : this.#patience);
  }

  /** Exactly the timers that something still depends on. */
  #checkTimers(): void {
    const { startTimeout, idleTimeout, killGrace } = this.options;
    let timers = this.cluster.clock.pauses ? 1 : 0;
    for (const worker of this.workers) {
      if (worker.starting && startTimeout < Infinity) timers++;
      if (worker.idle && worker.idleSince + idleTimeout > this.now && idleTimeout < Infinity) timers++;
      if (worker.stoppedAt !== null && !worker.killed && killGrace < Infinity) timers++;
      if (worker.tries(this.now)) timers++;
      for (const job of worker.jobs.values()) {
        if (job.at === "running" && job.timeout < Infinity) timers++;
        if (job.at === "aborting" && this.#deadline(job) > this.now) timers++;
      }
    }
    same("pending timers", this.cluster.clock.pending, timers);
    if (this.cluster.stats.state === "closed") same("timers of a closed cluster", timers, 0);
  }

  #checkTold(): void {
    for (const job of this.jobs) {
      if (job.ending && !job.told) fail(`job ${job.number} was not told ${show(job.ending)}`);
    }
    for (const { answers, ending } of this.#warmed) {
      const [answer] = answers;
      const outcome: Outcome = answer === null ? { ok: true, value: null } : { ok: false, error: answer };
      if (answers.length !== 1 || !matches(ending, outcome)) {
        fail(`warm was told ${show(answers)} instead of ${show(ending)}`);
      }
    }
  }

  /** Whether everybody who asked for something has had an answer. */
  get settled(): boolean {
    return this.#warming.length === 0 && this.jobs.every((job) => job.told);
  }
}

function matches(ending: Ending, outcome: Outcome): boolean {
  if ("value" in ending) return outcome.ok && Object.is(outcome.value, ending.value);
  if (outcome.ok) return false;
  if ("code" in ending) return (outcome.error as { code?: unknown } | null)?.code === ending.code;
  return show(outcome.error) === show(ending.reason);
}

function same(what: string, actual: unknown, expected: unknown): void {
  if (show(actual) !== show(expected)) fail(`${what}: ${show(actual)} instead of ${show(expected)}`);
}

function show(value: unknown): string {
  return value instanceof Error ? `${value.name}: ${value.message}` : JSON.stringify(value) ?? String(value);
}

function fail(what: string): never {
  throw new Error(what);
}
