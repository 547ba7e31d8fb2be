import { describe, expect, it } from "vitest";
import { Cluster } from "./fakes.ts";

type Options = ConstructorParameters<typeof Cluster>[0];

/** Has the worker that starts crash, and waits for the next start, `times` over. */
function failStarts(cluster: Cluster, times: number): void {
  for (let i = 0; i < times; i++) {
    const starting = cluster.workers.find((worker) => worker.at === "starting" && !worker.ending);
    if (!starting) throw new Error(`no worker starts (after ${i} failures)`);
    starting.exit({ code: 1, cause: new Error(`failure ${i + 1}`) });
    cluster.advance(5_000);
  }
}

describe("Scheduler start failures", () => {
  it("Scheduler tries again after a pause, and its jobs never know", () => {
    const cluster = new Cluster();
    const job = cluster.submit(1);
    cluster.worker(0).crash();
    expect([cluster.workers.length, cluster.stats.jobs.waiting]).toEqual([1, 1]);
    cluster.advance(99);
    expect(cluster.workers).toHaveLength(1);
    cluster.advance(1);
    cluster.worker(1).ready();
    cluster.worker(1).answer("well");
    expect(job.value).toBe("well");
    expect(cluster.faults).toEqual([]);
    expect(cluster.stats.lost).toMatchObject({ starts: 1, workers: 0 });
  });

  it("Scheduler keeps the program alive in the pause, when no worker does", () => {
    const cluster = new Cluster();
    cluster.submit(1);
    cluster.worker(0).crash();
    expect([cluster.adapter.alive.length, cluster.clock.keepsAlive]).toEqual([0, true]);
  });

  it("Scheduler starts one worker at a time after a failure, and as many as it likes after a success", () => {
    const cluster = new Cluster({ maxWorkers: 4 });
    cluster.submitAll(1, 2, 3, 4);
    expect(cluster.stats.workers.starting).toBe(4);
    for (const worker of cluster.workers.slice(0, 3)) worker.ready();
    cluster.worker(3).crash();
    for (const worker of cluster.workers.slice(0, 3)) worker.crash();
    cluster.submitAll(5, 6, 7);
    cluster.advance(100);
    expect(cluster.stats.workers.starting).toBe(1);
    cluster.worker(-1).ready();
    expect(cluster.stats.workers.starting).toBe(3);
  });

  it("Scheduler fails all that wait after three failures in a row, each with its own error, and reports it once", () => {
    const cluster = new Cluster();
    const jobs = cluster.submitAll(1, 2, 3);
    failStarts(cluster, 3);
    expect(jobs.map((job) => job.code)).toEqual(Array(3).fill("CC_ERR_WORKER_START"));
    expect(jobs.map((job) => (job.error as { job: string }).job)).toEqual(["1", "2", "3"]);
    expect(new Set(jobs.map((job) => job.error)).size).toBe(3);
    expect(jobs[0]!.error).toMatchObject({
      message: "cannot start a worker for file:///worker.js: failure 3",
      cause: { message: "failure 3" },
      retryable: true,
      exitCode: 1,
    });
    expect(cluster.faults).toMatchObject([{ code: "CC_ERR_WORKER_START" }]);
    expect(cluster.told.slice(-3)).toEqual(["job 3", "job:settled", "fault"]);
  });

  it("Scheduler then starts nothing and waits for nothing", () => {
    const cluster = new Cluster({ minWorkers: 1 });
    cluster.submit(1);
    failStarts(cluster, 3);
    cluster.advance(100_000);
    expect([cluster.workers.length, cluster.clock.pending]).toEqual([3, 0]);
  });

  it("Scheduler tries again with the next job, anew", () => {
    const cluster = new Cluster();
    cluster.submit(1);
    failStarts(cluster, 3);
    const job = cluster.submit(2);
    expect(cluster.workers).toHaveLength(4);
    failStarts(cluster, 2);
    cluster.worker(-1).ready();
    cluster.worker(-1).answer("repaired");
    expect(job.value).toBe("repaired");
  });

  it("Scheduler does not fail the jobs that wait while a worker lives that will take them", () => {
    const cluster = new Cluster({ maxWorkers: 2 });
    cluster.submit("long");
    cluster.worker(0).ready();
    const waiting = cluster.submit("waiting");
    failStarts(cluster, 6);
    expect([waiting.outcome, cluster.faults, cluster.workers.length]).toEqual([null, [], 8]);
    cluster.worker(0).answer();
    cluster.worker(0).answer("well");
    expect(waiting.value).toBe("well");
  });

  it("Scheduler does fail them when that worker is lost", () => {
    const cluster = new Cluster({ maxWorkers: 2 });
    cluster.submit("long");
    cluster.worker(0).ready();
    const waiting = cluster.submit("waiting");
    failStarts(cluster, 3);
    cluster.worker(0).crash();
    expect(waiting.outcome).toBeNull();
    failStarts(cluster, 1);
    expect(waiting.code).toBe("CC_ERR_WORKER_START");
  });

  it("Scheduler does not fail them while another worker is still starting", () => {
    const cluster = new Cluster({ maxWorkers: 4 });
    const jobs = cluster.submitAll(1, 2, 3, 4);
    for (const worker of cluster.workers.slice(0, 3)) worker.crash();
    cluster.worker(3).ready();
    for (let i = 0; i < 4; i++) cluster.worker(3).answer(i);
    expect(jobs.map((job) => job.value)).toEqual([0, 1, 2, 3]);
  });

  it("Scheduler fails them when the last of several starts at once has failed", () => {
    const cluster = new Cluster({ maxWorkers: 4 });
    const jobs = cluster.submitAll(1, 2, 3, 4, 5);
    for (const worker of cluster.workers.slice(0, 4)) worker.crash();
    expect(jobs.map((job) => job.code)).toEqual(Array(5).fill("CC_ERR_WORKER_START"));
    expect(cluster.workers).toHaveLength(4);
  });

  it("Scheduler kills a worker that is not ready within startTimeout, and tells at once", () => {
    const cluster = new Cluster({ startTimeout: 500 });
    const jobs = cluster.submitAll(1, 2);
    cluster.advance(499);
    expect(jobs[0]!.outcome).toBeNull();
    cluster.advance(1);
    expect(jobs.map((job) => job.code)).toEqual(["CC_ERR_WORKER_START", "CC_ERR_WORKER_START"]);
    expect((jobs[0]!.error as Error).message).toMatch(/not ready within 500 ms/);
    expect(cluster.worker(0).kills).toBe(1);
    const next = cluster.submit(3);
    expect(cluster.workers).toHaveLength(1);
    cluster.worker(0).exit({ code: null, signal: "SIGKILL" });
    cluster.worker(1).ready();
    cluster.worker(1).answer("well");
    expect(next.value).toBe("well");
    expect(cluster.stats.lost).toMatchObject({ starts: 1, workers: 0 });
  });

  it("Scheduler has no start timeout for a worker that is ready", () => {
    const cluster = new Cluster({ startTimeout: 500 });
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.advance(10_000);
    expect(cluster.worker(0).ending).toBe(false);
  });

  it("Scheduler lets the pause pass without a start when nobody waits any more", () => {
    const cluster = new Cluster();
    const job = cluster.submit(1);
    cluster.worker(0).crash();
    job.cancel();
    cluster.advance(1_000);
    expect([cluster.workers.length, cluster.clock.pending]).toEqual([1, 0]);
  });
});

