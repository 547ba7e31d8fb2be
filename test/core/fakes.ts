/**
 * Hand-driven stand-ins for everything that the core is given: time, workers and callers. Nothing here happens by itself.
 *
 * Whatever breaks a contract on the way (a port called after its worker's exit, a caller answered twice or before its call
 * has returned, …) is noted and fails the test that did it.
 *
 * @module
 */

import { expect, onTestFinished } from "vitest";
import type {
  Exchange,
  Isolation,
  WorkerAdapter,
  WorkerEvents,
  WorkerExit,
  WorkerPort,
  WorkerSpec,
} from "../../src/core/adapter.ts";
import type { Allowances } from "../../src/core/allocator.ts";
import type { Clock, Timer } from "../../src/core/clock.ts";
import type { CloseMode, JobHandle, JobRequest, Outcome, Stats } from "../../src/core/engine.ts";
import { ClusterError } from "../../src/core/errors.ts";
import type { Fact } from "../../src/core/fact.ts";
import {
  type AbortWhy,
  type HostFrame,
  type JobEntry,
  type JobNumber,
  NO_ARGS,
  UNTICKETED,
} from "../../src/core/frame.ts";
import { isJson } from "../../src/wire/plain.ts";
import { Scheduler, type SchedulerOptions } from "../../src/core/scheduler.ts";
import { aRequest } from "./request.ts";

const violations: string[] = [];

/** Fails the test. Throwing alone would not do: the scheduler takes what `send` throws for a refused value. */
function violation(what: string): never {
  const error = new Error(what);
  violations.push(what);
  onTestFinished(() => {
    throw error;
  });
  throw error;
}

/** The contracts broken since the last call. */
export function takeViolations(): string[] {
  return violations.splice(0);
}

// ---- time

interface Pending {
  readonly at: number;
  /** Whether it was asked to keep the program alive, and whether it still does. */
  readonly keepAlive: boolean;
  holds: boolean;
  readonly run: () => void;
}

