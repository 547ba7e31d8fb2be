import { describe, expect, it } from "vitest";
import { Cluster, expectNothingLeft } from "./fakes.ts";

describe("Scheduler close(drain)", () => {
  it("Scheduler finishes what it accepted, then sends its workers home, then says that it is closed", () => {
    const cluster = new Cluster();
    const jobs = cluster.submitAll(1, 2, 3);
    cluster.worker(0).ready();
    cluster.close();
    for (const value of ["a", "b", "c"]) cluster.worker(0).answer(value);
    expect(jobs.map((job) => job.value)).toEqual(["a", "b", "c"]);
    expect([cluster.worker(0).stops, cluster.stats.state, cluster.told.includes("closed")]).toEqual([
      1,
      "closing",
      false,
    ]);
    cluster.worker(0).exit();
    expect(cluster.told.slice(-2)).toEqual(["close", "closed"]);
    expectNothingLeft(cluster);
  });

  it("Scheduler refuses jobs from then on, and after", () => {
    const cluster = new Cluster();
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.close();
    const late = cluster.submit(2);
    cluster.worker(0).answer();
    cluster.worker(0).exit();
    const later = cluster.submit(3);
    cluster.flush();
    expect([late.code, later.code, cluster.workers.length]).toEqual(["CC_ERR_CLOSED", "CC_ERR_CLOSED", 1]);
    expect(late.error).toMatchObject({ retryable: true });
    expect(cluster.stats.jobs).toMatchObject({ accepted: 1, refused: 2 });
  });

  it("Scheduler sends idle workers home at once, while others still work", () => {
    const cluster = new Cluster({ maxWorkers: 2 });
    cluster.submitAll(1, 2);
    cluster.allReady();
    cluster.worker(0).answer();
    cluster.close();
    expect(cluster.workers.map((worker) => worker.stops)).toEqual([1, 0]);
  });

  it("Scheduler that was never used is closed at once", () => {
    const cluster = new Cluster({ minWorkers: 2, maxWorkers: 2 });
    cluster.close();
    cluster.flush();
    expect([cluster.told, cluster.workers.length]).toEqual([["closing", "close", "closed"], 0]);
    expectNothingLeft(cluster);
  });

  it("Scheduler stops a worker that is still starting when no job needs it", () => {
    const cluster = new Cluster();
    cluster.submit(1).cancel();
    cluster.close();
    expect(cluster.worker(0).stops).toBe(1);
    cluster.worker(0).ready();
    expect(cluster.stats.workers.stopping).toBe(1);
    cluster.worker(0).exit();
    expectNothingLeft(cluster);
  });

  it("Scheduler waits for a worker that is starting for a job", () => {
    const cluster = new Cluster();
    const job = cluster.submit(1);
    cluster.close();
    cluster.worker(0).ready();
    cluster.worker(0).answer("well");
    cluster.worker(0).exit();
    expect(job.value).toBe("well");
    expectNothingLeft(cluster);
  });

  it("Scheduler goes on trying to start workers for what waits, and closes when that is hopeless", () => {
    const cluster = new Cluster();
    const job = cluster.submit(1);
    cluster.worker(0).crash();
    cluster.close();
    expect(cluster.stats.state).toBe("closing");
    cluster.advance(100);
    cluster.worker(1).crash();
    cluster.advance(200);
    cluster.worker(2).crash();
    expect(job.code).toBe("CC_ERR_WORKER_START");
    expectNothingLeft(cluster);
  });

  it("Scheduler closes at once when the last job that waits is cancelled in a pause", () => {
    const cluster = new Cluster();
    const job = cluster.submit(1);
    cluster.worker(0).crash();
    cluster.close();
    job.cancel();
    cluster.flush();
    expectNothingLeft(cluster);
  });

  it("Scheduler replaces a worker that it loses while jobs wait, and runs lost jobs again", () => {
    const cluster = new Cluster({ retries: 1 });
    const jobs = cluster.submitAll(1, 2);
    cluster.worker(0).ready();
    cluster.close();
    cluster.worker(0).crash();
    cluster.worker(1).ready();
    cluster.worker(1).answer("a");
    cluster.worker(1).answer("b");
    cluster.worker(1).exit();
    expect(jobs.map((job) => job.value)).toEqual(["a", "b"]);
    expectNothingLeft(cluster);
  });

  it("Scheduler runs a lost job again though its other workers have gone home", () => {
    const cluster = new Cluster({ retries: 1, maxWorkers: 2 });
    const [first] = cluster.submitAll(1, 2);
    cluster.allReady();
    cluster.worker(1).answer();
    cluster.close();
    cluster.worker(1).exit();
    cluster.worker(0).crash();
    expect(cluster.stats.workers.starting).toBe(1);
    cluster.worker(2).ready();
    cluster.worker(2).answer("well");
    cluster.worker(2).exit();
    expect(first!.value).toBe("well");
    expectNothingLeft(cluster);
  });

  it("Scheduler kills a worker that does not leave within killGrace", () => {
    const cluster = new Cluster({ killGrace: 300 });
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.worker(0).answer();
    cluster.close();
    cluster.advance(300);
    expect([cluster.worker(0).kills, cluster.stats.state]).toEqual([1, "closing"]);
    cluster.worker(0).exit({ code: null, signal: "SIGKILL" });
    expectNothingLeft(cluster);
    expect(cluster.faults).toEqual([]);
  });
});