describe("Scheduler warm", () => {
  it("Scheduler starts minWorkers and says when all are ready", () => {
    const cluster = new Cluster({ minWorkers: 2, maxWorkers: 4 });
    const warm = cluster.warm();
    expect(cluster.workers).toHaveLength(2);
    cluster.worker(0).ready();
    expect(warm).toEqual([]);
    cluster.worker(1).ready();
    expect(warm).toEqual([null]);
  });

  it("Scheduler starts one worker when none is to be kept warm", () => {
    const cluster = new Cluster({ maxWorkers: 4 });
    const warm = cluster.warm();
    expect(cluster.workers).toHaveLength(1);
    cluster.worker(0).ready();
    expect(warm).toEqual([null]);
    cluster.advance(20_000);
    expect(cluster.worker(0).stops).toBe(1);
  });

  it("Scheduler says so at once when they are there already, busy or not", () => {
    const cluster = new Cluster({ minWorkers: 1 });
    cluster.submit(1);
    cluster.worker(0).ready();
    const warm = cluster.warm();
    cluster.flush();
    expect([warm, cluster.workers.length]).toEqual([[null], 1]);
  });

  it("Scheduler tells everyone who waits for warm workers, once", () => {
    const cluster = new Cluster();
    const [first, second] = [cluster.warm(), cluster.warm()];
    cluster.worker(0).ready();
    cluster.submit(1);
    cluster.worker(0).answer();
    expect([first, second]).toEqual([[null], [null]]);
  });

  it("Scheduler says why they can't be started, and tries again when asked again", () => {
    const cluster = new Cluster();
    const warm = cluster.warm();
    failStarts(cluster, 3);
    expect(warm).toMatchObject([{ code: "CC_ERR_WORKER_START", cause: { message: "failure 3" } }]);
    expect(cluster.workers).toHaveLength(3);
    const again = cluster.warm();
    cluster.worker(-1).ready();
    expect(again).toEqual([null]);
  });

  it.each([0, 1])("Scheduler says so as well when some live and no more can be started (%i busy)", (busy) => {
    const cluster = new Cluster({ minWorkers: 2, maxWorkers: 2 });
    const warm = cluster.warm();
    cluster.worker(0).ready();
    const jobs = busy ? cluster.submitAll("running", "waiting") : [];
    failStarts(cluster, 3);
    expect(warm).toMatchObject([{ code: "CC_ERR_WORKER_START" }]);
    expect(jobs.map((job) => job.outcome)).toEqual(jobs.map(() => null));
  });

  it("Scheduler does not keep the program alive for a warm worker that can't be started", () => {
    const cluster = new Cluster({ minWorkers: 2, maxWorkers: 2 });
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.worker(0).answer();
    failStarts(cluster, 3);
    cluster.advance(100_000);
    expect([cluster.workers.length, cluster.clock.pending, cluster.worker(0).holdsProgram]).toEqual([4, 0, false]);
    expect(cluster.faults).toEqual([]);
    // Another is tried when there is work, but not at once: there is one that does it.
    cluster.submit(2);
    expect(cluster.workers).toHaveLength(4);
    cluster.advance(400);
    expect(cluster.workers).toHaveLength(5);
  });

  it("Scheduler that ends says so to those who wait for warm workers, and to those who come later", () => {
    const cluster = new Cluster();
    const waiting = cluster.warm();
    cluster.close();
    const late = cluster.warm();
    cluster.flush();
    expect([waiting, late]).toMatchObject([[{ code: "CC_ERR_CLOSED" }], [{ code: "CC_ERR_CLOSED" }]]);
    cluster.worker(0).exit();
    const later = cluster.warm();
    cluster.flush();
    expect([later, cluster.workers.length]).toMatchObject([[{ code: "CC_ERR_CLOSED" }], 1]);
  });
});

