/**
 * Counts what has happened. What is happening is counted off the collections, never kept here a second time.
 *
 * @module
 */

import type { WorkerAdapter } from "./adapter.ts";
import type { Crew } from "./crew.ts";
import type { Stats } from "./engine.ts";
import type { Job } from "./job.ts";

/** The counters of one cluster; `Stats` says when each is incremented. */
export class Ledger {
  readonly jobs = { accepted: 0, refused: 0, succeeded: 0, failed: 0, retried: 0 };
  readonly lost = { workers: 0, abandoned: 0, messages: 0 };

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
      jobs: { waiting: now.waiting, running: jobsAt(crew, "running").length, ...this.jobs },
      recycled: crew.recycled,
      lost: { starts: crew.lostStarts, ...this.lost },
      expectedRun: now.expectedRun,
    };
  }
}

/** The jobs of workers that stand there. */
export function jobsAt(crew: Crew, ...at: Job["state"]["at"][]): Job[] {
  return [...crew].flatMap((worker) => [...worker.jobs].filter((job) => at.includes(job.state.at)));
}
