import process from "node:process";
import { describe, expect, it } from "vitest";
import type { SchedulerOptions } from "../../src/core/scheduler.ts";
import { Cluster, type FakeWorker, type Submitted, takeViolations } from "./fakes.ts";
import { type Random, random } from "./random.ts";

/** A cluster whose workers answer with what they use. */
function answer(worker: FakeWorker, memory?: number): void {
  const [number] = worker.jobs.keys();
  worker.says({ type: "answers", answers: [[number, 0, "done"]], ...(memory === undefined ? {} : { memory }) });
}

/** One worker, ready and idle. */
function rested(options: Partial<SchedulerOptions>): Cluster {
  const cluster = new Cluster(options);
  cluster.submit("first");
  cluster.worker(0).ready();
  answer(cluster.worker(0));
  cluster.flush();
  return cluster;
}

describe("Scheduler maxJobsPerWorker", () => {
  it("Scheduler sends a worker home after its last job, and starts another for the next", () => {
    const cluster = new Cluster({ maxJobsPerWorker: 2 });
    const jobs = cluster.submitAll(1, 2, 3);
    cluster.worker(0).ready();
    cluster.worker(0).answer();
    cluster.worker(0).answer();
    cluster.flush();
    expect([cluster.worker(0).stops, cluster.worker(0).kills, cluster.workers.length]).toEqual([1, 0, 1]);
    cluster.worker(0).exit();
    cluster.worker(1).ready();
    expect(cluster.worker(1).running).toEqual([3]);
    cluster.worker(1).answer();
    expect(jobs.map((job) => job.value)).toEqual([null, null, null]);
    expect([cluster.stats.recycled, cluster.stats.lost.workers, cluster.faults]).toEqual([1, 0, []]);
    expect(cluster.facts.find((fact) => fact.type === "worker:exit")).toMatchObject({
      expected: true,
      recycled: "jobs",
    });
  });

  it("Scheduler gives every job a worker of its own, and starts the next beside it below maxWorkers", () => {
    const cluster = new Cluster({ maxJobsPerWorker: 1, maxWorkers: 2 });
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.submit(2);
    expect(cluster.workers).toHaveLength(2);
    cluster.worker(0).answer();
    cluster.worker(1).ready();
    expect([cluster.worker(0).stops, cluster.worker(1).running]).toEqual([1, [2]]);
  });

  it("Scheduler starts the successor of a kept worker with its last job", () => {
    const cluster = new Cluster({ maxJobsPerWorker: 1, maxWorkers: 2, minWorkers: 1 });
    cluster.submit(1);
    cluster.worker(0).ready();
    expect(cluster.workers).toHaveLength(2);
  });

  it("Scheduler counts a job that was refused by the transport for none", () => {
    const cluster = new Cluster({ maxJobsPerWorker: 1 });
    cluster.submit(() => {});
    cluster.submit("good");
    cluster.worker(0).ready();
    expect(cluster.worker(0).running).toEqual(["good"]);
  });

  it("Scheduler lets the neighbours of a last job finish", () => {
    const cluster = new Cluster({ maxJobsPerWorker: 3, concurrency: 3 });
    const jobs = cluster.submitAll(1, 2, 3, 4);
    cluster.worker(0).ready();
    expect(cluster.worker(0).running).toEqual([1, 2, 3]);
    cluster.worker(0).answer();
    expect([cluster.worker(0).ending, cluster.worker(0).running]).toEqual([false, [2, 3]]);
    cluster.worker(0).answer();
    cluster.worker(0).answer();
    expect(cluster.worker(0).stops).toBe(1);
    cluster.worker(0).exit();
    cluster.worker(1).ready();
    cluster.worker(1).answer();
    expect(jobs.every((job) => job.outcome?.ok)).toBe(true);
  });

  it("Scheduler kills a worker whose aborted last job goes on, as any other", () => {
    const cluster = new Cluster({ maxJobsPerWorker: 1 });
    const job = cluster.submit(1);
    cluster.worker(0).ready();
    job.cancel();
    cluster.advance(200);
    expect([cluster.worker(0).kills, cluster.worker(0).stops]).toEqual([1, 0]);
  });
});

