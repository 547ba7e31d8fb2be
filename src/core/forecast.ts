/**
 * Predicts how long jobs take, each by those of its own task.
 *
 * @module
 */

import { Estimator, Rest } from "./estimator.ts";

/** The name of a task; null for the default export. */
type Task = string | null;

/** What is known of how long jobs take. */
export class Forecast {
  readonly #rest = new Rest();
  readonly #all: Estimator = new Estimator(this.#rest);
  /** The task of all jobs so far; undefined before the first. What is known of it is known of all. */
  #only: Task | undefined;
  /** By task, once there are several. */
  readonly #tasks = new Map<Task, Estimator>();

  /** How many runs were recorded. */
  get runs(): number {
    return this.#all.runs;
  }

  /** Says whether a job runs from now on. */
  watch(runs: boolean, now: number): void {
    this.#rest.watch(runs, now);
  }

  /** Records one run that ended well. */
  record(task: Task, ran: number): void {
    if (this.#only === undefined) this.#only = task;
    if (this.#tasks.size > 0 || task !== this.#only) this.#of(task).record(ran);
    this.#all.record(ran);
  }

  /** A task's own. Only what the module exports ends well: there are no more of them than that. */
  #of(task: Task): Estimator {
    if (this.#tasks.size === 0) this.#tasks.set(this.#only as Task, this.#all.copy());
    const found = this.#tasks.get(task) ?? new Estimator(this.#rest);
    this.#tasks.set(task, found);
    return found;
  }

  /** Predicted run of a job of this task, in milliseconds; that of any job while nothing is known of the task. */
  run(task: Task, now: number): number {
    return (this.#tasks.get(task) ?? this.#all).run(now);
  }

  /** Predicted run of a job of whatever task; 0 while nothing is known. */
  runOfAny(now: number): number {
    return this.#all.run(now);
  }
}
