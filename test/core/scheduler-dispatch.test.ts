import { describe, expect, it } from "vitest";
import { Cluster } from "./fakes.ts";

/** A cluster whose first worker is ready and has nothing to do. */
function warmed(options: ConstructorParameters<typeof Cluster>[0] = {}): Cluster {
  const cluster = new Cluster(options);
  cluster.submit("first");
  cluster.worker(0).ready();
  cluster.worker(0).answer();
  return cluster;
}

describe("Scheduler order", () => {
  it("Scheduler starts jobs in the order they were submitted", () => {
    const cluster = new Cluster();
    cluster.submitAll(1, 2, 3, 4);
    const worker = cluster.worker(0);
    worker.ready();
    const started: unknown[] = [];
    while (worker.jobs.size > 0) {
      started.push(...worker.running);
      worker.answer();
    }
    expect(started).toEqual([1, 2, 3, 4]);
  });

  it("Scheduler gives a job to the newest idle worker, so that the oldest can go home", () => {
    const cluster = new Cluster({ maxWorkers: 3 });
    cluster.submitAll(1, 2, 3);
    cluster.allReady();
    for (const worker of cluster.workers) worker.answer();
    cluster.submit(4);
    expect(cluster.workers.map((worker) => worker.running)).toEqual([[], [], [4]]);
  });

  it("Scheduler gives a job to the worker with the fewest", () => {
    const cluster = new Cluster({ maxWorkers: 2, concurrency: 2 });
    cluster.submitAll(1, 2, 3, 4);
    cluster.allReady();
    const [first, second] = [cluster.worker(0), cluster.worker(1)];
    first.answer();
    first.answer();
    second.answer();
    cluster.submitAll(5, 6, 7);
    expect([first.jobs.size, second.jobs.size]).toEqual([2, 2]);
    expect(first.running[0]).toBe(5);
  });

  it("Scheduler runs as many jobs in one worker as concurrency says", () => {
    const cluster = new Cluster({ concurrency: 3 });
    cluster.submitAll(1, 2, 3, 4);
    cluster.worker(0).ready();
    expect(cluster.worker(0).running).toEqual([1, 2, 3]);
    cluster.worker(0).answer();
    expect(cluster.worker(0).running).toEqual([2, 3, 4]);
  });

  it("Scheduler runs one job at a time in a worker by default", () => {
    const cluster = new Cluster();
    cluster.submitAll(1, 2);
    cluster.worker(0).ready();
    expect(cluster.worker(0).running).toEqual([1]);
  });

  it("Scheduler sends a job as it was submitted, with its attempt", () => {
    const cluster = new Cluster();
    cluster.submit({ r: 2 }, { id: "mine", task: "area" });
    cluster.worker(0).ready();
    expect(cluster.worker(0).frames).toEqual([{ type: "jobs", jobs: [[1, { r: 2 }, 0, "area", "mine", 1]] }]);
  });

  it("Scheduler moves what is to be transferred", () => {
    const cluster = new Cluster({}, "thread");
    const buffer = new ArrayBuffer(8);
    cluster.submit(buffer, { transfer: [buffer] });
    cluster.worker(0).ready();
    expect([buffer.byteLength, (cluster.worker(0).running[0] as ArrayBuffer).byteLength]).toEqual([0, 8]);
  });
});