describe("Scheduler maxWorkerAge", () => {
  it("Scheduler sends an old idle worker home when nothing needs it", () => {
    const cluster = rested({ maxWorkerAge: 5_000 });
    cluster.advance(4_999);
    expect(cluster.worker(0).ending).toBe(false);
    cluster.advance(1);
    expect([cluster.worker(0).stops, cluster.workers.length]).toEqual([1, 1]);
    cluster.worker(0).exit();
    expect([cluster.stats.recycled, cluster.clock.pending]).toEqual([1, 0]);
  });

  it("Scheduler starts the successor of a kept worker first, and dismisses the old one when it is ready", () => {
    const cluster = rested({ maxWorkerAge: 5_000, minWorkers: 1, maxWorkers: 2 });
    cluster.advance(5_000);
    expect([cluster.workers.length, cluster.worker(0).ending]).toEqual([2, false]);
    cluster.submit("meanwhile");
    expect(cluster.worker(0).running).toEqual(["meanwhile"]);
    cluster.worker(1).ready();
    expect(cluster.worker(0).ending).toBe(false);
    cluster.submit("next");
    expect(cluster.worker(1).running).toEqual(["next"]);
    answer(cluster.worker(0));
    expect([cluster.worker(0).stops, cluster.worker(0).kills]).toEqual([1, 0]);
  });

  it("Scheduler lets the only worker that it may have finish and leave before its successor starts", () => {
    const cluster = new Cluster({ maxWorkerAge: 5_000, maxWorkers: 1 });
    const jobs = cluster.submitAll(1, 2);
    cluster.worker(0).ready();
    cluster.advance(5_000);
    expect([cluster.worker(0).ending, cluster.stats.workers.retiring]).toEqual([false, 1]);
    answer(cluster.worker(0));
    expect([cluster.worker(0).stops, cluster.workers.length]).toEqual([1, 1]);
    cluster.worker(0).exit();
    cluster.worker(1).ready();
    answer(cluster.worker(1));
    expect(jobs.map((job) => job.value)).toEqual(["done", "done"]);
  });

  it("Scheduler keeps an old worker whose successor can't be started, and tries again", () => {
    const cluster = rested({ maxWorkerAge: 5_000, minWorkers: 1, maxWorkers: 2, idleTimeout: Infinity });
    cluster.advance(5_000);
    cluster.worker(1).crash();
    expect([cluster.worker(0).ending, cluster.workers.length]).toEqual([false, 2]);
    cluster.advance(100);
    expect(cluster.workers).toHaveLength(3);
    cluster.worker(2).ready();
    expect(cluster.worker(0).stops).toBe(1);
  });

  it("Scheduler replaces one worker at a time", () => {
    const cluster = new Cluster({ maxWorkerAge: 1_000, maxWorkers: 4, minWorkers: 3, idleTimeout: Infinity });
    cluster.warm();
    for (const worker of cluster.workers) worker.ready();
    cluster.advance(1_000);
    expect(cluster.workers).toHaveLength(4);
    for (let replaced = 0; replaced < 3; replaced++) {
      cluster.worker(-1).ready();
      const leaving = cluster.workers.filter((worker) => worker.stops === 1 && worker.at !== "exited");
      expect(leaving).toEqual([cluster.worker(replaced)]);
      leaving[0]!.exit();
    }
    expect([cluster.stats.recycled, cluster.stats.workers.idle]).toEqual([3, 3]);
  });

  it("Scheduler replaces nobody while it closes", () => {
    const cluster = new Cluster({ maxWorkerAge: 1_000, maxWorkers: 2 });
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.close();
    cluster.advance(1_000);
    expect([cluster.workers.length, cluster.worker(0).ending]).toEqual([1, false]);
    answer(cluster.worker(0));
    expect(cluster.worker(0).stops).toBe(1);
    cluster.worker(0).exit();
    expect([cluster.stats.state, cluster.clock.pending]).toEqual(["closed", 0]);
  });
});

