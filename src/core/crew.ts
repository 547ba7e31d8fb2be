/**
 * The workers of one cluster: starts them, lets them rest, ends them. Which job runs where is the scheduler's business.
 *
 * @module
 */

import type { WorkerAdapter, WorkerExit, WorkerSpec } from "./adapter.ts";
import { Breaker } from "./breaker.ts";
import type { Clock, Timer } from "./clock.ts";
import type { ClusterError } from "./errors.ts";
import { type Answer, readKept } from "./frame.ts";
import type { Fact } from "./fact.ts";
import * as loss from "./loss.ts";
import { isMoved, type Job } from "./job.ts";
import { Recycling, type RecyclingOptions } from "./recycling.ts";
import { surplus } from "./surplus.ts";
import { Utilisation } from "./utilisation.ts";
import { TRIAL, Worker, type WorkerState } from "./worker.ts";

/** What the crew obeys. Durations in milliseconds; Infinity for no limit. */
export interface CrewOptions extends RecyclingOptions {
  readonly maxWorkers: number;
  readonly minWorkers: number;
  readonly startTimeout: number;
  readonly idleTimeout: number;
  readonly killGrace: number;
  readonly concurrency: number;
  /** Jobs sent ahead of each place, or `"auto"`. */
  readonly prefetch: number | "auto";
}

/** What the crew is given to work with, and whom it tells. */
export interface CrewParts {
  readonly clock: Clock;
  readonly adapter: WorkerAdapter;
  spec(): WorkerSpec;
  /** Runs a change of state as one turn. */
  turn(change: () => void): void;
  tell<T extends Fact["type"]>(type: T, fact: () => Extract<Fact, { type: T }>): void;
  said(worker: Worker, frame: unknown): void;
  /** Answers that a worker has kept back, as far as they are new. */
  kept(worker: Worker, answers: readonly Answer[]): void;
  /** A worker could not replay this broadcast: it has ended, or took too long. */
  unreplayed(worker: Worker, number: number, failure: ClusterError): void;
  /** A worker is gone. `expected`: it was told to leave; `unbegun`: those of its jobs that have not begun, and still can. */
  exited(worker: Worker, exit: WorkerExit, expected: boolean, unbegun: readonly Job[]): void;
  /** Starts fail time after time, or trying again is pointless. */
  startsFailed(failure: ClusterError): void;
}

