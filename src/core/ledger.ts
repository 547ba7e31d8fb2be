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

/** What is known of the jobs of one task, or of all. */
class Runs {
  succeeded = 0;
  failed = 0;
  readonly #wait = new Histogram();
  readonly #run = new Histogram();

  count({ submittedAt, startedAt, attempt }: Job, ok: boolean, now: number): void {
    if (ok) this.succeeded++;
    else this.failed++;
    if (attempt === 0) return;
    this.#wait.record(startedAt - submittedAt);
    this.#run.record(now - startedAt);
  }

  get stats(): TaskStats {
    return { succeeded: this.succeeded, failed: this.failed, wait: this.#wait.durations, run: this.#run.durations };
  }
}

/** The counters of one cluster; `Stats` says when each is incremented. */
export class Ledger {
  readonly jobs = { accepted: 0, refused: 0, retried: 0 };
  readonly #all = new Runs();
  /** By the names of exports; null for the default one. */
  readonly #tasks = new Map<string | null, Runs>();
  readonly lost = { workers: 0, abandoned: 0, messages: 0 };

  /** An accepted job has its outcome. */
  settled(job: Job, ok: boolean, now: number): void {
    this.#all.count(job, ok, now);
    const { task } = job.request;
    // Not for the names of tasks that there are not: a caller may invent any number of them.
    const runs = this.#tasks.get(task) ?? (ok ? new Runs() : null);
    if (!runs) return;
    this.#tasks.set(task, runs);
    runs.count(job, ok, now);
  }

  /** A snapshot, with the gauges of this moment. */
  stats(
    { name, isolation }: WorkerAdapter,
    crew: Crew,
    now: {
      readonly state: Stats["state"];
      /** Jobs that wait, also those in workers. */
      readonly waiting: number;
      readonly expectedRun: number;
    },
  ): Stats {
    const { succeeded, failed, wait, run } = this.#all.stats;
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
        running: jobsAt(crew, "running").length,
        accepted: this.jobs.accepted,
        refused: this.jobs.refused,
        succeeded,
        failed,
        retried: this.jobs.retried,
      },
      wait,
      run,
      tasks: this.#byTask(),
      recycled: crew.recycled,
      lost: { starts: crew.lostStarts, ...this.lost },
      expectedRun: now.expectedRun,
    };
  }

  #byTask(): Stats["tasks"] {
    // Without a prototype: a task may be called as a property of it.
    const tasks: Record<string, TaskStats> = Object.create(null);
    for (const [task, runs] of this.#tasks) tasks[task ?? "default"] = runs.stats;
    return tasks;
  }
}

/** The jobs of workers that stand there. */
export function jobsAt(crew: Crew, ...at: Job["state"]["at"][]): Job[] {
  return [...crew].flatMap((worker) => [...worker.jobs].filter((job) => at.includes(job.state.at)));
}
