import { describe, expect, it } from "vitest";
import { Cluster, expectNothingLeft, type JobOptions, type Submitted } from "./fakes.ts";

type Options = ConstructorParameters<typeof Cluster>[0];

/** One worker that is ready and has as many jobs as it takes. */
function running(options: Options = {}, job: JobOptions = {}): { cluster: Cluster; jobs: Submitted[] } {
  const cluster = new Cluster(options);
  const jobs = Array.from({ length: options?.concurrency ?? 1 }, (_, i) => cluster.submit(i + 1, job));
  cluster.worker(0).ready();
  return { cluster, jobs };
}

describe("Scheduler timeout", () => {
  it("Scheduler fails a job that runs longer than its timeout, naming both", () => {
    const { cluster, jobs: [job] } = running({}, { timeout: 250, id: "slow" });
    cluster.advance(249);
    expect(job!.outcome).toBeNull();
    cluster.advance(1);
    expect(job!.error).toMatchObject({ code: "CC_ERR_TIMEOUT", job: "slow", limit: 250, retryable: false });
    expect(cluster.worker(0).frames.at(-1)).toEqual({ type: "abort", job: 1, why: "timeout" });
  });

  it("Scheduler counts a job's timeout from its start, not while it waits", () => {
    const cluster = new Cluster();
    cluster.submit(1);
    const job = cluster.submit(2, { timeout: 100 });
    cluster.advance(10_000);
    cluster.worker(0).ready();
    cluster.advance(10_000);
    cluster.worker(0).answer();
    cluster.advance(99);
    expect(job.outcome).toBeNull();
    cluster.advance(1);
    expect(job.code).toBe("CC_ERR_TIMEOUT");
  });

  it("Scheduler forgets the timeout of a job that was answered, cancelled or lost", () => {
    for (const end of ["answer", "fail", "crash"] as const) {
      const { cluster } = running({ idleTimeout: Infinity }, { timeout: 250 });
      cluster.worker(0)[end](0);
      expect(cluster.clock.pending).toBe(0);
    }
    const { cluster, jobs: [job] } = running({}, { timeout: 250 });
    job!.cancel();
    expect(cluster.clock.due).toEqual([200]);
  });

  it("Scheduler gives each run of a retried job its whole timeout", () => {
    const { cluster, jobs: [job] } = running({ retries: 1 }, { timeout: 250 });
    cluster.advance(200);
    cluster.worker(0).crash();
    cluster.advance(200);
    cluster.worker(1).ready();
    cluster.advance(249);
    expect(job!.outcome).toBeNull();
    cluster.advance(1);
    expect(job!.code).toBe("CC_ERR_TIMEOUT");
  });

  it("Scheduler replaces a worker that a timeout cost, and runs what waited", () => {
    const { cluster } = running({}, { timeout: 250 });
    const next = cluster.submit("next");
    cluster.advance(450);
    expect(cluster.worker(0).kills).toBe(1);
    cluster.worker(0).exit({ code: null, signal: "SIGKILL" });
    cluster.worker(1).ready();
    cluster.worker(1).answer("well");
    expect(next.value).toBe("well");
  });

  it("Scheduler takes the end of a worker that it killed for no fault", () => {
    const { cluster } = running({}, { timeout: 250 });
    cluster.advance(450);
    cluster.worker(0).exit({ code: null, signal: "SIGKILL" });
    expect([cluster.faults, cluster.stats.lost.workers, cluster.clock.pending]).toEqual([[], 0, 0]);
  });
});

