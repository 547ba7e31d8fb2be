import { describe, expect, it } from "vitest";
import { STREAMS } from "../../src/core/frame.ts";
import type { SchedulerOptions } from "../../src/core/scheduler.ts";
import { Cluster, type FakeWorker, type Submitted } from "./fakes.ts";
import { aRequest } from "./request.ts";

/** A job that yields, and what its caller has been told. */
function stream(
  cluster: Cluster,
  { credit = 2, timeout = Infinity } = {},
): { job: Submitted; told: unknown[]; worker: FakeWorker } {
  const told: unknown[] = [];
  const job = cluster.submit("args", {
    timeout,
    stream: { credit, onYield: (value) => void told.push(value) },
  });
  const worker = cluster.worker(0);
  if (worker.at === "starting") worker.ready();
  return { job, told, worker };
}

const yields = (worker: FakeWorker, ...values: unknown[]): void => {
  for (const value of values) worker.says({ type: "yielded", job: [...worker.jobs.keys()][0], value });
};

describe("Scheduler streams", () => {
  it("Scheduler tells a job how much it may yield, and its caller what it has", () => {
    const cluster = new Cluster();
    const { job, told, worker } = stream(cluster, { credit: 5 });
    expect([...worker.jobs.values()][0]?.slice(2)).toEqual([STREAMS, null, null, 1, 5]);
    yields(worker, "a", undefined, "b");
    expect(told).toEqual(["a", undefined, "b"]);
    expect(job.outcome).toBeNull();
    worker.answer("end");
    expect(job.value).toBe("end");
  });

  it("Scheduler tells the worker of what more is wanted, and nobody once the job has ended", () => {
    const cluster = new Cluster();
    const { job, worker } = stream(cluster);
    yields(worker, 1, 2);
    job.handle.more(2);
    expect(worker.frames.at(-1)).toEqual({ type: "more", job: 1, count: 2 });
    worker.answer();
    const { length } = worker.frames;
    job.handle.more(2);
    expect(worker.frames).toHaveLength(length);
  });

  it("Scheduler tells nobody of what a job yields that was given up, or of frames that are none", () => {
    const cluster = new Cluster();
    const { job, told, worker } = stream(cluster);
    worker.says({ type: "yielded", job: 7, value: 1 });
    worker.says({ type: "yielded", value: 1 });
    job.cancel("enough");
    yields(worker, 1);
    cluster.flush();
    expect([told, job.error]).toEqual([[], "enough"]);
  });

  it("Scheduler gives each value that is wanted the job's timeout", () => {
    const cluster = new Cluster();
    const { job, told, worker } = stream(cluster, { timeout: 100 });
    cluster.advance(99);
    yields(worker, 1);
    cluster.advance(99);
    yields(worker, 2);
    // Nobody wants one.
    cluster.advance(10_000);
    expect([told, job.outcome]).toEqual([[1, 2], null]);
    job.handle.more(1);
    cluster.advance(99);
    expect(job.outcome).toBeNull();
    cluster.advance(1);
    expect(job.error).toMatchObject({ code: "CC_ERR_TIMEOUT", limit: 100 });
  });

  it("Scheduler runs a stream again that has yielded nothing, and no other", () => {
    const cluster = new Cluster({ retries: 3 });
    const { job, told, worker } = stream(cluster);
    worker.crash();
    cluster.worker(1).ready();
    expect(job.outcome).toBeNull();
    yields(cluster.worker(1), "once");
    cluster.worker(1).crash();
    cluster.flush();
    expect([told, job.code]).toEqual([["once"], "CC_ERR_POISON"]);
  });

  it("Scheduler sends no stream ahead, and learns nothing of how long one takes", () => {
    const cluster = new Cluster({ prefetch: 4 });
    cluster.submit("first");
    cluster.worker(0).ready();
    const { told } = stream(cluster);
    expect(cluster.worker(0).running).toEqual(["first"]);
    cluster.worker(0).answer();
    cluster.advance(5_000);
    yields(cluster.worker(0), 1);
    cluster.worker(0).answer();
    expect([told, cluster.stats.expectedRun]).toEqual([[1], 0]);
  });
});