/** Every worker that has not exited. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #parts: CrewParts;
  readonly #breaker: Breaker;
  readonly #recycling = new Recycling();
  readonly #workers = new Set<Worker>();
  /** Whether there may be workers from before a renewal. */
  #renews = false;
  /** Whether one of those that replace others has yet to show that it can be started. */
  #proves = false;
  /** How many there may be at a time: `maxWorkers`, or what a budget leaves of them. */
  limit: number;
  readonly #utilisation: Utilisation;
  #lostStarts = 0;
  #recycled = 0;

  constructor(options: CrewOptions, parts: CrewParts) {
    this.#options = options;
    this.limit = options.maxWorkers;
    this.#parts = parts;
    this.#utilisation = new Utilisation(parts.clock);
    this.#breaker = new Breaker(parts.clock, () => parts.turn(() => {}));
  }

  // ---- questions

  /** How many there are, whatever they are doing. */
  get size(): number {
    return this.#workers.size;
  }

  /** How many starts have failed. */
  get lostStarts(): number {
    return this.#lostStarts;
  }

  /** How many have left because they had served long enough. */
  get recycled(): number {
    return this.#recycled;
  }

  /** The share of their time that workers spend running jobs; see `Stats`. */
  get utilisation(): number {
    return this.#utilisation.share;
  }

  [Symbol.iterator](): IterableIterator<Worker> {
    return this.#workers.values();
  }

  /** How many are in this state. */
  count(at: Worker["state"]["at"]): number {
    let count = 0;
    for (const worker of this.#workers) if (worker.state.at === at) count++;
    return count;
  }

  /** Whether any has a job. */
  get works(): boolean {
    for (const worker of this.#workers) if (worker.jobs.size > 0) return true;
    return false;
  }

  /** How many take jobs. */
  get takers(): number {
    let count = 0;
    for (const worker of this.#workers) if (worker.takesJobs) count++;
    return count;
  }

  /**
   * Whether a worker that is to leave takes jobs all the same: it can't leave, since somebody has yet to read what a job of its yields,
   * and the reader may wait for just those jobs, which nobody else takes, or will before anything is read.
   */
  goesOn(worker: Worker): boolean {
    return worker.isKept && this.#isStuck;
  }

  get #isStuck(): boolean {
    if (this.#workers.size < this.limit) return false;
    for (const worker of this.#workers) {
      if (!worker.isKept && !worker.isTakenUp(this.#options.concurrency)) return false;
    }
    return true;
  }

  // ---- starting

  /** Somebody asks for work: starts that were given up are tried again. */
  retry(): void {
    this.#breaker.retry(() => this.takers > 0);
  }

  /**
   * Starts the workers that are wanted and allowed.
   *
   * @param waiting Jobs that no worker has room for.
   * @param warm How many workers are to be there even without jobs.
   * @param awaited Whether anybody waits for those.
   */
  grow(waiting: number, warm: number, awaited = false): void {
    const { concurrency } = this.#options;
    this.#breaker.hold(waiting > 0 || awaited);
    for (;;) {
      const starting = this.count("starting");
      const wanted = Math.max(Math.ceil(waiting / concurrency), warm - this.takers);
      if (starting >= wanted || this.#workers.size >= this.limit || !this.#breaker.allows(starting)) return;
      this.#start();
    }
  }

  #start(): Worker {
    const { adapter, clock, turn, tell, spec } = this.#parts;
    const port = adapter.start(spec(), {
      ready: () => turn(() => this.#ready(worker)),
      message: (frame) => turn(() => this.#parts.said(worker, frame)),
      exit: (exit) => turn(() => this.#exited(worker, exit)),
    });
    const { startTimeout, maxJobsPerWorker } = this.#options;
    const timer = this.#after(startTimeout, () => this.#tooSlow(worker));
    const worker = new Worker(port, clock.now(), timer, maxJobsPerWorker);
    this.#workers.add(worker);
    tell("worker:starting", () => ({
      type: "worker:starting",
      worker: port.id,
      workers: this.#workers.size,
      limit: this.limit,
    }));
    return worker;
  }

  #ready(worker: Worker): void {
    if (worker.state.at !== "starting") return;
    this.#breaker.succeeded();
    // It is none of before a renewal: those that were starting have been stopped.
    this.#proves = false;
    worker.ages(this.#after(this.#options.maxWorkerAge, () => worker.worn ??= "age"));
    this.rest(worker);
    const started = this.#parts.clock.now() - worker.startedAt;
    this.#parts.tell("worker:ready", () => ({ type: "worker:ready", worker: worker.port.id, started }));
  }

  #tooSlow(worker: Worker): void {
    this.kill(worker);
    this.#lostStarts++;
    // Trying again would take as long: those that wait are told now.
    this.#didNotStart(worker, loss.slowStart(worker.port, this.#options.startTimeout), true);
  }

  /** The next one does without what it was about to replay. */
  #didNotStart(worker: Worker, failure: ClusterError, final: boolean): void {
    if (worker.replaying !== null) this.#parts.unreplayed(worker, worker.replaying, failure);
    this.#startFailed(failure, final && worker.replaying === null);
  }

  #startFailed(failure: ClusterError, final: boolean): void {
    if (this.#breaker.failed(final)) this.#parts.startsFailed(failure);
  }

  // ---- serving

  /** A worker is to get a job; see {@link engage}. */
  give(job: Job, worker: Worker): void {
    if (worker.jobs.size === 0) worker.heardAt = this.#parts.clock.now();
    worker.jobs.push(job);
    if (job.onTrial) this.#putOnTrial(job, worker);
    // What every worker is given is no part of the work that wears it out.
    if (!job.only) worker.begun++;
  }

  #putOnTrial(job: Job, worker: Worker): void {
    const { clock, turn } = this.#parts;
    const end = (): void => {
      worker.endTrialOf(job);
      // Those that began together end together: which of their timers comes first is not to matter.
      for (const other of this.#workers) other.endTrialAt(clock.now());
    };
    worker.startTrial({ job, until: clock.now() + TRIAL, timer: clock.schedule(TRIAL, () => turn(end)) });
  }

  /** A worker has been sent what it was to get. */
  engage(worker: Worker): void {
    if (worker.state.at === "idle") this.#enter(worker, { at: "busy" });
  }

  /** A worker has let go of a job. */
  remove(job: Job, worker: Worker): void {
    worker.jobs.remove(job);
    worker.endTrialOf(job);
  }

  /** A job that a worker was given has not begun, and is not its any more. */
  takeBack(job: Job, worker: Worker): void {
    this.remove(job, worker);
    if (!job.only) worker.begun--;
  }

  /** A worker has told how many bytes it uses. */
  measured(worker: Worker, bytes: number): void {
    if (bytes >= this.#options.maxWorkerMemory) worker.worn ??= "memory";
  }

  /** All workers that are there now are to be replaced. Those that start would only be in the way of others. */
  renew(): void {
    this.#renews = true;
    this.#proves ||= this.#workers.size > 0;
    this.#breaker.forget();
    for (const worker of this.#workers) {
      worker.worn = "renewal";
      if (worker.state.at === "starting") this.stop(worker);
    }
  }

  /** What is there stays: those that were to take its place can't be started. The next one is to be like it. */
  keep(): void {
    this.#proves = false;
    // Not at once: who starts them has yet to be told.
    this.#breaker.forgetSoon();
    const old = this.#parts.clock.now() - this.#options.maxWorkerAge;
    for (const worker of this.#workers) {
      // Its age may have been a reason before.
      if (worker.worn === "renewal") worker.worn = worker.startedAt <= old ? "age" : null;
    }
    this.#renews = false;
  }

  /** Whether a worker is to be started for a renewal, though no job needs one. */
  get proves(): boolean {
    return this.#proves;
  }

  /** Whether any of those is still there. */
  get renews(): boolean {
    this.#renews &&= [...this.#workers].some((worker) => worker.worn === "renewal");
    return this.#renews;
  }

  /**
   * Replaces workers that have served long enough.
   *
   * @param waiting Jobs that no worker has room for.
   * @param warm How many workers are to be there even without jobs.
   */
  recycle(waiting: number, warm: number): void {
    const { maxWorkerAge, maxWorkerMemory } = this.#options;
    if (maxWorkerAge === Infinity && maxWorkerMemory === Infinity && !this.renews) return;
    for (;;) {
      const starting = this.count("starting");
      const step = this.#recycling.next({
        workers: this.#workers,
        full: this.#workers.size >= this.limit,
        waits: starting > 0 || !this.#breaker.allows(starting),
        toSpare: waiting === 0 && this.takers > warm,
      });
      if (!step) return;
      if (step.do === "start") this.#recycling.started(step.old, this.#start());
      else this.#sendHome(step.worker);
    }
  }

  #sendHome(worker: Worker): void {
    if (worker.state.at === "idle" || worker.state.at === "starting") return this.stop(worker);
    this.#enter(worker, { at: "retiring", end: "stop" });
    this.letGo(worker);
  }

  // ---- resting and ending

  /** A worker without jobs waits for the next. */
  rest(worker: Worker): void {
    const fresh = worker.state.at === "starting";
    if (!fresh) this.#breaker.proved();
    this.#enter(worker, {
      at: "idle",
      fresh,
      timer: this.#after(this.#options.idleTimeout, () => this.#restedLong(worker)),
    });
  }

  #restedLong(worker: Worker): void {
    this.#breaker.proved();
    if (this.takers > this.#options.minWorkers) this.stop(worker);
    else this.#enter(worker, { at: "idle", fresh: false, timer: null });
  }

  /** A worker that runs nothing any more rests, or leaves if it was to. */
  letGo(worker: Worker): void {
    const { state } = worker;
    if (state.at === "retiring" && state.end === "kill" && !worker.runs) return this.kill(worker);
    if (worker.jobs.size > 0) return;
    if (state.at === "retiring" || (state.at === "busy" && worker.isFull)) this.stop(worker);
    else if (state.at === "busy" && !worker.hearsSoon(this.#parts.clock.now())) this.rest(worker);
  }

  /** Lets go of workers until no more than so many are left, as soon as they are free. */
  shrink(most: number): void {
    for (const worker of surplus(this.#workers, most, this.#options.concurrency)) this.#sendHome(worker);
  }

  /** A worker gets no more jobs, and is killed when those that it runs have ended. */
  retire(worker: Worker): void {
    if (worker.state.at === "busy" || worker.state.at === "retiring") {
      this.#enter(worker, { at: "retiring", end: "kill" });
    }
    this.letGo(worker);
  }

  /** Asks a worker to leave; after the grace it is killed. */
  stop(worker: Worker): void {
    const free = worker.state.at !== "starting" && worker.jobs.size === 0;
    this.#enter(worker, { at: "stopping", timer: this.#after(this.#options.killGrace, () => worker.port.kill()) });
    worker.port.stop(free);
  }

  /** Ends a worker at once. */
  kill(worker: Worker): void {
    this.#enter(worker, { at: "stopping", timer: null });
    worker.port.kill();
  }

  /** Sends home those that have no job, started or not. */
  dismiss(): void {
    for (const worker of this.#workers) {
      if (worker.state.at === "idle" || worker.state.at === "starting") this.stop(worker);
    }
  }

  /** Nothing is started any more until {@link retry}, and no timer waits to do so. */
  hold(): void {
    this.#breaker.trip();
  }

  #exited(worker: Worker, exit: WorkerExit): void {
    const before = worker.state;
    const { exchange } = worker.port;
    if (exchange) this.#parts.kept(worker, readKept(exchange.kept()));
    const unbegun = this.#unbegun(worker, exit);
    exchange?.close();
    this.#workers.delete(worker);
    this.#enter(worker, { at: "exited" });
    const recycled = before.at === "stopping" ? worker.spent : null;
    if (recycled) this.#recycled++;
    const { code, signal } = exit;
    const expected = before.at === "stopping";
    const jobs = worker.jobs.size - unbegun.length;
    this.#parts.tell(
      "worker:exit",
      () => ({ type: "worker:exit", worker: worker.port.id, code, signal, expected, recycled, jobs }),
    );
    if (before.at !== "starting") this.#parts.exited(worker, exit, expected, unbegun);
    const { isolation } = this.#parts.adapter;
    if (before.at === "starting") {
      this.#lostStarts++;
      this.#didNotStart(worker, loss.earlyExit(exit, worker.port, isolation), false);
    } else if (before.at === "idle" && before.fresh) {
      // Otherwise a module that dies just after it was loaded would be started over and over for `minWorkers`. One that
      // leaves by itself is tried less and less often, and that is no error.
      if (exit.code === 0) this.#breaker.failed(false);
      else this.#startFailed(loss.workerExit(exit, worker.port, isolation), false);
    }
  }

  #unbegun(worker: Worker, { abandoned }: WorkerExit): readonly Job[] {
    const { exchange } = worker.port;
    if (!exchange) return [];
    const { isolation } = this.#parts.adapter;
    // What is abandoned may still begin what it was sent without a ticket.
    const without = abandoned ? 0 : Math.max(0, worker.sentWithout - exchange.begunWithout());
    const unbegun = worker.last(exchange.recall(), without);
    return unbegun.filter((job) => !isMoved(job, isolation));
  }

  #enter(worker: Worker, next: WorkerState): void {
    this.#utilisation.changed(worker.state.at, next.at);
    worker.enter(next);
  }

  #after(delay: number, change: () => void): Timer | null {
    return delay === Infinity ? null : this.#parts.clock.schedule(delay, () => this.#parts.turn(change));
  }
}