describe("Scheduler cancel", () => {
  it("Scheduler takes a waiting job out of the backlog; the rest keep their order", () => {
    const cluster = new Cluster();
    const jobs = cluster.submitAll(1, 2, 3);
    jobs[1]!.cancel("not this one");
    cluster.flush();
    expect([jobs[1]!.code, cluster.stats.jobs.waiting]).toEqual(["not this one", 2]);
    cluster.worker(0).ready();
    cluster.worker(0).answer();
    expect(cluster.worker(0).running).toEqual([3]);
  });

  it("Scheduler hands the reason on as it is, whatever it is", () => {
    for (const reason of [undefined, null, 0, new Error("mine")]) {
      const { cluster, jobs: [job] } = running();
      cluster.adapter.watch = {};
      job!.handle.cancel(reason);
      cluster.flush();
      expect(job!.outcome).toStrictEqual({ ok: false, error: reason });
    }
  });

  it("Scheduler answers a running job at once, before its worker lets go", () => {
    const { cluster, jobs: [job] } = running();
    job!.cancel();
    cluster.flush();
    expect([job!.code, cluster.worker(0).aborts, cluster.stats.jobs.running]).toEqual(["cancelled", ["abort"], 0]);
  });

  it("Scheduler gives a worker no other job before it has let go of the cancelled one", () => {
    const { cluster, jobs: [job] } = running();
    const next = cluster.submit("next");
    job!.cancel();
    expect(cluster.stats.workers.busy).toBe(1);
    cluster.worker(0).answer("too late");
    expect(cluster.worker(0).running).toEqual(["next"]);
    cluster.worker(0).answer("well");
    cluster.flush();
    expect([job!.code, next.value]).toEqual(["cancelled", "well"]);
  });

  it("Scheduler kills a worker that does not hear of it within 200 ms: its loop is blocked", () => {
    const { cluster, jobs: [job] } = running();
    job!.cancel();
    cluster.advance(199);
    expect(cluster.worker(0).kills).toBe(0);
    cluster.advance(1);
    expect([cluster.worker(0).kills, cluster.worker(0).stops, cluster.stats.workers.stopping]).toEqual([1, 0, 1]);
  });

  it("Scheduler saves a worker whose handler hears of it and answers within abortGrace", () => {
    const { cluster, jobs: [job] } = running({ abortGrace: 300, killGrace: 300 });
    job!.cancel();
    cluster.advance(199);
    cluster.worker(0).hear();
    cluster.advance(299);
    cluster.worker(0).answer("stopped");
    cluster.advance(10_000);
    expect([cluster.worker(0).ending, cluster.stats.workers.idle, cluster.stats.lost.messages]).toEqual([false, 1, 0]);
    cluster.submit("next");
    expect(cluster.worker(0).running).toEqual(["next"]);
  });

  it("Scheduler saves a worker that answers at once, without having said that it heard", () => {
    const { cluster, jobs: [job] } = running();
    job!.cancel();
    cluster.worker(0).answer("was done anyway");
    cluster.flush();
    expect([job!.code, cluster.stats.workers.idle, cluster.stats.jobs]).toMatchObject([
      "cancelled",
      1,
      { succeeded: 0, failed: 1 },
    ]);
    expect(cluster.clock.due).toEqual([20_000]);
  });

  it("Scheduler kills a worker whose handler hears of it and goes on beyond abortGrace", () => {
    const { cluster, jobs: [job] } = running({ abortGrace: 300, killGrace: 300 });
    job!.cancel();
    cluster.advance(20);
    cluster.worker(0).hear();
    cluster.advance(299);
    expect(cluster.worker(0).kills).toBe(0);
    cluster.advance(1);
    expect(cluster.worker(0).kills).toBe(1);
  });

  it("Scheduler kills a worker that runs free, but whose handler has not taken its signal, after 200 ms", () => {
    const { cluster, jobs: [job] } = running({ abortGrace: 300, killGrace: 300 });
    job!.cancel();
    cluster.advance(20);
    cluster.worker(0).hear(1, false);
    cluster.advance(199);
    expect(cluster.worker(0).kills).toBe(0);
    cluster.advance(1);
    expect(cluster.worker(0).kills).toBe(1);
  });

  it("Scheduler gives no more grace to a worker that says again and again that it has heard", () => {
    const { cluster, jobs: [job] } = running({ abortGrace: 300, killGrace: 300 });
    job!.cancel();
    for (let i = 0; i < 4 && cluster.worker(0).kills === 0; i++) {
      cluster.worker(0).hear();
      cluster.advance(100);
    }
    expect(cluster.worker(0).kills).toBe(1);
    expect(cluster.clock.now()).toBe(300);
  });

  it("Scheduler takes only the first cancel of a job", () => {
    const { cluster, jobs: [job] } = running();
    job!.cancel("first");
    job!.cancel("second");
    cluster.flush();
    job!.cancel("third");
    cluster.flush();
    expect([job!.code, cluster.worker(0).aborts]).toEqual(["first", ["abort"]]);
  });

  it("Scheduler does not time out a job that was cancelled", () => {
    const { cluster, jobs: [job] } = running({}, { timeout: 20 });
    job!.cancel();
    cluster.advance(40);
    expect([job!.code, cluster.worker(0).aborts]).toEqual(["cancelled", ["abort"]]);
  });

  it("Scheduler does nothing when a settled job is cancelled", () => {
    const { cluster, jobs: [job] } = running();
    cluster.worker(0).answer("well");
    cluster.submit("next");
    job!.cancel();
    cluster.advance(1_000);
    expect([job!.value, cluster.worker(0).running, cluster.worker(0).aborts]).toEqual(["well", ["next"], []]);
  });

  it("Scheduler forgets its patience when the worker dies of it", () => {
    const { cluster, jobs: [job] } = running();
    job!.cancel();
    cluster.worker(0).crash();
    expect([cluster.clock.pending, job!.code]).toEqual([0, "cancelled"]);
  });

  it("Scheduler does not run a cancelled job again when its worker is lost", () => {
    const { cluster, jobs: [job] } = running({ retries: 3 });
    job!.cancel();
    cluster.worker(0).crash();
    expect(cluster.stats.jobs).toMatchObject({ waiting: 0, running: 0, retried: 0, failed: 1 });
    expect(cluster.workers).toHaveLength(1);
  });
});