describe("Scheduler workers that a stream's reader keeps", () => {
  const answerOf = (worker: FakeWorker, args: unknown): void => {
    const [number] = [...worker.jobs].find(([, entry]) => entry[1] === args) ?? [];
    worker.says({ type: "answers", answers: [[number, 0, null]] });
  };

  /** A worker whose stream has yielded what was asked for. */
  function read(options: Partial<SchedulerOptions>): { cluster: Cluster; worker: FakeWorker; job: Submitted } {
    const cluster = new Cluster({ concurrency: 3, ...options });
    const { job, worker } = stream(cluster, { credit: 1 });
    yields(worker, 1);
    return { cluster, worker, job };
  }

  function renewed(cluster: Cluster): unknown[] {
    const told: unknown[] = [];
    cluster.scheduler.renew((error) => told.push(error));
    return told;
  }

  it("Scheduler gives a full worker the jobs that its reader may wait for, and nothing once the stream has ended", () => {
    const { cluster, worker } = read({ maxJobsPerWorker: 1, prefetch: 4 });
    cluster.submitAll("a", "b", "c");
    // Nothing ahead: that it gets any is an exception.
    expect(worker.running).toEqual(["args", "a", "b"]);
    answerOf(worker, "a");
    expect(worker.running).toEqual(["args", "b", "c"]);
    answerOf(worker, "args");
    cluster.submit("d");
    expect(worker.running).toEqual(["b", "c"]);
    answerOf(worker, "b");
    answerOf(worker, "c");
    expect([worker.stops, cluster.workers.length]).toEqual([1, 1]);
    worker.exit();
    cluster.worker(1).ready();
    expect(cluster.worker(1).running).toEqual(["d"]);
  });

  it("Scheduler has none go on while another takes jobs, is about to, or may be started", () => {
    const { cluster, worker } = read({ maxJobsPerWorker: 1, maxWorkers: 2 });
    cluster.submit("a");
    expect([worker.running, cluster.workers.length]).toEqual([["args"], 2]);
    cluster.worker(1).ready();
    expect([worker.running, cluster.worker(1).running]).toEqual([["args"], ["a"]]);
    // Full, and no reader keeps it: it is about to leave.
    cluster.submit("b");
    expect(worker.running).toEqual(["args"]);
    cluster.worker(1).answer();
    expect([worker.running, cluster.worker(1).ending]).toEqual([["args"], true]);
    cluster.worker(1).exit();
    cluster.worker(2).ready();
    expect([worker.running, cluster.worker(2).running]).toEqual([["args"], ["b"]]);
  });

  it("Scheduler has one go on where another takes jobs, but has all its places taken up by readers", () => {
    const { cluster, worker } = read({ maxJobsPerWorker: 3, maxWorkers: 2, concurrency: 2 });
    const next = cluster.submit("other", { stream: { credit: 1, onYield() {} } });
    expect(worker.running).toEqual(["args", "other"]);
    const streams = [1, 2].map((n) => cluster.submit(`more ${n}`, { stream: { credit: 1, onYield() {} } }));
    cluster.worker(1).ready();
    expect(cluster.worker(1).running).toEqual(["more 1", "more 2"]);
    const say = (of: FakeWorker): void => {
      for (const job of of.jobs.keys()) of.says({ type: "yielded", job, value: 1 });
    };
    say(cluster.worker(1));
    answerOf(worker, "other");
    cluster.submit("third");
    expect(worker.running).toEqual(["args", "third"]);
    answerOf(worker, "third");
    cluster.submit("a");
    expect(worker.running).toEqual(["args", "a"]);
    expect([next.outcome?.ok, streams.map(({ outcome }) => outcome)]).toEqual([true, [null, null]]);
  });

  it("Scheduler gives no stream to a worker that is kept, but what stands behind it", () => {
    const { cluster, worker } = read({ maxJobsPerWorker: 1 });
    cluster.submit("another", { stream: { credit: 1, onYield() {} } });
    cluster.submitAll("a", "b");
    expect(worker.running).toEqual(["args", "a", "b"]);
    for (const args of ["a", "b", "args"]) answerOf(worker, args);
    worker.exit();
    cluster.worker(1).ready();
    expect(cluster.worker(1).running).toEqual(["another"]);
  });

  it("Scheduler lets in what a worker that is kept will take, though none may wait", () => {
    const { cluster, worker } = read({ maxJobsPerWorker: 1, maxBacklog: 0 });
    const jobs = cluster.submitAll("a", "b", "c");
    cluster.flush();
    expect(worker.running).toEqual(["args", "a", "b"]);
    expect(jobs[2]?.code).toBe("CC_ERR_BACKLOG_FULL");
  });

  it("Scheduler waits for a worker whose stream is about to yield", () => {
    const cluster = new Cluster({ concurrency: 3, maxJobsPerWorker: 1 });
    const { job, worker } = stream(cluster, { credit: 2 });
    yields(worker, 1);
    cluster.submit("a");
    expect(worker.running).toEqual(["args"]);
    yields(worker, 2);
    expect(worker.running).toEqual(["args", "a"]);
    job.handle.more(1);
    cluster.submit("b");
    expect(worker.running).toEqual(["args", "a"]);
  });

  it("Scheduler has an old worker go on, and replaces it when the stream has ended", () => {
    const { cluster, worker } = read({ maxWorkerAge: 1_000 });
    cluster.advance(1_000);
    cluster.submit("a");
    expect(worker.running).toEqual(["args", "a"]);
    answerOf(worker, "a");
    answerOf(worker, "args");
    expect(worker.stops).toBe(1);
  });

  it("Scheduler has a worker from before a renewal go on, and renews when the stream has ended", () => {
    const { cluster, worker } = read({});
    const told = renewed(cluster);
    cluster.submit("a");
    expect(worker.running).toEqual(["args", "a"]);
    answerOf(worker, "a");
    answerOf(worker, "args");
    expect([worker.stops, told]).toEqual([1, []]);
    worker.exit();
    cluster.worker(1).ready();
    cluster.flush();
    expect(told).toEqual([null]);
  });

  it("Scheduler has a worker go on in which another job hangs, and kills it when the stream has ended", () => {
    const { cluster, worker } = read({});
    const hung = cluster.submit("hung", { timeout: 10 });
    cluster.advance(10);
    expect(hung.code).toBe("CC_ERR_TIMEOUT");
    worker.hear([...worker.jobs.keys()].at(-1), false);
    cluster.advance(60_000);
    cluster.submit("a");
    expect([worker.running, worker.kills]).toEqual([["args", "hung", "a"], 0]);
    answerOf(worker, "a");
    answerOf(worker, "args");
    expect(worker.kills).toBe(1);
  });

  it("Scheduler has a full worker run a broadcast though others take jobs, and nothing else", () => {
    const { cluster, worker } = read({ maxJobsPerWorker: 1, maxWorkers: 2 });
    cluster.submit("a");
    cluster.worker(1).ready();
    cluster.worker(1).answer();
    cluster.worker(1).exit();
    const ended: unknown[] = [];
    cluster.broadcast(aRequest({ args: "all" }), false, (outcomes) => ended.push(outcomes.length));
    cluster.submit("b");
    expect(worker.running).toEqual(["args", "all"]);
    answerOf(worker, "all");
    cluster.flush();
    expect(ended).toEqual([1]);
  });
});
