/**
 * Jobs of one key run one at a time, and in one worker as long as that takes jobs: what a job has made ready there, the next one
 * finds. One of them has the **turn**, from when it may be given to a worker until no worker has it any more; the others stand behind.
 *
 * @module
 */

import type { Job } from "./job.ts";
import { Lanes, precedes } from "./lanes.ts";
import { Register } from "./register.ts";
import type { Worker } from "./worker.ts";

/**
 * How many keys without a job are remembered with their workers. A program may have any number of keys; of those that it used
 * longest ago the next job may get another worker.
 */
const REMEMBERED = 10_000;

/** One key. */
export class Key {
  readonly name: string;
  readonly #keys: Keys;
  #worker: Worker | null = null;
  /** Waits for a worker, or has one. */
  turn: Job | null = null;
  /** Those that stand behind it; null if none ever did. */
  line: Lanes | null = null;

  constructor(name: string, keys: Keys) {
    this.name = name;
    this.#keys = keys;
  }

  /** The worker that was given its last job, as long as it takes jobs; null for a key that any may take. */
  get worker(): Worker | null {
    return this.#worker && takesKeys(this.#worker) ? this.#worker : null;
  }

  /** Its jobs are for this worker from now on. */
  bind(worker: Worker | null): void {
    if (this.#worker) this.#worker.keys--;
    if (worker) worker.keys++;
    this.#worker = worker;
  }

  /** A job of the key has ended, and no worker has it. */
  left(job: Job): void {
    if (this.turn === job) this.#keys.next(this);
  }
}

/** What stands before a new job of a key: so many others of it; the worker that is to run it, and no other; or nothing. */
export type Before =
  | { readonly at: "jobs"; readonly count: number }
  | { readonly at: "worker"; readonly worker: Worker }
  | { readonly at: "none" };

/** Where the jobs that have the turn wait. */
export interface TurnParts {
  wait(job: Job): void;
  /** The job has lost it to another. */
  leave(job: Job): void;
}

/** All keys that have jobs, and the last that had. */
export class Keys {
  readonly #parts: TurnParts;
  readonly #busy = new Register<string, Key>();
  /** Those without a job, the one that rests longest first. */
  readonly #resting = new Register<string, Key>();

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /** What a new job of this key would find. */
  before(name: string): Before {
    const busy = this.#busy.get(name);
    if (busy) return { at: "jobs", count: 1 + (busy.line?.size ?? 0) };
    const worker = this.#resting.get(name)?.worker ?? null;
    return worker ? { at: "worker", worker } : { at: "none" };
  }

  /** A new job of a key. */
  come(job: Job, name: string): void {
    const key = this.#busy.get(name) ?? this.#begin(name);
    job.key = key;
    const { turn } = key;
    if (turn === null) return this.#giveTurn(key, job);
    key.line ??= new Lanes();
    if (turn.state.at !== "queued" || !precedes(job, turn)) return key.line.push(job);
    this.#parts.leave(turn);
    key.line.putBack(turn);
    this.#giveTurn(key, job);
  }

  /** The job that had the turn has ended: the next has it. */
  next(key: Key): void {
    const next = key.line?.first;
    key.turn = null;
    if (!next) return this.#rest(key);
    key.line?.remove(next);
    this.#giveTurn(key, next);
  }

  /** A worker has gone. */
  forget(): void {
    for (const key of [...this.#resting.values()]) if (key.worker === null) this.#resting.delete(key.name);
  }

  #giveTurn(key: Key, job: Job): void {
    key.turn = job;
    this.#parts.wait(job);
  }

  #begin(name: string): Key {
    const key = this.#resting.get(name) ?? new Key(name, this);
    this.#resting.delete(name);
    this.#busy.set(name, key);
    return key;
  }

  #rest(key: Key): void {
    key.line = null;
    this.#busy.delete(key.name);
    if (key.worker === null) return;
    this.#resting.set(key.name, key);
    if (this.#resting.size <= REMEMBERED) return;
    const [oldest] = this.#resting.values();
    this.#resting.delete((oldest as Key).name);
    oldest?.bind(null);
  }
}

/** Whether jobs wait for this worker rather than go to another. */
export function takesKeys(worker: Worker): boolean {
  return !worker.isFull && (worker.state.at === "idle" || worker.state.at === "busy");
}
