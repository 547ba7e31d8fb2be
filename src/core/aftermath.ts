/**
 * What follows when a worker is lost, or none can be started: which of its jobs run again, which fail, and who is told.
 *
 * @module
 */

import type { Isolation, WorkerExit } from "./adapter.ts";
import type { Backlog } from "./backlog.ts";
import type { Crew } from "./crew.ts";
import type { Observer, Outcome } from "./engine.ts";
import type { ClusterError } from "./errors.ts";
import { isMoved, type Job } from "./job.ts";
import type { Ledger } from "./ledger.ts";
import * as loss from "./loss.ts";
import type { Outbox } from "./outbox.ts";
import type { TakingBack } from "./taking-back.ts";
import type { Awaiting } from "./awaiting.ts";
import type { Worker } from "./worker.ts";

/**
 * How many workers may be lost when a job was the next that they would have begun. Once may be chance; but a job can end a
 * worker before it begins, by arguments for which there is no memory.
 */
const SUSPICIONS = 3;

/** What the aftermath is given to work with. */
export interface AftermathParts {
  readonly isolation: Isolation;
  /** How often a job is run again whose worker was lost. */
  readonly retries: number;
  /** How many jobs run in a worker at once. */
  readonly concurrency: number;
  readonly backlog: Backlog;
  readonly crew: Crew;
  readonly takingBack: TakingBack;
  readonly warmUp: Awaiting;
  readonly renewal: Awaiting;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly observer: Observer;
  /** URL of the module that workers load. */
  module(): string;
  settle(job: Job, outcome: Outcome, worker: Worker | null): void;
  /** The job is to be run again; `error` makes what its caller would have got. */
  retried(job: Job, worker: Worker, error: () => ClusterError): void;
  /** The job is back among those that wait. */
  waits(job: Job): void;
}

/** Deals with lost workers. */
export class Aftermath {
  readonly #parts: AftermathParts;

  constructor(parts: AftermathParts) {
    this.#parts = parts;
  }

  /**
   * A worker that had been ready is gone.
   *
   * @param expected Whether it was told to leave.
   * @param unbegun Those of its jobs that have not begun.
   */
  workerExited(worker: Worker, exit: WorkerExit, expected: boolean, unbegun: readonly Job[]): void {
    const { crew, takingBack, isolation, ledger, backlog } = this.#parts;
    backlog.forget(worker);
    takingBack.sort(worker, unbegun);
    if (unbegun.length > 0) crew.retry();
    const jobs = worker.jobs.removeAll();
    const ofItsOwn = exit.code === 0 && jobs.length === 0;
    const [next] = unbegun;
    if (next && !expected && jobs.length === 0 && (!ofItsOwn || worker.begun === 0)) this.#suspect(next, worker, exit);
    const again = jobs.filter((job) => this.#mayRetry(job));
    const lost = jobs.filter((job) => !again.includes(job));
    for (const job of lost) this.#lose(job, worker, exit);
    for (const job of again.reverse()) this.#retry(job, worker, exit, expected);
    if (!expected && !ofItsOwn) {
      ledger.lost.workers++;
      // Where every job is run again nothing has failed yet: no reason for the program to end.
      const recovered = again.length > 0 && lost.length === 0;
      this.#tell(recovered ? "warn" : "fault", loss.workerExit(exit, worker.port, isolation, jobs[0]?.id));
    }
    if (exit.abandoned) {
      ledger.lost.abandoned++;
      this.#tell("warn", loss.abandoned(worker.port));
    }
  }

  /** Nothing that the worker had begun explains its end. */
  #suspect(job: Job, worker: Worker, exit: WorkerExit): void {
    if (++job.suspicions < SUSPICIONS || job.state.at !== "queued") return;
    this.#parts.backlog.remove(job);
    this.#parts.settle(job, { ok: false, error: this.#exitError(worker, exit, job) }, worker);
  }

  #exitError(worker: Worker, exit: WorkerExit, job: Job): ClusterError {
    return loss.workerExit(exit, worker.port, this.#parts.isolation, job.id);
  }

  #mayRetry(job: Job): boolean {
    const { retries, isolation } = this.#parts;
    // What its caller has been told would be told again; and no other worker is to run what was for this one.
    if (job.yielded > 0 || job.only) return false;
    return job.state.at === "running" && job.attempt <= retries && !isMoved(job, isolation);
  }

  #retry(job: Job, worker: Worker, exit: WorkerExit, expected: boolean): void {
    this.#parts.ledger.jobs.retried++;
    this.#parts.crew.retry();
    // Otherwise it is known which one was to blame.
    if (this.#parts.concurrency > 1 && !expected) job.onTrial = true;
    this.#parts.backlog.putBack(job);
    this.#parts.retried(job, worker, () => this.#exitError(worker, exit, job));
    this.#parts.waits(job);
  }

  #lose(job: Job, worker: Worker, exit: WorkerExit): void {
    if (job.state.at !== "running") return job.settle();
    const error = this.#exitError(worker, exit, job);
    this.#parts.settle(
      job,
      { ok: false, error: job.attempt > 1 ? loss.poison(job.id, job.attempt, error) : error },
      worker,
    );
  }

  /**
   * Starts fail time after time. Those that wait are told, unless a worker lives that will take their jobs, or may be ready
   * in a moment. Where workers are renewed that may be why: then only who waits for that is told, and others like those that were
   * there are tried.
   */
  startsFailed(failure: ClusterError): void {
    const { crew, backlog, warmUp, renewal } = this.#parts;
    if (crew.count("starting") > 0) return;
    const module = this.#parts.module();
    if (renewal.awaited) {
      renewal.fail(() => loss.noWorker(failure, module));
      return crew.keep();
    }
    const served = crew.takers > 0;
    if (!served) this.failWaiting((job) => loss.noWorker(failure, module, job));
    warmUp.fail(() => loss.noWorker(failure, module));
    if (backlog.size === 0) crew.hold();
    if (!served) this.#tell("fault", loss.noWorker(failure, module));
  }

  /** Fails the jobs that wait. */
  failWaiting(reason: (job: Job) => ClusterError): void {
    const { backlog, settle } = this.#parts;
    for (let job = backlog.any; job; job = backlog.any) {
      backlog.remove(job);
      settle(job, { ok: false, error: reason(job) }, null);
    }
  }

  #tell(how: "warn" | "fault", error: ClusterError): void {
    const { outbox, observer } = this.#parts;
    outbox.push(() => observer[how](error));
  }
}
