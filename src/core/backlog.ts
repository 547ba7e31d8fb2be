/**
 * The jobs that wait: for any worker, or for one of their own, because it had the last job of their key, or because they are for that
 * worker alone; or behind another job of their key.
 *
 * @module
 */

import type { Job } from "./job.ts";
import { type Before, Keys, takesKeys } from "./keys.ts";
import { Lanes, precedes } from "./lanes.ts";
import type { Worker } from "./worker.ts";

/** Jobs that are `queued`. */
export class Backlog {
  /** Those that any worker may run. */
  readonly #open = new Lanes();
  /** The same, of keys: that worker will have the others of the key, too. */
  readonly #unbound = new Lanes();
  /** Those that wait for a worker of their own. */
  readonly #own = new Map<Worker, Lanes>();
  readonly #keys: Keys = new Keys({
    // The last, however old it is: keys take turns, and its place would have to be looked for.
    wait: (job) => this.#lanesOf(job).push(job),
    leave: (job) => job.line?.remove(job),
  });
  /** How many there are of each task that is named. */
  readonly #tasks = new Map<string, number>();
  #size = 0;
  #bounded = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** How many of them don't count against `maxBacklog`. */
  get bounded(): number {
    return this.#bounded;
  }

  /** How many of them any worker may run. */
  get open(): number {
    return this.#open.size + this.#unbound.size;
  }

  /** How many of those are of a key that has no worker. */
  get unbound(): number {
    return this.#unbound.size;
  }

  /** How long all of them take, by how long one of each task does; null for the default export. */
  work(run: (task: string | null) => number): number {
    let [work, unnamed] = [0, this.#size];
    for (const [task, count] of this.#tasks) {
      work += count * run(task);
      unnamed -= count;
    }
    return work + unnamed * run(null);
  }

  /** Whether it does not matter which worker gets the next. */
  get isPlain(): boolean {
    return this.#own.size === 0 && this.#unbound.size === 0;
  }

  /** The next of those that any may run, without a key; or null. */
  get first(): Job | null {
    return this.#open.first;
  }

  /** Whether a job waits for this worker. */
  isAwaited(worker: Worker): boolean {
    return (this.#own.get(worker)?.size ?? 0) > 0;
  }

  /**
   * The next that this worker may run, or null.
   *
   * @param newKey Whether it may be one of a key that has no worker yet.
   */
  nextFor(worker: Worker, newKey: boolean): Job | null {
    const unbound = newKey ? this.#unbound.first : null;
    return earlier(earlier(this.#open.first, unbound), this.#own.get(worker)?.first ?? null);
  }

  /**
   * The same of a worker that is to leave, and is kept: no job that yields, by which it would be kept for longer.
   *
   * @param goesOn Whether it may be any; otherwise it is what is for this worker alone.
   */
  nextForKept(worker: Worker, goesOn: boolean): Job | null {
    const own = this.#own.get(worker)?.first ?? null;
    if (!goesOn || own?.only) return own?.only ? own : null;
    return earlier(this.#open.firstAnswered, this.#unbound.firstAnswered);
  }

  /** Any job but those that stand behind another, or null. */
  get any(): Job | null {
    for (const { first } of this.#own.values()) if (first) return first;
    return this.#open.first ?? this.#unbound.first;
  }

  /** What a new job of this key would find. */
  before(key: string): Before {
    const before = this.#keys.before(key);
    // It would be one of those that wait for the worker.
    if (before.at === "worker" && this.isAwaited(before.worker)) return { at: "jobs", count: 1 };
    return before;
  }

  /** A job comes: the last in its line. */
  push(job: Job): void {
    this.#enter(job);
    const { key } = job.request;
    if (key !== null) this.#keys.come(job, key);
    else this.#lanesOf(job).push(job);
  }

  /** A job that had been given to a worker waits again, where it had been. */
  putBack(job: Job): void {
    this.#enter(job);
    this.#lanesOf(job).putBack(job);
  }

  /** A job leaves, to enter another state. */
  remove(job: Job): void {
    job.line?.remove(job);
    this.#count(job, -1);
  }

  /** The same, to be given to a worker. */
  take(job: Job, worker: Worker): void {
    this.remove(job);
    job.key?.bind(worker);
  }

  /**
   * Jobs that waited for workers which take none any more may go to any other.
   *
   * @returns those that were for such a worker alone, removed.
   */
  release(): readonly Job[] {
    const left: Job[] = [];
    for (const [worker, lanes] of this.#own) {
      if (worker.state.at === "starting" || takesKeys(worker)) continue;
      // One that is full may be so for what it has been sent ahead only, which can be taken back.
      const stays = worker.state.at === "idle" || worker.state.at === "busy";
      for (const job of lanes) {
        if (job.only && stays) continue;
        this.remove(job);
        if (job.only) left.push(job);
        else this.putBack(job);
      }
      if (!stays) this.#own.delete(worker);
    }
    return left;
  }

  /** A worker has gone. */
  forget(worker: Worker): void {
    this.#keys.forget();
    if (this.#own.get(worker)?.size === 0) this.#own.delete(worker);
  }

  #enter(job: Job): void {
    job.queue();
    this.#count(job, 1);
  }

  #count({ request: { task, bounded } }: Job, change: 1 | -1): void {
    this.#size += change;
    if (bounded) this.#bounded += change;
    if (task === null) return;
    const count = (this.#tasks.get(task) ?? 0) + change;
    if (count > 0) this.#tasks.set(task, count);
    else this.#tasks.delete(task);
  }

  #lanesOf({ only, key }: Job): Lanes {
    const worker = only ?? key?.worker ?? null;
    if (worker) return this.#own.get(worker) ?? this.#openLanes(worker);
    return key ? this.#unbound : this.#open;
  }

  #openLanes(worker: Worker): Lanes {
    const lanes = new Lanes();
    this.#own.set(worker, lanes);
    return lanes;
  }
}

function earlier(job: Job | null, other: Job | null): Job | null {
  if (!job || !other) return job ?? other;
  return precedes(other, job) ? other : job;
}