describe("Scheduler workers", () => {
  it("Scheduler starts nothing until it is asked for work", () => {
    const cluster = new Cluster({ minWorkers: 2, maxWorkers: 4 });
    cluster.advance(60_000);
    expect(cluster.workers).toEqual([]);
  });

  it("Scheduler starts one worker per waiting job", () => {
    const cluster = new Cluster({ maxWorkers: 4 });
    const started = [1, 2, 3].map((args) => {
      cluster.submit(args);
      return cluster.workers.length;
    });
    expect(started).toEqual([1, 2, 3]);
  });

  it("Scheduler never has more than maxWorkers", () => {
    const cluster = new Cluster({ maxWorkers: 2 });
    cluster.submitAll(1, 2, 3, 4, 5);
    cluster.allReady();
    expect(cluster.workers).toHaveLength(2);
  });

  it("Scheduler starts no worker for a job that an idle one takes", () => {
    const cluster = warmed({ maxWorkers: 4 });
    cluster.submit(1);
    expect([cluster.workers.length, cluster.worker(0).running]).toEqual([1, [1]]);
  });

  it("Scheduler counts a stopping worker against maxWorkers, and replaces it when it has gone", () => {
    const cluster = warmed();
    cluster.advance(20_000);
    expect(cluster.worker(0).stops).toBe(1);
    const job = cluster.submit(1);
    expect([cluster.workers.length, cluster.stats.jobs.waiting]).toEqual([1, 1]);
    cluster.worker(0).exit();
    expect(cluster.workers).toHaveLength(2);
    cluster.worker(1).ready();
    cluster.worker(1).answer("late but well");
    expect(job.value).toBe("late but well");
  });

  it("Scheduler lets a starting worker rest when its job has gone to another", () => {
    const cluster = warmed({ maxWorkers: 2 });
    cluster.submitAll(1, 2);
    cluster.worker(0).answer();
    expect(cluster.worker(0).running).toEqual([2]);
    cluster.worker(1).ready();
    expect(cluster.stats.workers).toMatchObject({ busy: 1, idle: 1 });
  });

  it("Scheduler stops a worker that was idle for idleTimeout", () => {
    const cluster = warmed({ idleTimeout: 400 });
    cluster.advance(399);
    expect(cluster.worker(0).stops).toBe(0);
    cluster.advance(1);
    expect(cluster.worker(0).stops).toBe(1);
    cluster.worker(0).exit();
    expect([cluster.adapter.alive.length, cluster.clock.pending, cluster.faults.length]).toEqual([0, 0, 0]);
  });

  it("Scheduler does not stop a busy worker, however long its job takes", () => {
    const cluster = warmed({ idleTimeout: 400 });
    cluster.advance(399);
    cluster.submit(1);
    cluster.advance(100_000);
    expect(cluster.worker(0).ending).toBe(false);
    cluster.worker(0).answer();
    cluster.advance(399);
    expect(cluster.worker(0).ending).toBe(false);
    cluster.advance(1);
    expect(cluster.worker(0).stops).toBe(1);
  });

  it("Scheduler lets only idle workers let the program end", () => {
    const cluster = new Cluster();
    cluster.submit(1);
    const worker = cluster.worker(0);
    const held = [worker.holdsProgram];
    worker.ready();
    held.push(worker.holdsProgram);
    worker.answer();
    held.push(worker.holdsProgram);
    cluster.submit(2);
    held.push(worker.holdsProgram);
    worker.answer();
    cluster.advance(20_000);
    expect(worker.stops).toBe(1);
    held.push(worker.holdsProgram);
    expect(held).toEqual([true, true, false, true, true]);
  });

  it("Scheduler lets the program end while its only worker rests, and has no timer that would not", () => {
    const cluster = warmed();
    expect([cluster.worker(0).holdsProgram, cluster.clock.keepsAlive]).toEqual([false, false]);
  });
});