describe("Scheduler close(now)", () => {
  it("Scheduler fails what runs and what waits, and stops every worker", () => {
    const cluster = new Cluster({ maxWorkers: 2 });
    const jobs = cluster.submitAll(1, 2, 3);
    cluster.worker(0).ready();
    cluster.close("now");
    cluster.flush();
    expect(jobs.map((job) => job.code)).toEqual(Array(3).fill("CC_ERR_CLOSED"));
    expect(jobs.map((job) => (job.error as { retryable: boolean }).retryable)).toEqual([false, true, true]);
    expect(cluster.workers.map((worker) => worker.stops)).toEqual([1, 1]);
    expect(cluster.stats.jobs).toMatchObject({ running: 0, waiting: 0, failed: 3 });
  });

  it("Scheduler knows of jobs with a place in a worker whose loop was busy otherwise that they have not begun", () => {
    const cluster = new Cluster({ maxWorkers: 1, concurrency: 2 });
    cluster.adapter.manual = true;
    const jobs = cluster.submitAll(1, 2, 3);
    cluster.worker(0).ready();
    expect(cluster.worker(0).shared.take()).toBe(true);
    cluster.close("now");
    cluster.flush();
    expect(jobs.map((job) => [job.code, (job.error as { retryable: boolean }).retryable])).toEqual([
      ["CC_ERR_CLOSED", false],
      ["CC_ERR_CLOSED", true],
      ["CC_ERR_CLOSED", true],
    ]);
  });

  it("Scheduler says that it is closed when the last worker has gone, killed if need be", () => {
    const cluster = new Cluster({ killGrace: 300 });
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.close("now");
    cluster.advance(299);
    expect(cluster.worker(0).kills).toBe(0);
    cluster.advance(1);
    expect([cluster.worker(0).kills, cluster.told.includes("closed")]).toEqual([1, false]);
    cluster.worker(0).exit({ code: null, signal: "SIGKILL" });
    expect(cluster.told.at(-1)).toBe("closed");
    expect([cluster.faults, cluster.workers.length]).toEqual([[], 1]);
    expectNothingLeft(cluster);
  });

  it("Scheduler drops what a worker answers on its way out", () => {
    const cluster = new Cluster();
    const job = cluster.submit(1);
    cluster.worker(0).ready();
    cluster.close("now");
    cluster.worker(0).answer("too late");
    cluster.flush();
    expect([job.code, cluster.stats.workers.stopping]).toEqual(["CC_ERR_CLOSED", 1]);
    cluster.worker(0).exit();
    expectNothingLeft(cluster);
  });

  it("Scheduler has no timeout left of the jobs that it gave up", () => {
    const cluster = new Cluster({ killGrace: 300 });
    cluster.submit(1, { timeout: 100 });
    cluster.worker(0).ready();
    cluster.close("now");
    expect(cluster.clock.due).toEqual([300]);
  });

  it("Scheduler runs no job again that it gave up, whatever its retries", () => {
    const cluster = new Cluster({ retries: 3 });
    const job = cluster.submit(1);
    cluster.worker(0).ready();
    cluster.close("now");
    cluster.worker(0).crash();
    expect([job.code, cluster.workers.length]).toEqual(["CC_ERR_CLOSED", 1]);
    expectNothingLeft(cluster);
  });

  it("Scheduler knows of a job that waits for its next run that it has started", () => {
    const cluster = new Cluster({ retries: 1 });
    const job = cluster.submit(1);
    cluster.worker(0).ready();
    cluster.worker(0).crash();
    cluster.close("now");
    cluster.flush();
    expect(job.error).toMatchObject({ code: "CC_ERR_CLOSED", retryable: false });
  });

  it("Scheduler ends its pause before the next start", () => {
    const cluster = new Cluster();
    cluster.submit(1);
    cluster.worker(0).crash();
    expect(cluster.clock.pending).toBe(1);
    cluster.close("now");
    cluster.flush();
    expectNothingLeft(cluster);
  });

  it("Scheduler does not stop a worker twice", () => {
    const cluster = new Cluster({ maxWorkers: 2 });
    cluster.submitAll(1, 2);
    cluster.allReady();
    cluster.worker(0).answer();
    cluster.advance(20_000);
    expect(cluster.worker(0).stops).toBe(1);
    cluster.close("now");
    cluster.close("now");
    expect(cluster.workers.map((worker) => worker.stops)).toEqual([1, 1]);
  });
});

