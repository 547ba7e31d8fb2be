import { describe, expect, it } from "vitest";
import { Allocator } from "../../src/core/allocator.ts";
import { Cluster, expectNothingLeft, FakeClock } from "./fakes.ts";

describe("A job that waits again", () => {
  it("is dropped once, if its time is over when its worker is lost", () => {
    const cluster = new Cluster();
    cluster.adapter.manual = true;
    cluster.warm();
    cluster.worker(0).ready();
    const job = cluster.submit("late", { deadline: 100 });
    cluster.clock.stall(300);
    cluster.worker(0).crash();
    cluster.flush();
    expect(job.code).toBe("CC_ERR_DEADLINE");
    expect(cluster.facts.map(({ type }) => type).filter((type) => /^job:(started|returned|settled)/.test(type)))
      .toEqual(["job:started", "job:returned", "job:settled"]);
    expect(cluster.stats.jobs).toMatchObject({ waiting: 0, running: 0, accepted: 1, succeeded: 0, failed: 1 });
    cluster.close();
    cluster.flush();
    expectNothingLeft(cluster);
  });

  it("is dropped once it is not expected to be answered in time, though it was sent ahead meanwhile", () => {
    const cluster = new Cluster({ prefetch: 5 });
    cluster.warm();
    cluster.worker(0).ready();
    for (let i = 0; i < 3; i++) {
      cluster.submit(i);
      cluster.advance(100);
      cluster.worker(0).answer();
    }
    cluster.submit("long");
    const job = cluster.submit("ahead", { deadline: 1_000 });
    expect(cluster.stats.jobs).toMatchObject({ waiting: 1, running: 1 });
    // The worker is silent, and what it has not begun is taken back.
    cluster.advance(880);
    expect(job.code).toBe(null);
    cluster.advance(30);
    expect(job.code).toBe("CC_ERR_DEADLINE");
  });

  it("gets a worker, though none could be started while its first one lived", () => {
    const cluster = new Cluster({ maxWorkers: 2, prefetch: 5_000 });
    cluster.warm();
    cluster.worker(0).ready();
    const jobs = Array.from({ length: 1_200 }, (_, i) => cluster.submit(i));
    // The first worker is heard of all the time, and has all that are left when the third start fails.
    for (let failed = 0; failed < 3;) {
      const last = cluster.worker(-1);
      if (last.at === "starting" && (failed < 2 || cluster.stats.jobs.waiting < 150)) {
        last.crash();
        failed++;
      }
      cluster.worker(0).answer();
      cluster.advance(1);
    }
    // It falls silent: what it has not begun waits again. Then it is lost with the one that it runs.
    cluster.advance(1_000);
    expect(cluster.stats.jobs.waiting).toBeGreaterThan(100);
    cluster.worker(0).crash();
    cluster.advance(10_000);
    cluster.worker(-1).ready();
    for (let left = cluster.stats.jobs.waiting + 1; left > 0; left--) cluster.worker(-1).answer();
    cluster.flush();
    expect(cluster.stats.jobs).toMatchObject({ waiting: 0, running: 0, failed: 1 });
    expect(jobs.every(({ outcome }) => outcome !== null)).toBe(true);
  });
});

describe("Nothing but the pause after failed starts keeps the program alive", () => {
  it("for jobs that wait while a worker that had become ready is lost", () => {
    const cluster = new Cluster({ maxWorkers: 4 });
    cluster.submitAll(1, 2, 3, 4);
    for (const at of [0, 1, 2]) cluster.worker(at).crash();
    cluster.worker(3).ready();
    cluster.worker(3).crash();
    cluster.flush();
    expect(cluster.stats.jobs.waiting).toBe(3);
    expect(cluster.clock.keepsAlive).toBe(true);
  });

  it("for a renewal whose workers can't be started", () => {
    const cluster = new Cluster({ minWorkers: 1, maxWorkers: 2 });
    cluster.warm();
    cluster.worker(0).ready();
    const told: unknown[] = [];
    cluster.scheduler.renew((error) => void told.push(error));
    cluster.worker(-1).crash();
    expect([told, cluster.clock.keepsAlive]).toEqual([[], true]);
    for (let i = 0; i < 2; i++) {
      cluster.advance(10_000);
      cluster.worker(-1).crash();
    }
    cluster.flush();
    expect(told).toMatchObject([{ code: "CC_ERR_WORKER_START" }]);
    // The old ones stay, and no others are tried for that.
    const { length } = cluster.workers;
    cluster.submit("a job");
    cluster.worker(0).answer();
    cluster.advance(15_000);
    expect([cluster.workers.length, cluster.stats.workers.idle, cluster.clock.keepsAlive]).toEqual([length, 1, false]);
  });
});