/** Stands still until it is moved. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #pending = new Set<Pending>();
  #soon: (() => void)[] = [];
  #together = false;
  readonly #tick: (() => void)[] = [];

  now(): number {
    return this.#now;
  }

  schedule(delay: number, run: () => void, keepAlive = false): Timer {
    if (!Number.isFinite(delay) || delay < 0) violation(`schedule(${delay})`);
    const call: Pending = { at: this.#now + delay, keepAlive, holds: keepAlive, run };
    this.#pending.add(call);
    return { cancel: () => void this.#pending.delete(call), hold: (holds) => void (call.holds = holds) };
  }

  /** At once: what a caller does here is a tick of its own. See {@link together}. */
  endOfTick(run: () => void): void {
    if (this.#together) this.#tick.push(run);
    else run();
  }

  /** What is done in one tick. */
  together<T>(act: () => T): T {
    this.#together = true;
    const result = act();
    this.#together = false;
    for (const run of this.#tick.splice(0)) run();
    return result;
  }

  soon(run: () => void): void {
    this.#soon.push(run);
  }

  /** How many timers have neither run nor been cancelled. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Whether a timer is pending that was asked to keep the program alive: a pause after failed starts. */
  get pauses(): boolean {
    return [...this.#pending].some((call) => call.keepAlive);
  }

  /** Whether a timer keeps the program alive. */
  get keepsAlive(): boolean {
    return [...this.#pending].some((call) => call.holds);
  }

  /** Milliseconds until each pending timer runs, the next first. */
  get due(): number[] {
    return [...this.#pending].map((call) => call.at - this.#now).toSorted((a, b) => a - b);
  }

  /** Moves time on, running each timer at its moment. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#now = next.at;
      this.#pending.delete(next);
      next.run();
      this.runSoon();
    }
    this.#now = end;
  }

  /** Time goes by in which the program is busy: no timer runs. */
  stall(ms: number): void {
    this.#now += ms;
  }

  #next(end: number): Pending | null {
    let next: Pending | null = null;
    for (const call of this.#pending) if (call.at <= end && (!next || call.at < next.at)) next = call;
    return next;
  }

  /** Makes the `soon` calls that are due now, not those that they ask for. */
  runSoon(): void {
    for (const run of this.#soon.splice(0)) run();
  }

  /** Makes `soon` calls until none is left. */
  flush(): void {
    for (let round = 0; this.#soon.length > 0; round++) {
      if (round > 1_000) violation("soon calls without end");
      this.runSoon();
    }
  }
}

// ---- workers

/** Who watches what the scheduler does to workers, as it happens. */
export interface AdapterWatch {
  started?(worker: FakeWorker): void;
  /** Called before the frame is cloned. */
  sending?(worker: FakeWorker, frame: HostFrame): void;
  stopped?(worker: FakeWorker): void;
  killed?(worker: FakeWorker): void;
}

/** Starts workers that do what the test says. */
export class FakeAdapter implements WorkerAdapter {
  readonly name = "fake process";
  readonly isolation: Isolation;
  /** Every worker ever started, the oldest first. */
  readonly workers: FakeWorker[] = [];
  watch: AdapterWatch = {};
  /** Whether the test begins jobs itself. */
  manual = false;
  /** Whether workers share tickets and mail with their host. */
  exchanges = true;

  constructor(isolation: Isolation = "process") {
    this.isolation = isolation;
  }

  /** Those that have not exited. */
  get alive(): FakeWorker[] {
    return this.workers.filter((worker) => worker.at !== "exited");
  }

  start(spec: WorkerSpec, events: WorkerEvents): WorkerPort {
    const worker = new FakeWorker(this, spec, events, this.workers.length + 1);
    this.workers.push(worker);
    this.watch.started?.(worker);
    return worker;
  }
}

/** Counts. */
export class FakeExchange implements Exchange {
  left = 0;
  /** How many jobs without a ticket the worker has begun. */
  begunUnticketed = 0;
  /** Whether there is no room for tickets. */
  full = false;
  closed = false;
  /** The texts of answers that the worker keeps back. */
  mail: string[] = [];
  readonly #takenBack: (count: number) => void;

  /** @param takenBack Told how many were. */
  constructor(takenBack: (count: number) => void) {
    this.#takenBack = takenBack;
  }

  grant(count: number): void {
    if (this.closed) violation("a ticket for a worker that has exited");
    if (this.full && count > 0) throw new Error("no room for tickets");
    this.left += count;
  }

  /** A worker begins a job. */
  take(): boolean {
    if (this.left === 0) return false;
    this.left--;
    return true;
  }

  recall(most = Infinity): number {
    if (this.closed) violation("tickets taken back after the worker's exit");
    const count = Math.min(this.left, most);
    this.left -= count;
    this.#takenBack(count);
    return count;
  }

  begunWithout(): number {
    if (this.closed) violation("jobs without a ticket counted after the worker's exit");
    return this.begunUnticketed;
  }

  kept(): string[] {
    if (this.closed) violation("mail read after the worker's exit");
    return this.mail;
  }

  close(): void {
    this.closed = true;
  }
}

/** A worker that begins jobs as soon as it has a place for them, unless the test does that, and does nothing else by itself. */
export class FakeWorker implements WorkerPort {
  readonly id: string;
  readonly pid: number | null;
  readonly exchange: FakeExchange | null;
  readonly #begun = new Set<JobNumber>();
  readonly spec: WorkerSpec;
  /** What arrived, cloned as a transport would. */
  readonly frames: HostFrame[] = [];
  /** Jobs that arrived and were not answered. */
  readonly jobs: Map<JobNumber, JobEntry> = new Map<JobNumber, JobEntry>();
  readonly #adapter: FakeAdapter;
  readonly #events: WorkerEvents;
  readonly #seen = new Set<JobNumber>();
  #at: "starting" | "ready" | "exited" = "starting";
  #stops = 0;
  #kills = 0;
  #recalls = 0;
  #holdsProgram = true;

  constructor(adapter: FakeAdapter, spec: WorkerSpec, events: WorkerEvents, number: number) {
    this.#adapter = adapter;
    this.#events = events;
    this.spec = spec;
    this.exchange = adapter.exchanges ? new FakeExchange((count) => this.#takenBack(count)) : null;
    this.id = String(number);
    this.pid = adapter.isolation === "process" ? 4_710 + number : null;
  }

  get at(): "starting" | "ready" | "exited" {
    return this.#at;
  }

  /** How often it was asked to leave. */
  get stops(): number {
    return this.#stops;
  }

  get kills(): number {
    return this.#kills;
  }

  /** Whether it was told to end, one way or the other. */
  get ending(): boolean {
    return this.#stops + this.#kills > 0;
  }

  get holdsProgram(): boolean {
    return this.#holdsProgram;
  }

  /** The arguments of the jobs that it has, the oldest first. */
  get running(): unknown[] {
    return [...this.jobs.values()].map((entry) => entry[1]);
  }

  /** What it shares with its host; throws if it shares nothing. */
  get shared(): FakeExchange {
    if (!this.exchange) throw new Error(`worker ${this.id} shares nothing`);
    return this.exchange;
  }

  /** The aborts that arrived. */
  get aborts(): AbortWhy[] {
    return this.frames.flatMap((frame) => frame.type === "abort" ? [frame.why] : []);
  }

  // ---- what the test has it do

  ready(): void {
    this.#alive("ready");
    this.#at = "ready";
    this.#events.ready();
  }

  /** Answers the job that it has had longest. */
  answer(value: unknown = null): void {
    this.says({ type: "answers", answers: [[this.#oldest(), 0, value]] });
  }

  /** Answers the job that it has had longest with an error. */
  fail(error: unknown): void {
    this.says({ type: "answers", answers: [[this.#oldest(), 1, error]] });
  }

  /** Shows that it has heard that the job is no longer wanted, and whether its handler may heed that. */
  hear(job: JobNumber = this.#oldest(), heeds = true): void {
    this.says({ type: "aborting", job, heeds });
  }

  /** Says that it has heard that jobs were taken back, if it has. */
  hearRecalls(): void {
    for (; this.#recalls > 0; this.#recalls--) this.says({ type: "recalled" });
  }

  says(frame: unknown): void {
    this.#alive("message");
    this.#forget(frame);
    this.#begin();
    this.#events.message(frame);
  }

  #begin(): void {
    if (this.#adapter.manual || this.ending) return;
    let free = this.spec.concurrency - [...this.jobs.keys()].filter((number) => this.#begun.has(number)).length;
    for (const [number, , flags = 0] of this.jobs.values()) {
      if (free <= 0) return;
      if (this.#begun.has(number)) continue;
      if ((flags & UNTICKETED) !== 0 && this.exchange) this.exchange.begunUnticketed++;
      if ((flags & UNTICKETED) === 0 && this.exchange?.take() === false) return;
      this.#begun.add(number);
      free--;
    }
  }

  exit(exit: Partial<WorkerExit> = {}): void {
    this.#alive("exit");
    this.#at = "exited";
    this.#events.exit({ code: 0, signal: null, stderr: "", cause: null, abandoned: false, ...exit });
  }

  crash(): void {
    this.exit({ code: 1 });
  }

  #alive(what: string): void {
    if (this.#at === "exited") throw new Error(`the test has worker ${this.id} tell ${what} after its exit`);
  }

  #oldest(): JobNumber {
    const [first] = this.jobs.keys();
    if (first === undefined) throw new Error(`worker ${this.id} has no job`);
    return first;
  }

  #forget(frame: unknown): void {
    const { type, answers } = (frame ?? {}) as { type?: unknown; answers?: unknown };
    if (type !== "answers" || !Array.isArray(answers)) return;
    for (const answer of answers) if (Array.isArray(answer)) this.jobs.delete(answer[0]);
  }

  // ---- what the scheduler does to it

  send(frame: unknown, transfer: readonly object[] = []): void {
    this.#callable("send");
    const sent = read(frame as HostFrame);
    this.#adapter.watch.sending?.(this, sent);
    const moved = this.#adapter.isolation === "thread" ? [...transfer] : [];
    const arrived = structuredClone(sent, { transfer: moved as ArrayBuffer[] });
    if (arrived.type === "jobs") this.#checkJobs(arrived.jobs);
    this.frames.push(arrived);
    if (arrived.type === "recall") this.#recalls++;
    if (arrived.type !== "jobs") return;
    for (const entry of arrived.jobs) this.jobs.set(entry[0], entry);
    this.#begin();
  }

  stop(): void {
    this.#callable("stop");
    if (this.ending) violation(`worker ${this.id}: stop() of a worker that was told to end`);
    this.#stops++;
    this.#adapter.watch.stopped?.(this);
  }

  kill(): void {
    this.#callable("kill");
    this.#kills++;
    this.#adapter.watch.killed?.(this);
  }

  ref(): void {
    this.#callable("ref");
    this.#holdsProgram = true;
  }

  unref(): void {
    this.#callable("unref");
    this.#holdsProgram = false;
  }

  #callable(what: string): void {
    if (this.#at === "exited") violation(`worker ${this.id}: ${what}() after its exit`);
  }

  /** The last so many may be sent again. */
  #takenBack(count: number): void {
    if (count === 0) return;
    const waiting = [...this.jobs.values()].filter(([number, , flags = 0]) =>
      (flags & UNTICKETED) === 0 && !this.#begun.has(number)
    );
    if (waiting.length < count) violation(`worker ${this.id}: ${count} jobs taken back of ${waiting.length}`);
    for (const [number] of waiting.slice(-count)) {
      this.jobs.delete(number);
      this.#seen.delete(number);
    }
  }

  #checkJobs(jobs: readonly JobEntry[]): void {
    if (this.#at === "starting") violation(`worker ${this.id}: a job before it was ready`);
    if (this.ending) violation(`worker ${this.id}: a job after it was told to end`);
    for (const [number] of jobs) {
      if (this.#seen.has(number)) violation(`worker ${this.id}: job ${number} a second time`);
      this.#seen.add(number);
    }
  }
}

// ---- callers

/** Options of a cluster without limits, but for one worker. */
export const defaults: SchedulerOptions = {
  maxWorkers: 1,
  minWorkers: 0,
  startTimeout: 30_000,
  idleTimeout: 20_000,
  killGrace: 1_000,
  abortGrace: 1_000,
  concurrency: 1,
  prefetch: 0,
  maxBacklog: Infinity,
  maxLatency: Infinity,
  retries: 0,
  maxJobsPerWorker: Infinity,
  maxWorkerAge: Infinity,
  maxWorkerMemory: Infinity,
};

/** What a test may say of a job. */
export interface JobOptions extends Partial<JobRequest> {
  /** Called with the outcome, after it was noted. */
  readonly done?: (outcome: Outcome) => void;
}

/** A job as its caller sees it. */
export class Submitted {
  readonly #call: (call: () => void) => void;
  #outcome: Outcome | null = null;
  handle!: JobHandle;

  /** @param call Makes a call as a program would. */
  constructor(call: (call: () => void) => void) {
    this.#call = call;
  }

  get id(): string {
    return this.handle.id;
  }

  /** Null until the caller was told. */
  get outcome(): Outcome | null {
    return this.#outcome;
  }

  /** What it was answered with; throws unless it succeeded. */
  get value(): unknown {
    if (!this.#outcome?.ok) throw new Error(`job ${this.id} has not succeeded: ${JSON.stringify(this.#outcome)}`);
    return this.#outcome.value;
  }

  /** What it failed with; throws unless it failed. */
  get error(): unknown {
    if (!this.#outcome || this.#outcome.ok) throw new Error(`job ${this.id} has not failed`);
    return this.#outcome.error;
  }

  /** The code of the cluster's error that it failed with, or null while it has not failed. */
  get code(): string | null {
    if (!this.#outcome || this.#outcome.ok) return null;
    return this.#outcome.error instanceof ClusterError ? this.#outcome.error.code : String(this.#outcome.error);
  }

  settle(outcome: Outcome): void {
    if (this.#outcome) violation(`job ${this.id} was answered twice`);
    this.#outcome = outcome;
  }

  cancel(reason: unknown = "cancelled"): void {
    this.#call(() => this.handle.cancel(reason));
  }

  takeBack(reason: unknown): void {
    this.#call(() => this.handle.takeBack(reason));
  }
}

/** What several clusters may have in common. */
export interface ClusterParts {
  readonly clock?: FakeClock;
  readonly allowances?: Allowances;
}

/** A scheduler with fakes all around. */
export class Cluster {
  readonly clock: FakeClock;
  readonly options: SchedulerOptions;
  readonly adapter: FakeAdapter;
  readonly scheduler: Scheduler;
  readonly facts: Fact[] = [];
  readonly faults: Error[] = [];
  /** Everything that strangers were told, in order: `job 1`, `fault`, `close`, or the type of a fact. */
  readonly told: string[] = [];
  hears: (type: Fact["type"]) => boolean = () => true;
  /** Called for each fact and fault, after it was noted. */
  listener: (told: string) => void = () => {};
  #calls = 0;

  constructor(options: Partial<SchedulerOptions> = {}, isolation: Isolation = "process", parts: ClusterParts = {}) {
    const { allowances = null } = parts;
    this.clock = parts.clock ?? new FakeClock();
    this.adapter = new FakeAdapter(isolation);
    this.options = { ...defaults, ...options };
    this.scheduler = new Scheduler(this.options, {
      clock: this.clock,
      adapter: this.adapter,
      allowances,
      observer: {
        hears: (type) => this.hears(type),
        tell: (fact) => {
          this.facts.push(fact);
          this.#tell(fact.type);
        },
        warn: (error) => {
          this.faults.push(error);
          this.#tell("fault");
        },
        fault: (error) => {
          this.faults.push(error);
          this.#tell("fault");
        },
      },
      spec: () => ({ module: "file:///worker.js", concurrency: this.options.concurrency }) as WorkerSpec,
      isJson,
      decodeError: (encoded) => ({ decoded: encoded }),
      notCloneable: (request, cause) =>
        new ClusterError("CC_ERR_NOT_CLONEABLE", "refused", { cause, job: request.id ?? "" }),
    });
  }

  get stats(): Stats {
    return this.scheduler.stats();
  }

  /** Every worker started so far, the oldest first. */
  get workers(): FakeWorker[] {
    return [...this.adapter.workers];
  }

  /** The worker that was started as the `index`th; -1 is the newest. */
  worker(index = 0): FakeWorker {
    const worker = this.workers.at(index);
    if (!worker) throw new Error(`no worker ${index}`);
    return worker;
  }

  /** How often a fact of this kind was told. */
  count(type: Fact["type"]): number {
    return this.facts.filter((fact) => fact.type === type).length;
  }

  submit(...given: [args?: unknown, options?: JobOptions]): Submitted {
    const args = given.length === 0 ? "args" : given[0];
    const { done, ...request } = given[1] ?? {};
    const job = new Submitted((call) => this.#call(call));
    this.#call(() => {
      job.handle = this.scheduler.submit(
        aRequest({ args, ...request }),
        (outcome) => {
          job.settle(outcome);
          this.#tell(`job ${job.id}`);
          done?.(outcome);
        },
      );
    });
    return job;
  }

  broadcast(
    request: JobRequest,
    replay: boolean | string,
    done: (outcomes: readonly Outcome[]) => void,
  ): Pick<JobHandle, "cancel"> {
    let handle: Pick<JobHandle, "cancel"> = { cancel() {} };
    this.#call(() => handle = this.scheduler.broadcast(request, replay, done));
    return handle;
  }

  /** Submits one job per value. */
  submitAll(...args: unknown[]): Submitted[] {
    return args.map((each) => this.submit(each));
  }

  close(mode: CloseMode = "drain", closed: () => void = () => {}): void {
    this.#call(() =>
      this.scheduler.close(mode, () => {
        this.#tell("closed");
        closed();
      })
    );
  }

  /** What `warm` said: nothing yet, then null or an error. */
  warm(done: (error: unknown) => void = () => {}): unknown[] {
    const answers: unknown[] = [];
    this.#call(() =>
      this.scheduler.warm((error) => {
        this.#tell("warm");
        answers.push(error);
        done(error);
      })
    );
    return answers;
  }

  flush(): void {
    this.clock.flush();
  }

  /** Moves time on and lets callers be told. */
  advance(ms: number): void {
    this.clock.advance(ms);
    this.flush();
  }

  /** Has every worker that is starting become ready. */
  allReady(): void {
    for (const worker of this.workers) if (worker.at === "starting" && !worker.ending) worker.ready();
  }

  /** Whatever a caller asks for: nobody is told of anything before it has returned. */
  #call(ask: () => void): void {
    this.#calls++;
    try {
      ask();
    } finally {
      this.#calls--;
    }
  }

  #tell(what: string): void {
    if (this.#calls > 0) violation(`${what} was told before a caller's call had returned`);
    this.told.push(what);
    if (!what.startsWith("job ")) this.listener(what);
  }
}

/** Asserts that nothing of a closed cluster is left. */
export function expectNothingLeft(cluster: Cluster): void {
  expect(cluster.stats.state).toBe("closed");
  expect(cluster.adapter.alive).toEqual([]);
  expect(cluster.clock.pending).toBe(0);
  expect(cluster.stats.workers).toEqual({ starting: 0, idle: 0, busy: 0, retiring: 0, stopping: 0 });
  expect(cluster.stats.jobs.waiting + cluster.stats.jobs.running).toBe(0);
}

/** What a worker makes of a frame. */
function read(frame: HostFrame): HostFrame {
  if (frame.type !== "jobs:text") return frame;
  const jobs = JSON.parse(frame.text) as JobEntry[];
  return {
    type: "jobs",
    jobs: jobs.map(([number, args, flags = 0, ...rest]) =>
      flags === 0 && rest.length === 0
        ? [number, args]
        : [number, flags & NO_ARGS ? undefined : args, flags & ~NO_ARGS, ...rest]
    ),
  };
}
