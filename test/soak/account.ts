/**
 * Keeps book of one cluster: what was asked of it, what it answered, what it told, and what was done to its workers. What is
 * wrong at once is thrown where it is found, and so is uncaught: also when the cluster has long closed.
 *
 * @module
 */

import type { ClusterError, ComputeCluster } from "../../mod.ts";
import { Discrepancy } from "./discrepancy.ts";
import type { Journal } from "./journal.ts";
import type { JobPlan } from "./plan.ts";

export type Failure = Partial<ClusterError> & { readonly n?: number };

/** One job. */
export interface Entry {
  readonly n: number;
  readonly plan: JobPlan;
  /** Whether `close` or `exit` had been called before it came. */
  readonly late: boolean;
  readonly reason: Error;
  aborted: boolean;
  answers: number;
  error: Failure | null;
  /** The workers that it was given to, as the cluster told. */
  readonly workers: string[];
  /** Those of them that were lost before they had begun it, in the order of their ends. */
  readonly returnedFrom: string[];
  queued: number;
  refused: number;
  settled: number;
  ran: number;
}

/** One worker. */
export interface WorkerEntry {
  readonly id: string;
  /** The soak killed or stopped it. */
  harmed: boolean;
  ready: boolean;
  /** How it ended, and whether the cluster told it to. */
  exit: { code: number | null; signal: string | null; expected: boolean; jobs: number } | null;
  readonly jobs: Entry[];
}

export class Account {
  readonly entries: Entry[] = [];
  readonly workers = new Map<string, WorkerEntry>();
  readonly faults: Failure[] = [];
  readonly first: number;
  /** Whether `exit` was called. */
  exited = false;
  outstanding = 0;
  lastAnswer = performance.now();
  readonly #cc: ComputeCluster;
  readonly #journal: Journal;
  #ending = false;
  #wake: (() => void) | null = null;

  /** @param first The number of the first job. */
  constructor(cc: ComputeCluster, journal: Journal, first: number) {
    this.#cc = cc;
    this.#journal = journal;
    this.first = first;
    this.#listen();
  }

  #listen(): void {
    const cc = this.#cc;
    cc.on("error", (error) => this.faults.push(error));
    cc.on("job:queued", ({ job }) => this.#entry(job).queued++);
    cc.on("job:refused", ({ job }) => this.#entry(job).refused++);
    cc.on("job:returned", ({ job, worker }) => {
      const entry = this.#entry(job);
      const { jobs } = this.#worker(worker);
      jobs.splice(jobs.lastIndexOf(entry), 1);
      if (entry.workers.pop() !== worker) {
        throw new Discrepancy("answers", `job ${job} returned from ${worker}, where it was not`);
      }
      entry.returnedFrom.push(worker);
    });
    cc.on("job:started", ({ job, worker }) => {
      const entry = this.#entry(job);
      entry.workers.push(worker);
      this.#worker(worker).jobs.push(entry);
    });
    cc.on("job:settled", ({ job, ran }) => {
      const entry = this.#entry(job);
      entry.settled++;
      entry.ran = ran;
    });
    cc.on("worker:starting", ({ worker }) => {
      this.workers.set(worker, { id: worker, harmed: false, ready: false, exit: null, jobs: [] });
    });
    cc.on("worker:ready", ({ worker }) => this.#worker(worker).ready = true);
    cc.on("worker:exit", ({ worker, code, signal, expected, jobs }) => {
      const entry = this.#worker(worker);
      if (entry.exit) throw new Discrepancy("end", `worker ${worker} was told to have ended twice`);
      entry.exit = { code, signal, expected, jobs };
    });
  }

  /** Workers that the cluster has told to be ready, and not to have ended. */
  get living(): WorkerEntry[] {
    return [...this.workers.values()].filter(({ ready, exit }) => ready && !exit);
  }

  submit(plan: JobPlan): void {
    const n = this.first + this.entries.length;
    const entry: Entry = {
      n,
      plan,
      late: this.#ending,
      reason: new Error(`the soak aborted job ${n}`),
      aborted: false,
      answers: 0,
      error: null,
      workers: [],
      returnedFrom: [],
      queued: 0,
      refused: 0,
      settled: 0,
      ran: 0,
    };
    this.entries.push(entry);
    this.outstanding++;
    const { does, ms, code, heeds, given, size, task, timeout } = plan;
    const { place: journal } = this.#journal;
    const text = String(n).padStart(given, "<");
    const args = { n, first: this.first, journal, does, ms, code, heeds, given: text, size };
    const options = { id: String(n), signal: this.#signal(entry), task, timeout };
    if (plan.style === "promise") {
      this.#cc.enqueue(args, options).then(
        (value) => this.#answered(entry, null, value),
        (error) => this.#answered(entry, error, undefined),
      );
      return;
    }
    let returned = false;
    this.#cc.enqueue(args, options, (error, value) => {
      if (!returned) throw new Discrepancy("answers", `job ${n}: called back before enqueue had returned`);
      this.#answered(entry, error, value);
    });
    returned = true;
  }

  #signal(entry: Entry): AbortSignal | undefined {
    const { abort } = entry.plan;
    if (abort === null) return undefined;
    const controller = new AbortController();
    const run = (): void => {
      entry.aborted = entry.answers === 0;
      controller.abort(entry.reason);
    };
    if (abort === "before") run();
    else setTimeout(run, abort);
    return controller.signal;
  }

  #answered(entry: Entry, error: Failure | null, value: unknown): void {
    this.lastAnswer = performance.now();
    this.outstanding--;
    const { n, plan: { size } } = entry;
    if (++entry.answers > 1) throw new Discrepancy("answers", `job ${n} was answered ${entry.answers} times`);
    entry.error = error;
    if (!error && !isAnswer(value, n, size)) {
      const got = JSON.stringify(value)?.slice(0, 200);
      throw new Discrepancy("answers", `job ${n}: expected its own answer (square: ${n * n}), got ${got}`);
    }
    this.#wake?.();
  }

  /** Waits until fewer jobs are under way. */
  async below(limit: number): Promise<void> {
    while (this.outstanding >= limit) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  /** Calls `close` or `exit`; jobs that come from now on are late. */
  end(mode: "close" | "exit"): Promise<void> {
    this.#ending = true;
    if (mode === "exit") this.exited = true;
    return this.#cc[mode]();
  }

  #entry(job: string): Entry {
    const entry = this.entries[Number(job) - this.first];
    if (!entry) throw new Discrepancy("answers", `an event tells of job ${job}, which this cluster was never given`);
    return entry;
  }

  #worker(id: string): WorkerEntry {
    const worker = this.workers.get(id);
    if (!worker) throw new Discrepancy("end", `an event tells of worker ${id}, which was never told to start`);
    return worker;
  }
}

function isAnswer(value: unknown, n: number, size: number): boolean {
  const answer = value as { n?: unknown; square?: unknown; text?: unknown } | null | undefined;
  return answer?.n === n && answer.square === n * n && answer.text === String(n).padStart(size, ">");
}
