/**
 * Adds up and prints.
 *
 * @module
 */

import type { Account } from "./account.ts";
import { type Holdings, type Memory, trend } from "./leaks.ts";
import { isRefused } from "./verdict.ts";

/** What the clusters so far have done. */
export class Totals {
  /** Enqueued; the next job's number. */
  jobs = 0;
  rounds = 0;
  accepted = 0;
  refused = 0;
  succeeded = 0;
  restarted = 0;
  exits = 0;
  workers = 0;
  readonly errors = new Map<string, number>();

  add(account: Account): void {
    this.rounds++;
    this.workers += account.workers.size;
    this.jobs += account.entries.length;
    for (const entry of account.entries) {
      if (isRefused(entry)) this.refused++;
      else if (entry.plan.abort !== "before") this.accepted++;
      if (!entry.error) this.succeeded++;
      else this.#count(entry.error === entry.reason ? "aborted" : entry.error.code ?? "thrown");
      if (entry.workers.length > 1) this.restarted++;
      if (entry.plan.does === "exit" && entry.workers.length > 0) this.exits++;
    }
  }

  #count(code: string): void {
    this.errors.set(code, 1 + (this.errors.get(code) ?? 0));
  }

  toString(): string {
    const errors = [...this.errors].map(([code, count]) => `${code} ${count}`).join(", ");
    return `${this.accepted} jobs accepted and answered, ${this.refused} refused, ${this.succeeded} succeeded, ` +
      `${this.restarted} run again, ${this.rounds} clusters, ${this.workers} workers, ${this.exits} exits; ${errors}`;
  }
}

/** What was seen after each cluster. */
export class Samples {
  readonly rss: number[] = [];
  readonly heap: number[] = [];
  readonly threads: number[] = [];
  readonly descriptors: number[] = [];
  /** Of workers in the steady cluster. */
  readonly workers: number[] = [];

  add({ rss, heap }: Memory, { threads, descriptors }: Holdings): void {
    this.rss.push(rss);
    this.heap.push(heap);
    if (threads !== null) this.threads.push(threads);
    if (descriptors !== null) this.descriptors.push(descriptors);
  }
}

/** A figure that must not grow: by no more than `factor` and `slack` together. */
export interface Flat {
  readonly text: string;
  readonly flat: boolean;
}

export function flat(name: string, values: readonly number[], factor: number, slack: number, unit = 1): Flat {
  const floors = trend(values);
  if (!floors) return { text: `${name}: ${values.length} samples, too few to tell`, flat: true };
  const { second, last } = floors;
  const show = (value: number): string => unit === 1 ? String(value) : `${(value / unit).toFixed(1)} MB`;
  return {
    text: `${name}: ${show(second)}, then ${show(last)} (${values.length} samples)`,
    flat: last <= second * factor + slack,
  };
}