describe("Scheduler close twice", () => {
  it("Scheduler that drains ends at once when it is told to, and calls back both", () => {
    const cluster = new Cluster();
    const jobs = cluster.submitAll(1, 2);
    cluster.worker(0).ready();
    const closed: string[] = [];
    cluster.close("drain", () => closed.push("drain"));
    cluster.flush();
    cluster.close("now", () => closed.push("now"));
    cluster.flush();
    expect(jobs.map((job) => job.code)).toEqual(["CC_ERR_CLOSED", "CC_ERR_CLOSED"]);
    expect(closed).toEqual([]);
    cluster.worker(0).exit();
    expect(closed).toEqual(["drain", "now"]);
    expectNothingLeft(cluster);
  });

  it("Scheduler that ends at once can't be told to drain", () => {
    const cluster = new Cluster();
    const job = cluster.submit(1);
    cluster.close("now");
    cluster.close("drain");
    cluster.flush();
    expect(job.code).toBe("CC_ERR_CLOSED");
    cluster.worker(0).exit();
    expect(cluster.told.filter((told) => told === "closed")).toHaveLength(2);
  });

  it("Scheduler tells of its closing and of its close once, however often it is asked", () => {
    const cluster = new Cluster();
    cluster.submit(1);
    for (let i = 0; i < 3; i++) cluster.close("now");
    cluster.worker(0).exit();
    cluster.close();
    cluster.flush();
    expect([cluster.count("closing"), cluster.count("close")]).toEqual([1, 1]);
    expect(cluster.told.filter((told) => told === "closed")).toHaveLength(4);
  });

  it("Scheduler that is closed calls back at once", () => {
    const cluster = new Cluster();
    cluster.close();
    cluster.flush();
    cluster.close("now");
    cluster.flush();
    expect(cluster.told).toEqual(["closing", "close", "closed", "closed"]);
  });
});