describe("Scheduler abort with neighbours", () => {
  const options = { concurrency: 3, abortGrace: 300, killGrace: 300 } as const;

  it("Scheduler does not kill a worker with neighbours after 200 ms: a loop that is busy is no proof", () => {
    const { cluster, jobs } = running(options);
    jobs[0]!.cancel();
    cluster.advance(299);
    expect(cluster.worker(0).ending).toBe(false);
  });

  it("Scheduler gives no new job to a worker that has yet to hear of an abort: it may be stuck", () => {
    const { cluster, jobs } = running({ ...options, maxWorkers: 2 });
    cluster.worker(0).says({ type: "answers", answers: [[3, 0, null]] });
    jobs[0]!.cancel();
    cluster.submit(4);
    expect(cluster.workers).toHaveLength(2);
    expect(cluster.worker(0).running).toEqual([1, 2]);
    cluster.worker(0).hear(1);
    expect(cluster.worker(0).running).toEqual([1, 2, 4]);
  });

  it("Scheduler kills it after killGrace when it does not hear: its neighbours are stuck as well", () => {
    const { cluster, jobs } = running(options);
    jobs[0]!.cancel();
    cluster.advance(300);
    expect(cluster.worker(0).kills).toBe(1);
    cluster.worker(0).exit({ code: null, signal: "SIGKILL" });
    expect(jobs.map((job) => job.code)).toEqual(["cancelled", "CC_ERR_WORKER_EXIT", "CC_ERR_WORKER_EXIT"]);
    expect(cluster.faults).toEqual([]);
  });

  it("Scheduler runs such neighbours again if they have retries", () => {
    const { cluster, jobs } = running({ ...options, retries: 1 });
    jobs[0]!.cancel();
    cluster.advance(300);
    cluster.worker(0).exit({ code: null, signal: "SIGKILL" });
    cluster.worker(1).ready();
    // None of them is to blame.
    expect(cluster.worker(1).running).toEqual([2, 3]);
  });

  it("Scheduler still takes the neighbours' answers on the way out of a killed worker", () => {
    const { cluster, jobs } = running(options);
    jobs[0]!.cancel();
    cluster.advance(300);
    cluster.worker(0).says({ type: "answers", answers: [[2, 0, "just in time"]] });
    expect(jobs[1]!.value).toBe("just in time");
    expect(cluster.stats.workers).toMatchObject({ stopping: 1, idle: 0 });
  });

  it("Scheduler retires a worker whose handler ignores its abort: no new jobs, neighbours finish, then it is killed", () => {
    const { cluster, jobs } = running({ ...options, maxWorkers: 2 });
    jobs[0]!.cancel();
    cluster.worker(0).hear(1);
    cluster.advance(300);
    expect([cluster.stats.workers.retiring, cluster.worker(0).ending]).toEqual([1, false]);
    cluster.submit("next");
    expect(cluster.worker(0).jobs.size).toBe(3);
    cluster.worker(0).says({ type: "answers", answers: [[2, 0, "b"]] });
    cluster.advance(60_000);
    expect(cluster.worker(0).ending).toBe(false);
    cluster.worker(0).says({ type: "answers", answers: [[3, 1, "c"]] });
    expect([cluster.worker(0).kills, jobs[1]!.value, jobs[2]!.error]).toEqual([1, "b", { decoded: "c" }]);
  });

  it("Scheduler lets the neighbours of a handler that took no signal finish", () => {
    const { cluster, jobs } = running(options);
    jobs[0]!.cancel();
    cluster.worker(0).hear(1, false);
    cluster.advance(60_000);
    expect([cluster.stats.workers.retiring, cluster.worker(0).ending]).toEqual([1, false]);
    cluster.worker(0).says({ type: "answers", answers: [[2, 0, "b"], [3, 0, "c"]] });
    expect([cluster.worker(0).kills, jobs[1]!.value, jobs[2]!.value]).toEqual([1, "b", "c"]);
  });

  it("Scheduler kills a worker whose handler ignores its abort at once when it runs nothing else", () => {
    const { cluster, jobs } = running(options);
    for (const job of jobs.slice(1)) job.cancel();
    cluster.worker(0).says({ type: "answers", answers: [[2, 0, 0], [3, 0, 0]] });
    jobs[0]!.cancel();
    cluster.worker(0).hear(1);
    cluster.advance(300);
    expect(cluster.worker(0).kills).toBe(1);
  });

  it("Scheduler gives jobs to a worker again whose handler obeyed its abort", () => {
    const { cluster, jobs } = running(options);
    jobs[0]!.cancel();
    cluster.worker(0).hear(1);
    cluster.worker(0).answer("stopped");
    cluster.submit("next");
    cluster.advance(1_000);
    expect([cluster.worker(0).running, cluster.worker(0).ending]).toEqual([[2, 3, "next"], false]);
  });

  it("Scheduler keeps a place taken that a cancelled job has not left", () => {
    const { cluster, jobs } = running(options);
    jobs[0]!.cancel();
    cluster.submit("next");
    expect([cluster.worker(0).jobs.size, cluster.stats.jobs.waiting]).toEqual([3, 1]);
  });

  it("Scheduler does not take a retiring worker back when the ignored job answers after all", () => {
    const { cluster, jobs } = running(options);
    jobs[0]!.cancel();
    cluster.worker(0).hear(1);
    cluster.advance(300);
    cluster.worker(0).answer("at last");
    cluster.submit("next");
    expect([cluster.worker(0).running, cluster.stats.workers.retiring]).toEqual([[2, 3], 1]);
  });

  it("Scheduler loses a retiring worker's neighbours like any others when it dies", () => {
    const { cluster, jobs } = running({ ...options, retries: 1 });
    jobs[0]!.cancel();
    cluster.worker(0).hear(1);
    cluster.advance(300);
    cluster.worker(0).crash();
    cluster.worker(1).ready();
    expect(cluster.worker(1).running).toEqual([2]);
    expect([cluster.faults.length, cluster.stats.lost.workers]).toEqual([1, 1]);
  });

  it("Scheduler that exits stops a retiring worker", () => {
    const { cluster, jobs } = running(options);
    jobs[0]!.cancel();
    cluster.worker(0).hear(1);
    cluster.advance(290);
    cluster.advance(10);
    cluster.close("now");
    expect([cluster.worker(0).stops, cluster.stats.workers.stopping]).toEqual([1, 1]);
    cluster.worker(0).exit();
    cluster.flush();
    expectNothingLeft(cluster);
  });

  it("Scheduler that exits leaves its grace to a worker that has heard of an abort", () => {
    const { cluster, jobs: [job] } = running({ abortGrace: 300, killGrace: 300 });
    job!.cancel();
    cluster.advance(10);
    cluster.close("now");
    cluster.worker(0).hear();
    cluster.advance(299);
    expect(cluster.worker(0)).toMatchObject({ stops: 1, kills: 0 });
    cluster.advance(1);
    expect(cluster.worker(0).kills).toBe(1);
  });
});
