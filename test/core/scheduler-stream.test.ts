import { describe, expect, it } from "vitest";
import { STREAMS } from "../../src/core/frame.ts";
import { Cluster, type FakeWorker, type Submitted } from "./fakes.ts";

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
