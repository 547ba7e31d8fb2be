import { describe, expect, it } from "vitest";
import type { Isolation } from "../../src/core/adapter.ts";
import { Cluster, type Submitted } from "./fakes.ts";

type Options = ConstructorParameters<typeof Cluster>[0];

function running(
  count: number,
  options: Options = {},
  isolation: Isolation = "process",
): { cluster: Cluster; jobs: Submitted[] } {
  const cluster = new Cluster({ concurrency: count, ...options }, isolation);
  const jobs = Array.from({ length: count }, (_, i) => cluster.submit(i + 1));
  cluster.worker(0).ready();
  return { cluster, jobs };
}

describe("Scheduler worker loss", () => {
  it("Scheduler fails the job of a lost worker with all that is known of the worker", () => {
    const { cluster, jobs: [job] } = running(1);
    const cause = new Error("what it threw last");
    cluster.worker(0).exit({ code: 7, stderr: "tail", cause });
    expect(job!.error).toMatchObject({
      code: "CC_ERR_WORKER_EXIT",
      message: "compute process (1) dies with code: 7",
      pid: 4711,
      exitCode: 7,
      signal: null,
      stderr: "tail",
      job: job!.id,
      cause,
      retryable: false,
    });
  });

  it("Scheduler goes on by itself with the jobs that wait", () => {
    const { cluster, jobs: [lost] } = running(1);
    const rest = cluster.submitAll(2, 3);
    cluster.worker(0).exit({ code: null, signal: "SIGSEGV" });
    expect([lost!.code, rest[0]!.outcome]).toEqual(["CC_ERR_WORKER_EXIT", null]);
    cluster.worker(1).ready();
    cluster.worker(1).answer("b");
    cluster.worker(1).answer("c");
    expect(rest.map((job) => job.value)).toEqual(["b", "c"]);
  });

  it("Scheduler fails every job that a lost worker had, each with its own error, and no other", () => {
    const { cluster, jobs } = running(3, { maxWorkers: 2 });
    const elsewhere = cluster.submit("elsewhere");
    cluster.worker(1).ready();
    cluster.worker(0).crash();
    expect(jobs.map((job) => (job.error as { job: string }).job)).toEqual(["1", "2", "3"]);
    expect(new Set(jobs.map((job) => job.error)).size).toBe(3);
    expect(elsewhere.outcome).toBeNull();
  });

  it("Scheduler takes code 0 for no success when a job was running", () => {
    const { cluster, jobs: [job] } = running(1);
    cluster.worker(0).exit({ code: 0 });
    expect([job!.code, cluster.faults.length, cluster.stats.lost.workers]).toEqual(["CC_ERR_WORKER_EXIT", 1, 1]);
  });

  it("Scheduler finds no fault with an idle worker that leaves with code 0", () => {
    const { cluster } = running(1);
    cluster.worker(0).answer();
    cluster.worker(0).exit({ code: 0 });
    expect([cluster.faults, cluster.stats.lost.workers, cluster.clock.pending]).toEqual([[], 0, 0]);
    cluster.submit(2);
    expect(cluster.workers).toHaveLength(2);
  });

  it("Scheduler reports an idle worker that crashes", () => {
    const { cluster } = running(1);
    cluster.worker(0).answer();
    cluster.worker(0).exit({ code: null, signal: "SIGKILL" });
    expect(cluster.faults).toMatchObject([{ code: "CC_ERR_WORKER_EXIT", signal: "SIGKILL" }]);
    expect(Object.hasOwn(cluster.faults[0]!, "job")).toBe(false);
    expect(cluster.stats.lost.workers).toBe(1);
  });

  it("Scheduler reports one fault per lost worker, after its jobs were answered", () => {
    const { cluster } = running(2);
    cluster.told.length = 0;
    cluster.hears = () => false;
    cluster.worker(0).crash();
    expect(cluster.told.at(-1)).toBe("fault");
    expect(cluster.told.toSorted()).toEqual(["fault", "job 1", "job 2"]);
  });

  it("Scheduler does not share the fault with a job's caller", () => {
    const { cluster, jobs: [job] } = running(1);
    cluster.worker(0).crash();
    expect(cluster.faults[0]).not.toBe(job!.error);
  });

  it("Scheduler reports a thread that had to be given up, and replaces it", () => {
    const cluster = new Cluster({}, "thread");
    const job = cluster.submit("stuck", { timeout: 100 });
    const next = cluster.submit("next");
    cluster.worker(0).ready();
    cluster.advance(300);
    cluster.worker(0).exit({ code: null, signal: "SIGKILL", abandoned: true });
    expect([job.code, cluster.stats.lost.abandoned, cluster.faults.length]).toEqual(["CC_ERR_TIMEOUT", 1, 1]);
    expect(cluster.faults[0]!.message).toMatch(/can't stop it/);
    cluster.worker(1).ready();
    cluster.worker(1).answer("well");
    expect(next.value).toBe("well");
  });
});

describe("Scheduler retries", () => {
  it("Scheduler runs a lost job again, before those that wait", () => {
    const { cluster, jobs: [job] } = running(1, { retries: 1 });
    cluster.submit("waiting");
    cluster.worker(0).crash();
    expect([job!.outcome, cluster.stats.jobs]).toMatchObject([null, { retried: 1, waiting: 2 }]);
    cluster.worker(1).ready();
    expect([...cluster.worker(1).jobs.values()]).toEqual([[1, 1, 0, null, null, 2]]);
    cluster.worker(1).answer("second time lucky");
    expect(job!.value).toBe("second time lucky");
    expect(cluster.stats.jobs).toMatchObject({ accepted: 2, succeeded: 1, failed: 0 });
  });

  it("Scheduler runs jobs again one by one that were in a lost worker together: only the one that ends workers is set aside", () => {
    const { cluster, jobs } = running(3, { retries: 1 });
    cluster.submitAll(4, 5);
    cluster.worker(0).crash();
    cluster.worker(1).ready();
    expect(cluster.worker(1).running).toEqual([1]);
    cluster.worker(1).answer("a");
    expect(cluster.worker(1).running).toEqual([2]);
    cluster.worker(1).crash();
    cluster.worker(2).ready();
    expect(cluster.worker(2).running).toEqual([3]);
    cluster.worker(2).answer("c");
    expect(cluster.worker(2).running).toEqual([4, 5]);
    expect([jobs[0]!.value, jobs[1]!.code, jobs[2]!.value]).toEqual(["a", "CC_ERR_POISON", "c"]);
  });

  it("Scheduler gives such a job a second to show itself, and not more: it may need the others", () => {
    const { cluster } = running(3, { retries: 1, idleTimeout: Infinity, startTimeout: Infinity });
    cluster.submit(4);
    cluster.worker(0).crash();
    cluster.worker(1).ready();
    cluster.advance(999);
    expect(cluster.worker(1).running).toEqual([1]);
    cluster.advance(2);
    expect(cluster.worker(1).running).toEqual([1, 2]);
    // The end of a job that is on trial no more ends nothing.
    cluster.worker(1).answer("a");
    expect(cluster.worker(1).running).toEqual([2]);
    cluster.advance(1_000);
    cluster.advance(1_000);
    expect(cluster.worker(1).running).toEqual([2, 3, 4]);
  });

  it("Scheduler sends nothing ahead to a worker with such a job", () => {
    const { cluster } = running(2, { retries: 1, prefetch: 2 }, "thread");
    cluster.worker(0).answer();
    cluster.worker(0).crash();
    cluster.submitAll(3, 4, 5);
    cluster.worker(1).ready();
    expect([...cluster.worker(1).jobs.keys()]).toEqual([2]);
  });

  it("Scheduler does not send such a job ahead", () => {
    const { cluster } = running(2, { retries: 1, prefetch: 2, maxWorkers: 2 }, "thread");
    cluster.submitAll(3, 4, 5, 6, 7, 8);
    cluster.allReady();
    expect(cluster.workers.map((worker) => [...worker.jobs.keys()])).toEqual([[1, 2, 3, 4], [5, 6, 7, 8]]);
    for (const job of [5, 6]) cluster.worker(1).answer(job);
    cluster.worker(0).crash();
    expect([...cluster.worker(1).jobs.keys()]).toEqual([7, 8]);
  });

  it("Scheduler runs such jobs in several workers at once, beside what those have", () => {
    const { cluster } = running(3, { retries: 1, maxWorkers: 3 });
    cluster.submitAll(4, 5, 6, 7);
    cluster.allReady();
    cluster.worker(0).crash();
    expect(cluster.workers.slice(1).map((worker) => worker.running)).toEqual([[4, 5, 6], [7, 1], []]);
    cluster.allReady();
    cluster.submit(8);
    expect(cluster.workers.slice(1).map((worker) => worker.running)).toEqual([[4, 5, 6], [7, 1], [2]]);
    cluster.worker(1).answer("d");
    expect(cluster.worker(1).running).toEqual([5, 6, 3]);
    expect(cluster.stats.jobs.waiting).toBe(1);
  });

  it("Scheduler admits jobs for the other places of a worker with such a job: they are free in a moment", () => {
    const { cluster } = running(8, { retries: 1, maxBacklog: 0 });
    for (let i = 0; i < 7; i++) cluster.worker(0).answer();
    cluster.worker(0).crash();
    cluster.worker(1).ready();
    const jobs = cluster.submitAll(...Array.from({ length: 8 }, (_, i) => i));
    cluster.flush();
    expect(jobs.map((job) => job.code)).toEqual([...Array(7).fill(null), "CC_ERR_BACKLOG_FULL"]);
  });

  it("Scheduler gives a worker other jobs when the one on trial could not be sent, or was given up", () => {
    const { cluster, jobs } = running(2, { retries: 1 });
    cluster.submitAll(3, 4);
    cluster.worker(0).crash();
    cluster.worker(1).ready();
    jobs[0]!.cancel();
    cluster.worker(1).hear(1);
    cluster.worker(1).says({ type: "answers", answers: [[1, 1, "stopped"]] });
    expect(cluster.worker(1).running).toEqual([2]);
  });

  it("Scheduler tries nobody where each worker runs one job at a time", () => {
    const { cluster } = running(1, { retries: 1, prefetch: 2 }, "thread");
    cluster.submitAll(2, 3);
    cluster.worker(0).crash();
    cluster.worker(1).ready();
    expect([...cluster.worker(1).jobs.keys()]).toEqual([1, 2, 3]);
  });

  it("Scheduler does not refuse a job that comes back though the backlog is full", () => {
    const { cluster, jobs: [job] } = running(1, { retries: 1, maxBacklog: 1 });
    cluster.submit("waiting");
    cluster.worker(0).crash();
    cluster.flush();
    expect([job!.outcome, cluster.stats.jobs]).toMatchObject([null, { waiting: 2, refused: 0 }]);
  });

  it.each([1, 2])("Scheduler sets a job aside that has cost %i + 1 workers", (retries) => {
    const { cluster, jobs: [job] } = running(1, { retries });
    for (let i = 0; i <= retries; i++) {
      expect(job!.outcome).toBeNull();
      cluster.worker(i).exit({ code: i + 1 });
      cluster.allReady();
    }
    expect(job!.error).toMatchObject({
      code: "CC_ERR_POISON",
      message: `job 1 was set aside: ${retries + 1} workers were lost while they ran it`,
      cause: { code: "CC_ERR_WORKER_EXIT", exitCode: retries + 1 },
    });
    expect(cluster.workers).toHaveLength(retries + 1);
    expect(cluster.stats.jobs.retried).toBe(retries);
  });

  it("Scheduler runs no job again that a handler failed", () => {
    const { cluster, jobs: [job] } = running(1, { retries: 2 });
    cluster.worker(0).fail("thrown");
    expect([job!.error, cluster.stats.jobs.retried]).toEqual([{ decoded: "thrown" }, 0]);
  });

  it("Scheduler runs no job again that timed out", () => {
    const cluster = new Cluster({ retries: 2 });
    const job = cluster.submit(1, { timeout: 100 });
    cluster.worker(0).ready();
    cluster.advance(150);
    cluster.worker(0).exit({ code: null, signal: "SIGKILL" });
    expect([job.code, cluster.stats.jobs.retried, cluster.workers.length]).toEqual(["CC_ERR_TIMEOUT", 0, 1]);
  });

  it("Scheduler lets a job that waits for its next run be cancelled", () => {
    const { cluster, jobs: [job] } = running(1, { retries: 1 });
    cluster.worker(0).crash();
    job!.cancel();
    cluster.flush();
    expect([job!.code, cluster.stats.jobs]).toMatchObject(["cancelled", { waiting: 0, failed: 1 }]);
    cluster.worker(1).ready();
    expect(cluster.worker(1).running).toEqual([]);
  });

  it("Scheduler can't run a job again whose arguments were moved to a lost thread: it says that the worker was lost", () => {
    const cluster = new Cluster({ retries: 2 }, "thread");
    const buffer = new ArrayBuffer(8);
    const job = cluster.submit(buffer, { transfer: [buffer] });
    cluster.worker(0).ready();
    cluster.worker(0).crash();
    cluster.allReady();
    expect([job.code, cluster.stats.jobs.retried]).toEqual(["CC_ERR_WORKER_EXIT", 0]);
  });

  it("Scheduler does run a job again whose arguments were copied to a lost process", () => {
    const cluster = new Cluster({ retries: 2 }, "process");
    const buffer = new ArrayBuffer(8);
    cluster.submit(buffer, { transfer: [buffer] });
    cluster.worker(0).ready();
    cluster.worker(0).crash();
    cluster.worker(1).ready();
    expect(cluster.worker(1).running).toEqual([buffer]);
  });

  it("Scheduler starts a worker for a job that comes back after all starts were given up", () => {
    const cluster = new Cluster({ maxWorkers: 2, concurrency: 2, retries: 1, killGrace: 300 });
    const [hung, neighbour] = cluster.submitAll("hung", "neighbour");
    cluster.worker(0).ready();
    hung!.cancel();
    cluster.worker(0).hear(1);
    cluster.advance(300);
    const waiting = cluster.submit("waiting");
    for (let i = 1; i <= 3; i++) {
      cluster.worker(i).crash();
      cluster.advance(1_000);
    }
    expect([waiting.code, neighbour!.outcome]).toEqual(["CC_ERR_WORKER_START", null]);
    cluster.worker(0).crash();
    expect([cluster.stats.jobs.waiting, cluster.stats.workers.starting]).toEqual([1, 1]);
    cluster.worker(-1).ready();
    cluster.worker(-1).answer("well");
    expect(neighbour!.value).toBe("well");
  });
});