describe("Scheduler minWorkers", () => {
  const options: Options = { minWorkers: 2, maxWorkers: 4, idleTimeout: 500 };

  it("Scheduler starts them with the first job", () => {
    const cluster = new Cluster(options);
    cluster.submit(1);
    expect(cluster.workers).toHaveLength(2);
  });

  it("Scheduler keeps that many when the others have gone home", () => {
    const cluster = new Cluster(options);
    cluster.submitAll(1, 2, 3, 4);
    cluster.allReady();
    for (const worker of cluster.workers) worker.answer();
    cluster.advance(500);
    for (const worker of cluster.workers) if (worker.ending) worker.exit();
    cluster.advance(100_000);
    expect(cluster.stats.workers).toEqual({ starting: 0, idle: 2, busy: 0, retiring: 0, stopping: 0 });
    expect(cluster.clock.pending).toBe(0);
    expect(cluster.adapter.alive.every((worker) => !worker.holdsProgram)).toBe(true);
  });

  it("Scheduler replaces one that dies, by itself", () => {
    const cluster = new Cluster(options);
    cluster.submitAll(1, 2);
    cluster.allReady();
    for (const worker of cluster.workers) worker.answer();
    cluster.worker(1).crash();
    expect(cluster.stats.workers).toMatchObject({ idle: 1, starting: 1 });
  });

  it("Scheduler tells that it starts no more when the last that lived dies, too, as soon as it is ready", () => {
    const cluster = new Cluster({ minWorkers: 2, maxWorkers: 2 });
    cluster.warm();
    const [first, second] = cluster.workers;
    first?.ready();
    second?.ready();
    first?.crash();
    second?.crash();
    cluster.advance(200);
    const third = cluster.worker(2);
    third.ready();
    const fourth = cluster.worker(3);
    fourth.ready();
    third.crash();
    cluster.flush();
    const codes = (): unknown[] => cluster.faults.map((fault) => (fault as { code?: string }).code);
    expect(codes()).toEqual(Array(3).fill("CC_ERR_WORKER_EXIT"));
    fourth.crash();
    cluster.flush();
    expect(codes()).toEqual([...Array(4).fill("CC_ERR_WORKER_EXIT"), "CC_ERR_WORKER_START"]);
    cluster.advance(60_000);
    expect([cluster.workers.length, cluster.clock.pending]).toEqual([4, 0]);
    cluster.submit("asks for work");
    expect(cluster.workers).toHaveLength(6);
  });

  it("Scheduler does not start one over and over that dies as soon as it is ready", () => {
    const cluster = new Cluster({ ...options, minWorkers: 1 });
    cluster.submit(1).cancel();
    for (let i = 0; i < 100; i++) {
      for (const worker of cluster.adapter.alive) {
        worker.ready();
        worker.crash();
      }
      cluster.advance(1_000);
    }
    expect([cluster.workers.length, cluster.clock.pending]).toEqual([3, 0]);
    expect(cluster.faults.at(-1)).toMatchObject({ code: "CC_ERR_WORKER_START" });
    cluster.submit(2);
    expect(cluster.adapter.alive).toHaveLength(1);
  });

  it("Scheduler that ends replaces none", () => {
    const cluster = new Cluster(options);
    cluster.submit(1);
    cluster.allReady();
    cluster.close();
    for (const worker of cluster.workers) if (worker.ending) worker.exit();
    expect(cluster.workers).toHaveLength(2);
  });
});