describe("A renewal", () => {
  it("is over when no old worker is left, though workers are replaced all the time", () => {
    const cluster = new Cluster({ maxWorkers: 3, maxJobsPerWorker: 1 });
    cluster.submitAll(1, 2, 3, 4, 5, 6, 7, 8, 9);
    cluster.allReady();
    const told: unknown[] = [];
    cluster.scheduler.renew((error) => void told.push(error));
    for (const at of [0, 1, 2]) {
      cluster.worker(at).answer();
      cluster.worker(at).exit();
    }
    expect(cluster.stats.workers).toMatchObject({ starting: 3 });
    cluster.worker(3).ready();
    cluster.flush();
    expect([told, cluster.stats.workers]).toMatchObject([[null], { starting: 2, busy: 1 }]);
  });

  it("that can't be done leaves those for later that are old besides", () => {
    const cluster = new Cluster({ minWorkers: 1, maxWorkers: 2, maxWorkerAge: 1_000 });
    cluster.submit("long");
    cluster.worker(0).ready();
    cluster.clock.stall(2_000);
    cluster.scheduler.renew(() => {});
    for (let i = 0; i < 3; i++) {
      cluster.worker(-1).crash();
      cluster.advance(10_000);
    }
    cluster.submit("asks for work");
    cluster.advance(10_000);
    cluster.worker(-1).ready();
    cluster.worker(-1).answer();
    cluster.worker(0).answer();
    expect(cluster.worker(0).stops).toBe(1);
  });

  it("that can't be done costs no job, though the only worker had to leave for it", () => {
    const cluster = new Cluster({ minWorkers: 1, maxWorkers: 1 });
    cluster.submit("runs");
    cluster.worker(0).ready();
    const waits = cluster.submit("waits");
    const told: unknown[] = [];
    cluster.scheduler.renew((error) => void told.push(error));
    cluster.worker(0).answer();
    cluster.worker(0).exit();
    for (let i = 0; i < 3; i++) {
      cluster.worker(-1).crash();
      cluster.advance(10_000);
    }
    expect([told, waits.outcome, cluster.faults]).toMatchObject([[{ code: "CC_ERR_WORKER_START" }], null, []]);
    cluster.worker(-1).ready();
    cluster.worker(-1).answer("as before");
    expect(waits.value).toBe("as before");
  });

  it("that fails for a reason of its own leaves jobs that fail for it, too", () => {
    const cluster = new Cluster({ maxWorkers: 1 });
    cluster.submit("runs");
    cluster.worker(0).ready();
    const waits = cluster.submit("waits");
    cluster.scheduler.renew(() => {});
    cluster.worker(0).answer();
    cluster.worker(0).exit();
    for (let i = 0; i < 5; i++) {
      cluster.worker(-1).crash();
      cluster.advance(10_000);
    }
    expect([waits.code, cluster.faults.length]).toEqual(["CC_ERR_WORKER_START", 1]);
  });

  /** Asks for one; gives what is told of it. */
  function renew(cluster: Cluster): unknown[] {
    const told: unknown[] = [];
    cluster.scheduler.renew((error) => void told.push(error));
    cluster.flush();
    return told;
  }

  function failStarts(cluster: Cluster, count: number): void {
    for (let i = 0; i < count; i++) {
      cluster.worker(-1).crash();
      cluster.advance(10_000);
    }
  }

  it("that failed has the next worker started like those before, as many as are kept warm", () => {
    const cluster = new Cluster({ minWorkers: 1, maxWorkers: 1 });
    cluster.warm();
    cluster.worker(0).ready();
    const told = renew(cluster);
    cluster.worker(0).exit();
    cluster.warm();
    failStarts(cluster, 3);
    expect([told, cluster.stats.workers]).toMatchObject([[{ code: "CC_ERR_WORKER_START" }], { starting: 1 }]);
    // It is no failure of that one.
    failStarts(cluster, 1);
    cluster.worker(-1).ready();
    expect(cluster.stats.workers.idle).toBe(1);
  });

  it("is not over before a worker could be started, where none is left and jobs wait, or some are kept warm", () => {
    const warm = new Cluster({ minWorkers: 1, maxWorkers: 1 });
    warm.warm();
    failStarts(warm, 3);
    const { length } = warm.workers;
    const told = renew(warm);
    expect([told, warm.workers.length]).toEqual([[], length + 1]);
    const busy = new Cluster({ maxWorkers: 1 });
    busy.submit(1);
    busy.worker(0).crash();
    expect([renew(busy), busy.workers.length]).toEqual([[], 2]);
  });

  it("ends what starts: that would be started with what was there before", () => {
    const cluster = new Cluster({ maxWorkers: 1 });
    const job = cluster.submit(1);
    cluster.worker(0).crash();
    cluster.advance(10_000);
    cluster.worker(1).crash();
    cluster.advance(10_000);
    const told = renew(cluster);
    expect(cluster.worker(2).stops).toBe(1);
    cluster.worker(2).exit({ code: 1 });
    cluster.worker(3).ready();
    cluster.worker(3).answer("mended");
    expect([told, job.value, cluster.faults]).toEqual([[null], "mended", []]);
  });

  it("that waits for a long job keeps no worker for it, once one has been started", () => {
    const cluster = new Cluster({ maxWorkers: 2, idleTimeout: 100 });
    cluster.submit("long");
    cluster.worker(0).ready();
    const told = renew(cluster);
    cluster.worker(1).ready();
    for (let i = 0; i < 10; i++) cluster.advance(100);
    expect(cluster.worker(1).stops).toBe(1);
    cluster.worker(1).exit();
    for (let i = 0; i < 10; i++) cluster.advance(100);
    expect([told, cluster.workers.length]).toEqual([[], 2]);
    cluster.worker(0).answer();
    cluster.worker(0).exit();
    cluster.flush();
    expect(told).toEqual([null]);
  });

  it("is proven under a budget that others use, too", () => {
    const allowances = new Allocator(1);
    const clock = new FakeClock();
    const [cluster, other] = [1, 2].map(() => new Cluster({ maxWorkers: 1 }, "process", { allowances, clock })) as [
      Cluster,
      Cluster,
    ];
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.worker(0).answer();
    other.submit("long");
    other.worker(0).ready();
    const told = renew(cluster);
    cluster.worker(0).exit();
    clock.advance(1_000);
    cluster.flush();
    expect([told, cluster.workers.length]).toEqual([[], 2]);
    cluster.worker(1).ready();
    expect(told).toEqual([null]);
  });

  it("has failed when the cluster is closed", () => {
    const cluster = new Cluster({ minWorkers: 1 });
    cluster.submit(1);
    cluster.worker(0).ready();
    const told: unknown[] = [];
    cluster.scheduler.renew((error) => void told.push(error));
    cluster.close("now");
    cluster.flush();
    expect(told).toMatchObject([{ code: "CC_ERR_CLOSED" }]);
  });
});

it("Room that jobs are about to take which are bounded otherwise is none for others", () => {
  const cluster = new Cluster({ maxWorkers: 2, maxBacklog: 0 });
  for (let i = 0; i < 20; i++) cluster.submit(i, { bounded: true });
  expect(cluster.submitAll("a", "b").map((job) => (cluster.flush(), job.code))).toEqual([
    "CC_ERR_BACKLOG_FULL",
    "CC_ERR_BACKLOG_FULL",
  ]);
});