describe("Scheduler maxWorkerMemory", () => {
  it("Scheduler replaces a worker that uses too much, successor first, without losing a job", () => {
    const cluster = new Cluster({ maxWorkerMemory: 1_000, maxWorkers: 2 });
    const jobs = cluster.submitAll(1);
    cluster.worker(0).ready();
    jobs.push(...cluster.submitAll(2, 3, 4));
    answer(cluster.worker(0), 999);
    expect(cluster.stats.workers.retiring).toBe(0);
    answer(cluster.worker(0), 1_000);
    expect(cluster.worker(0).running).toEqual([3]);
    cluster.worker(1).ready();
    cluster.flush();
    for (const worker of cluster.workers) while (worker.at === "ready" && worker.jobs.size > 0) answer(worker, 10);
    expect(jobs.every((job) => job.outcome?.ok)).toBe(true);
    expect(cluster.worker(0).stops).toBe(1);
  });

  it.each([NaN, "2000", null, undefined, -1])("Scheduler takes a memory of %s for none", (memory) => {
    const cluster = new Cluster({ maxWorkerMemory: 1_000 });
    cluster.submit(1);
    cluster.worker(0).ready();
    answer(cluster.worker(0), memory as number);
    expect(cluster.worker(0).ending).toBe(false);
  });
});

describe("Scheduler recycling", () => {
  it("Scheduler loses no job, whatever the limits, in random histories", () => {
    const seed = Number(process.env["SEED"] ?? Date.now() % 1e6);
    for (let i = 0; i < 300; i++) new History(seed + i).play();
  }, 60_000);
});

/** Workers that answer, use memory, die, and leave; jobs that come, time out, and are cancelled. */
class History {
  readonly #random: Random;
  readonly #seed: number;
  readonly #options: SchedulerOptions;
  readonly #cluster: Cluster;
  readonly #jobs: Submitted[] = [];
  readonly #begun = new Map<string, number>();

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = random(seed);
    const { pick } = this.#random;
    this.#cluster = new Cluster({
      maxWorkers: pick([1, 2, 3]),
      minWorkers: pick([0, 1]),
      concurrency: pick([1, 1, 3]),
      retries: pick([0, 2]),
      maxJobsPerWorker: pick([1, 2, 5, Infinity]),
      maxWorkerAge: pick([50, 400, Infinity]),
      maxWorkerMemory: pick([5, Infinity]),
    });
    this.#options = this.#cluster.options;
    this.#cluster.listener = (told) => {
      if (told === "job:started") this.#started();
    };
  }

  play(): void {
    try {
      for (let step = 0; step < 80; step++) this.#step();
      for (let step = 0; step < 2_000 && this.#jobs.some((job) => !job.outcome); step++) this.#serve();
      for (const job of this.#jobs) expect(job.outcome, `job ${job.id}`).not.toBeNull();
      this.#cluster.close();
      for (let step = 0; step < 50 && this.#cluster.stats.state !== "closed"; step++) this.#serve();
      expect([this.#cluster.stats.state, this.#cluster.clock.pending]).toEqual(["closed", 0]);
      expect(takeViolations()).toEqual([]);
    } catch (error) {
      throw new Error(`SEED=${this.#seed}`, { cause: error });
    }
  }

  #step(): void {
    const { once, integer, fraction, pick } = this.#random;
    if (once(3)) this.#jobs.push(this.#cluster.submit("job", once(8) ? { timeout: 10 + integer(100) } : {}));
    if (once(20) && this.#jobs.length > 0) pick(this.#jobs).cancel();
    if (once(15)) {
      const live = this.#cluster.workers.filter((worker) => worker.at === "ready");
      if (live.length > 0) pick(live).crash();
    }
    if (once(30)) this.#cluster.warm();
    this.#cluster.advance(fraction() * 30);
    if (once(2)) this.#serve();
    this.#check();
  }

  /** Everyone does what is expected. */
  #serve(): void {
    for (const worker of this.#cluster.workers) {
      if (worker.at === "exited") continue;
      if (worker.ending) worker.exit();
      else if (worker.at === "starting") worker.ready();
      else if (worker.jobs.size > 0) answer(worker, this.#random.integer(7));
      if (worker.at === "ready") worker.hearRecalls();
    }
    this.#cluster.advance(20);
    this.#check();
  }

  #started(): void {
    const fact = this.#cluster.facts.at(-1) as { worker: string };
    const begun = 1 + (this.#begun.get(fact.worker) ?? 0);
    this.#begun.set(fact.worker, begun);
    expect(begun).toBeLessThanOrEqual(this.#options.maxJobsPerWorker);
  }

  #check(): void {
    const { stats, workers } = this.#cluster;
    const live = workers.filter((worker) => worker.at !== "exited");
    expect(live.length).toBeLessThanOrEqual(this.#options.maxWorkers);
    if (stats.workers.idle > 0 && stats.state === "open") expect(stats.jobs.waiting).toBe(0);
  }
}
