/**
 * The metrics of one cluster.
 *
 * @module
 */

import type { Attributes, BatchObservableCallback, Context, Counter, Histogram, Meter } from "@opentelemetry/api";
import type { Stats } from "../core/engine.ts";
import type { Fact } from "../core/fact.ts";
import { ERROR_TYPE, errorType, EXIT, OUTCOME, TASK, WORKER_STATE } from "./attributes.ts";

/** In seconds; those that OpenTelemetry has for requests, and some for jobs that take longer, or hardly any time. */
const BOUNDARIES = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Records what happens to jobs and workers, and has gauges read when they are asked for. */
export class Metrics {
  readonly #attributes: Attributes;
  readonly #jobs: Counter;
  readonly #retries: Counter;
  readonly #exits: Counter;
  readonly #wait: Histogram;
  readonly #run: Histogram;
  readonly #endGauges: () => void;

  /**
   * @param attributes Of all of them.
   * @param stats Read when the gauges are.
   */
  constructor(meter: Meter, attributes: Attributes, stats: () => Stats) {
    this.#attributes = attributes;
    this.#jobs = meter.createCounter("compute_cluster.jobs", { unit: "{job}", description: "Jobs that have ended." });
    this.#retries = meter.createCounter("compute_cluster.job.retries", {
      unit: "{run}",
      description: "Runs that were lost with their worker, and made again.",
    });
    this.#exits = meter.createCounter("compute_cluster.worker.exits", {
      unit: "{worker}",
      description: "Workers that have ended.",
    });
    const duration = (what: string, description: string): Histogram =>
      meter.createHistogram(`compute_cluster.job.${what}`, {
        unit: "s",
        description,
        advice: { explicitBucketBoundaries: BOUNDARIES },
      });
    this.#wait = duration("wait_time", "How long jobs waited before they began.");
    this.#run = duration("run_time", "How long jobs ran.");
    this.#endGauges = gauges(meter, attributes, stats);
  }

  /** Takes what happens to a job; `context` has its span. */
  tell(fact: Fact, context: Context): void {
    switch (fact.type) {
      case "job:refused":
        return this.#count(fact.task, "refused", fact.error, context);
      case "job:retried":
        return this.#retries.add(1, this.#of(fact.task), context);
      case "job:settled":
        this.#count(fact.task, fact.ok ? "succeeded" : "failed", fact.error, context);
        if (fact.attempt > 0) this.#measure(fact, context);
    }
  }

  #measure({ task, ok, waited, ran }: Extract<Fact, { type: "job:settled" }>, context: Context): void {
    const attributes = { ...this.#of(task), [OUTCOME]: ok ? "succeeded" : "failed" };
    this.#wait.record(waited / 1000, this.#of(task), context);
    this.#run.record(ran / 1000, attributes, context);
  }

  /** Takes the end of a worker. */
  exited({ expected, recycled }: Extract<Fact, { type: "worker:exit" }>): void {
    const how = recycled ? "recycled" : expected ? "stopped" : "lost";
    this.#exits.add(1, { ...this.#attributes, [EXIT]: how });
  }

  /** Gauges are read no more. */
  endGauges(): void {
    this.#endGauges();
  }

  #count(task: string | null, outcome: string, error: unknown, context: Context): void {
    const failed = outcome === "succeeded" ? {} : { [ERROR_TYPE]: errorType(error) };
    this.#jobs.add(1, { ...this.#of(task), [OUTCOME]: outcome, ...failed }, context);
  }

  #of(task: string | null): Attributes {
    return { ...this.#attributes, [TASK]: task ?? "default" };
  }
}

/** Returns what ends their being read. */
function gauges(meter: Meter, attributes: Attributes, stats: () => Stats): () => void {
  const backlog = meter.createObservableUpDownCounter("compute_cluster.backlog", {
    unit: "{job}",
    description: "Jobs that wait.",
  });
  const running = meter.createObservableUpDownCounter("compute_cluster.job.running", {
    unit: "{job}",
    description: "Jobs that run.",
  });
  const workers = meter.createObservableUpDownCounter("compute_cluster.worker.count", {
    unit: "{worker}",
    description: "Workers, by what they are doing.",
  });
  const utilization = meter.createObservableGauge("compute_cluster.worker.utilization", {
    unit: "1",
    description: "The share of their time that workers spent running jobs of late.",
  });
  const all = [backlog, running, workers, utilization];
  const read: BatchObservableCallback = (result) => {
    const { jobs, workers: byState, utilisation } = stats();
    result.observe(backlog, jobs.waiting, attributes);
    result.observe(running, jobs.running, attributes);
    result.observe(utilization, utilisation, attributes);
    for (const [state, count] of Object.entries(byState)) {
      result.observe(workers, count, { ...attributes, [WORKER_STATE]: state });
    }
  };
  meter.addBatchObservableCallback(read, all);
  return () => meter.removeBatchObservableCallback(read, all);
}