describe("Scheduler admission", () => {
  it("Scheduler refuses the fourth of four jobs with one worker and a backlog of two, as 0.0.9 did", () => {
    const cluster = new Cluster({ maxWorkers: 1, maxBacklog: 2 });
    const jobs = cluster.submitAll(1, 2, 3, 4);
    cluster.flush();
    expect(jobs.map((job) => job.code)).toEqual([null, null, null, "CC_ERR_BACKLOG_FULL"]);
    expect((jobs[3]!.error as Error).message).toBe("cannot enqueue work: maximum backlog exceeded (2)");
  });

  it("Scheduler with maxBacklog 0 takes as many jobs as there may be workers", () => {
    const cluster = new Cluster({ maxWorkers: 2, maxBacklog: 0 });
    const jobs = cluster.submitAll(1, 2, 3);
    cluster.flush();
    expect(jobs.map((job) => job.code)).toEqual([null, null, "CC_ERR_BACKLOG_FULL"]);
  });

  it("Scheduler with maxBacklog Infinity refuses nothing", () => {
    const cluster = new Cluster({ maxBacklog: Infinity });
    for (let i = 0; i < 1_000; i++) cluster.submit(i);
    expect(cluster.stats.jobs).toMatchObject({ accepted: 1_000, refused: 0, waiting: 1_000 });
  });

  it.each([
    ["may be started", () => new Cluster({ maxBacklog: 0 })],
    ["is starting for a job that was cancelled", () => {
      const cluster = new Cluster({ maxBacklog: 0 });
      cluster.submit().cancel();
      return cluster;
    }],
    ["is idle", () => warmed({ maxBacklog: 0 })],
  ])("Scheduler does not count a job that a worker will take which %s", (_name, cluster) => {
    const [taken, refused] = cluster().submitAll(1, 2);
    expect([taken!.code, refused!.code]).toEqual([null, null]);
    const again = cluster();
    const jobs = again.submitAll(1, 2);
    again.flush();
    expect(jobs.map((job) => job.code)).toEqual([null, "CC_ERR_BACKLOG_FULL"]);
  });

  it("Scheduler does not count on a worker that is stopping", () => {
    const cluster = warmed({ maxBacklog: 0 });
    cluster.advance(20_000);
    const job = cluster.submit(1);
    cluster.flush();
    expect(job.code).toBe("CC_ERR_BACKLOG_FULL");
  });

  it("Scheduler counts on what concurrency leaves of a worker", () => {
    const cluster = warmed({ maxBacklog: 1, concurrency: 3 });
    const jobs = cluster.submitAll(1, 2, 3, 4, 5);
    cluster.flush();
    expect(jobs.map((job) => job.code)).toEqual([null, null, null, null, "CC_ERR_BACKLOG_FULL"]);
  });

  it("Scheduler has room again when a waiting job is cancelled", () => {
    const cluster = new Cluster({ maxBacklog: 1 });
    const [, waiting] = cluster.submitAll(1, 2);
    waiting!.cancel();
    const next = cluster.submit(3);
    cluster.flush();
    expect(next.code).toBeNull();
  });

  it("Scheduler never runs a refused job", () => {
    const cluster = new Cluster({ maxBacklog: 0 });
    cluster.submitAll("accepted", "refused");
    cluster.worker(0).ready();
    cluster.worker(0).answer();
    cluster.flush();
    expect(cluster.worker(0).frames).toHaveLength(1);
    expect(cluster.stats.jobs).toMatchObject({ accepted: 1, refused: 1, waiting: 0, running: 0 });
  });

  it("Scheduler does nothing when a refused job is cancelled", () => {
    const cluster = new Cluster({ maxBacklog: 0 });
    const [, refused] = cluster.submitAll(1, 2);
    refused!.cancel();
    cluster.flush();
    refused!.cancel();
    cluster.flush();
    expect(refused!.code).toBe("CC_ERR_BACKLOG_FULL");
  });
});

