/**
 * Jobs in, outcomes out, in bounded memory: `map` of the cluster, with the lines that are no jobs in their places.
 *
 * @module
 */

import type { ComputeCluster } from "../../mod.ts";
import type { Job } from "./read-jobs.ts";

/** How a job has ended. */
export type JobOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

/** How jobs flow. */
export interface FlowOptions {
  readonly task: string | undefined;
  /** Whether outcomes come in the order of the jobs. */
  readonly ordered: boolean;
  /** Ends it at once; {@link flow} rejects with its reason. */
  readonly signal: AbortSignal;
  /** The next job, or null after the last. */
  next(): Promise<Job | null>;
  /** Takes an outcome. What it throws ends it. */
  settle(job: Job, outcome: JobOutcome): void;
  /** Resolves when there is room for more outcomes; null if that is so now. */
  room(): Promise<void> | null;
}

/** How many lines that are no jobs may wait for the jobs before them. */
const MOST_WAITING = 4096;

/** Runs jobs until there are no more. */
export async function flow(cc: ComputeCluster, options: FlowOptions): Promise<void> {
  const { task, ordered, signal } = options;
  const order = ordered ? new InOrder(options) : new AsTheyCome(options);
  for await (const result of cc.map(order.source(), { task, ordered, signal, onError: "yield" })) {
    const outcome: JobOutcome = result.status === "fulfilled"
      ? { ok: true, value: result.value }
      : { ok: false, error: result.reason };
    order.take(result.index, outcome);
    const room = options.room();
    if (room) await room;
  }
}

/** Brings outcomes back to their jobs. */
interface Order {
  /** What the cluster is to run. */
  source(): AsyncGenerator<unknown, void, undefined>;
  /** @param index Counts what the cluster was given. */
  take(index: number, outcome: JobOutcome): void;
}

class AsTheyCome implements Order {
  readonly #options: FlowOptions;
  readonly #running = new Map<number, Job>();
  #given = 0;

  constructor(options: FlowOptions) {
    this.#options = options;
  }

  async *source(): AsyncGenerator<unknown, void, undefined> {
    for (let job = await this.#options.next(); job; job = await this.#options.next()) {
      if (job.ok) {
        this.#running.set(this.#given++, job);
        yield job.args;
      } else {
        this.#options.settle(job, job);
        await this.#options.room();
      }
    }
  }

  take(index: number, outcome: JobOutcome): void {
    const job = this.#running.get(index) as Job;
    this.#running.delete(index);
    this.#options.settle(job, outcome);
  }
}

class InOrder implements Order {
  readonly #options: FlowOptions;
  /** Those without an outcome, or behind one without: the first is with the cluster. */
  readonly #waiting: Job[] = [];
  #wake: (() => void) | null = null;

  constructor(options: FlowOptions) {
    this.#options = options;
  }

  async *source(): AsyncGenerator<unknown, void, undefined> {
    for (let job = await this.#options.next(); job; job = await this.#options.next()) {
      if (job.ok) {
        this.#waiting.push(job);
        yield job.args;
      } else if (this.#waiting.length > 0) {
        this.#waiting.push(job);
        while (this.#waiting.length > MOST_WAITING) await new Promise<void>((resolve) => this.#wake = resolve);
      } else {
        this.#options.settle(job, job);
        await this.#options.room();
      }
    }
  }

  take(_index: number, outcome: JobOutcome): void {
    this.#options.settle(this.#waiting.shift() as Job, outcome);
    for (let job = this.#waiting[0]; job && !job.ok; job = this.#waiting[0]) {
      this.#waiting.shift();
      this.#options.settle(job, job);
    }
    this.#wake?.();
  }
}
