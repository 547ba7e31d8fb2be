/**
 * Counts what has happened. What is happening is counted off the collections, never kept here a second time.
 *
 * @module
 */

import type { WorkerAdapter } from "./adapter.ts";
import type { Crew } from "./crew.ts";
import type { Stats, TaskStats } from "./engine.ts";
import { Histogram } from "./histogram.ts";
import type { Job } from "./job.ts";

/** What is asked of a job that has its outcome. */
type Settled = Pick<Job, "request" | "submittedAt" | "startedAt" | "attempt">;

/** What is asked of the workers. */
export type Staff = Pick<Crew, "count" | "recycled" | "lostStarts" | "utilisation">;

/** What is known of the jobs of one task, or of all. */
class Runs {
  #succeeded = 0;
  #failed = 0;
  readonly #wait = new Histogram();
  readonly #run = new Histogram();

  count({ submittedAt, startedAt, attempt }: Settled, ok: boolean, now: number): void {
    if (ok) this.#succeeded++;
    else this.#failed++;
    if (attempt === 0) return;
    this.#wait.record(startedAt - submittedAt);
    this.#run.record(now - startedAt);
  }

  add(other: Runs): void {
    this.#succeeded += other.#succeeded;
    this.#failed += other.#failed;
    this.#wait.add(other.#wait);
    this.#run.add(other.#run);
  }

  get stats(): Omit<TaskStats, "expectedRun"> {
    return { succeeded: this.#succeeded, failed: this.#failed, wait: this.#wait.durations, run: this.#run.durations };
  }
}

/** The counters of one cluster; `Stats` says when each is incremented. */
export class Ledger {
  readonly jobs = { accepted: 0, refused: 0, retried: 0 };
  /** By the names of exports; null for the default one. */
  readonly #tasks = new Map<string | null, Runs>();
  /** Of names that no job has been answered under with a value yet: a caller may invent any number of them. */
  readonly #others = new Runs();
  readonly lost = { workers: 0, abandoned: 0, messages: 0 };

  /** An accepted job has its outcome. */
  settled(job: Settled, ok: boolean, now: number): void {
    const { task } = job.request;
    const runs = this.#tasks.get(task) ?? (ok ? this.#firstOf(task) : this.#others);
    runs.count(job, ok, now);
  }

  #firstOf(task: string | null): Runs {
    const runs = new Runs();
    this.#tasks.set(task, runs);
    return runs;
  }

  /** A snapshot, with the gauges of this moment. */
  stats(
    { name, isolation }: Pick<WorkerAdapter, "name" | "isolation">,
    crew: Staff,
    now: {
      readonly state: Stats["state"];
      /** Jobs that wait, also those in workers. */
      readonly waiting: number;
      readonly running: number;
      readonly expectedRun: number;
      readonly expectedRunOf: (task: string | null) => number;
    },
  ): Stats {
    const { succeeded, failed, wait, run } = this.#ofAll();
    return {
      adapter: name,
      isolation,
      state: now.state,
      workers: {
        starting: crew.count("starting"),
        idle: crew.count("idle"),
        busy: crew.count("busy"),
        retiring: crew.count("retiring"),
        stopping: crew.count("stopping"),
      },
      jobs: {
        waiting: now.waiting,
        running: now.running,
        accepted: this.jobs.accepted,
        refused: this.jobs.refused,
        succeeded,
        failed,
        retried: this.jobs.retried,
      },
      wait,
      run,
      tasks: this.#byTask(now.expectedRunOf),
      recycled: crew.recycled,
      lost: { starts: crew.lostStarts, ...this.lost },
      utilisation: crew.utilisation,
      expectedRun: now.expectedRun,
    };
  }

  #ofAll(): Omit<TaskStats, "expectedRun"> {
    const all = new Runs();
    all.add(this.#others);
    for (const runs of this.#tasks.values()) all.add(runs);
    return all.stats;
  }

  #byTask(expectedRunOf: (task: string | null) => number): Stats["tasks"] {
    // Without a prototype: a task may be called as a property of it.
    const tasks: Record<string, TaskStats> = Object.create(null);
    for (const [task, runs] of this.#tasks) {
      tasks[task ?? "default"] = { ...runs.stats, expectedRun: expectedRunOf(task) };
    }
    return tasks;
  }
}

/** The jobs of workers that stand there. */
export function jobsAt(crew: Crew, ...at: Job["state"]["at"][]): Job[] {
  return [...crew].flatMap((worker) => [...worker.jobs].filter((job) => at.includes(job.state.at)));
}