describe("Scheduler latency", () => {
  /** One worker, busy, after jobs that took 100 ms each. */
  function slow(runs: number): Cluster {
    const cluster = new Cluster({ maxLatency: 150 });
    for (let i = 0; i < runs; i++) {
      cluster.submit(i);
      cluster.allReady();
      cluster.advance(100);
      cluster.worker(0).answer();
    }
    cluster.submit("busy");
    return cluster;
  }

  it("Scheduler refuses a job that is expected to take longer than maxLatency", () => {
    const cluster = slow(2);
    const job = cluster.submit("one too many");
    cluster.flush();
    expect(job.code).toBe("CC_ERR_LATENCY");
    const error = job.error as { expected: number; retryAfter: number; limit: number };
    expect(error.expected).toBeGreaterThan(199);
    expect([error.retryAfter, error.limit]).toEqual([50, 150]);
  });

  it("Scheduler refuses none by latency before two runs per slot", () => {
    const cluster = slow(1);
    const job = cluster.submit("unknown yet");
    cluster.flush();
    expect(job.code).toBeNull();
  });

  it("Scheduler with an idle worker admits a job, however slow the last ones were", () => {
    const cluster = slow(20);
    cluster.worker(0).answer();
    const job = cluster.submit("a probe");
    cluster.flush();
    expect([job.code, cluster.worker(0).running]).toEqual([null, ["a probe"]]);
  });

  it("Scheduler forgets a slow spell", () => {
    const cluster = slow(20);
    cluster.advance(60_000);
    const during = cluster.submit("during");
    cluster.flush();
    expect(during.code, "a job has run all the time").toBe("CC_ERR_LATENCY");
    cluster.worker(0).fail("over");
    cluster.advance(60_000);
    cluster.submit("first");
    const next = cluster.submit("next");
    cluster.flush();
    expect(next.code).toBeNull();
  });

  it("Scheduler learns nothing from jobs that failed", () => {
    const cluster = new Cluster();
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.advance(5_000);
    cluster.worker(0).fail("bad");
    expect(cluster.stats.expectedRun).toBe(0);
    cluster.submit(2);
    cluster.advance(40);
    cluster.worker(0).answer();
    expect(cluster.stats.expectedRun).toBeCloseTo(40);
  });
});

describe("Scheduler drain", () => {
  it("Scheduler tells of a drain when the backlog is empty after jobs were refused, once", () => {
    const cluster = new Cluster({ maxBacklog: 1 });
    cluster.submitAll(1, 2, "refused", "refused too");
    cluster.worker(0).ready();
    cluster.flush();
    expect(cluster.count("drain")).toBe(0);
    cluster.worker(0).answer();
    expect(cluster.count("drain")).toBe(1);
    cluster.worker(0).answer();
    expect(cluster.count("drain")).toBe(1);
  });

  it("Scheduler tells of no drain when nothing was refused", () => {
    const cluster = new Cluster();
    cluster.submitAll(1, 2);
    cluster.worker(0).ready();
    cluster.worker(0).answer();
    cluster.worker(0).answer();
    expect(cluster.count("drain")).toBe(0);
  });

  it("Scheduler tells of a drain only when a job would be admitted, so that nobody resubmits in vain", () => {
    const cluster = new Cluster({ maxBacklog: 0 });
    cluster.submit("running");
    cluster.worker(0).ready();
    const refused = cluster.submit("refused");
    cluster.flush();
    expect([refused.code, cluster.count("drain")]).toEqual(["CC_ERR_BACKLOG_FULL", 0]);
    cluster.worker(0).answer();
    expect(cluster.count("drain")).toBe(1);
  });

  it("Scheduler tells of a drain when the jobs that waited were cancelled", () => {
    const cluster = new Cluster({ maxBacklog: 1 });
    const [, waiting] = cluster.submitAll(1, 2, "refused");
    cluster.worker(0).ready();
    waiting!.cancel();
    cluster.flush();
    expect(cluster.count("drain")).toBe(1);
  });

  it("Scheduler that ends tells of no drain: nobody is to submit", () => {
    const cluster = new Cluster({ maxBacklog: 1 });
    cluster.submitAll(1, 2, "refused");
    cluster.worker(0).ready();
    cluster.close();
    cluster.worker(0).answer();
    cluster.worker(0).answer();
    cluster.worker(0).exit();
    expect([cluster.count("drain"), cluster.count("close")]).toEqual([0, 1]);
  });
});
