import { describe, expect, it } from "vitest";
import type { Fact } from "../../src/core/fact.ts";
import { Cluster } from "./fakes.ts";

describe("Scheduler facts", () => {
  it("Scheduler tells the life of a job in order, with what it took", () => {
    const cluster = new Cluster({ maxWorkers: 3 });
    cluster.submit(1, { id: "a", task: "area" });
    cluster.advance(30);
    cluster.worker(0).ready();
    cluster.advance(500);
    cluster.worker(0).answer();
    expect(cluster.facts).toEqual([
      { type: "job:queued", job: "a", task: "area", backlog: 1 },
      { type: "worker:starting", worker: "1", workers: 1, limit: 3 },
      { type: "worker:ready", worker: "1", started: 30 },
      { type: "job:started", job: "a", task: "area", worker: "1", attempt: 1, waited: 30 },
      {
        type: "job:settled",
        job: "a",
        task: "area",
        worker: "1",
        attempt: 1,
        ok: true,
        code: null,
        waited: 30,
        ran: 500,
      },
    ]);
  });

  it("Scheduler answers a job before it tells that it settled", () => {
    const cluster = new Cluster();
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.worker(0).answer();
    expect(cluster.told.slice(-2)).toEqual(["job 1", "job:settled"]);
  });

  it("Scheduler tells of a refusal, with its code", () => {
    const cluster = new Cluster({ maxBacklog: 0 });
    cluster.submit(1);
    cluster.submit(2, { id: "b", task: "area" });
    cluster.flush();
    const error = expect.objectContaining({ code: "CC_ERR_BACKLOG_FULL", limit: 0 });
    expect(cluster.facts.at(-1)).toEqual({
      type: "job:refused",
      job: "b",
      task: "area",
      code: "CC_ERR_BACKLOG_FULL",
      error,
    });
  });

  it("Scheduler tells the length of the backlog with every job that joins it", () => {
    const cluster = new Cluster();
    cluster.submitAll(1, 2, 3);
    cluster.flush();
    expect(cluster.facts.flatMap((fact) => fact.type === "job:queued" ? [fact.backlog] : [])).toEqual([1, 2, 3]);
  });

  it.each<[string, (cluster: Cluster) => void, Partial<Fact>]>([
    ["by an error without a code", (cluster) => cluster.worker(0).fail("x"), {
      worker: "1",
      ok: false,
      code: null,
      ran: 10,
    }],
    ["by its worker's death", (cluster) => cluster.worker(0).crash(), {
      worker: "1",
      ok: false,
      code: "CC_ERR_WORKER_EXIT",
      ran: 10,
    }],
    ["by its timeout", (cluster) => cluster.clock.advance(90), {
      worker: "1",
      ok: false,
      code: "CC_ERR_TIMEOUT",
      ran: 100,
    }],
    ["by an exit", (cluster) => cluster.close("now"), { worker: "1", ok: false, code: "CC_ERR_CLOSED", ran: 10 }],
  ])("Scheduler tells that a running job settled %s", (_how, end, expected) => {
    const cluster = new Cluster();
    cluster.submit(1, { timeout: 100 });
    cluster.advance(5);
    cluster.worker(0).ready();
    cluster.advance(10);
    end(cluster);
    cluster.flush();
    const settled = cluster.facts.filter((fact) => fact.type === "job:settled");
    const error = expect.anything();
    expect(settled).toEqual([{ type: "job:settled", job: "1", task: null, waited: 5, attempt: 1, error, ...expected }]);
  });

  it.each([
    [{ code: "MY_CODE" }, "MY_CODE"],
    [{ code: 7 }, null],
    ["text", null],
    [null, null],
    [undefined, null],
    [Object.assign(new Error("x"), { code: "E_X" }), "E_X"],
  ])("Scheduler tells the code of the error, if it is a string: %j", (reason, code) => {
    const cluster = new Cluster();
    cluster.submit(1).handle.cancel(reason);
    cluster.advance(8);
    expect(cluster.facts.at(-1)).toMatchObject({ type: "job:settled", worker: null, code, waited: 0, ran: 0 });
  });

  it("Scheduler tells of each attempt", () => {
    const cluster = new Cluster({ retries: 1 });
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.worker(0).crash();
    cluster.worker(1).ready();
    cluster.worker(1).answer();
    const attempts = cluster.facts.flatMap((fact) => fact.type === "job:started" ? [[fact.attempt, fact.worker]] : []);
    expect(attempts).toEqual([[1, "1"], [2, "2"]]);
    expect(cluster.count("job:queued")).toBe(1);
    expect(cluster.count("job:settled")).toBe(1);
  });

  it("Scheduler tells that a job is to run again, and what it would have failed with", () => {
    const cluster = new Cluster({ retries: 1 });
    cluster.submit(1, { id: "a", task: "area" });
    cluster.worker(0).ready();
    cluster.advance(7);
    cluster.worker(0).crash();
    const error = expect.objectContaining({ code: "CC_ERR_WORKER_EXIT", job: "a" });
    expect(cluster.facts.filter((fact) => fact.type === "job:retried")).toEqual([{
      type: "job:retried",
      job: "a",
      task: "area",
      worker: "1",
      attempt: 1,
      ran: 7,
      code: "CC_ERR_WORKER_EXIT",
      error,
    }]);
  });

  it("Scheduler tells a job's follower all of its facts, and leaves it to it to tell the observer", () => {
    const cluster = new Cluster({ retries: 1 });
    const told: string[] = [];
    const follower = { carrier: () => null, told: ({ type }: Fact) => void told.push(type) };
    cluster.submit(1, { follow: () => follower });
    cluster.worker(0).ready();
    cluster.worker(0).crash();
    cluster.worker(1).ready();
    cluster.worker(1).answer();
    expect(told).toEqual(["job:queued", "job:started", "job:retried", "job:started", "job:settled"]);
    expect(cluster.facts.filter((fact) => fact.type.startsWith("job:"))).toEqual([]);
  });

  it("Scheduler asks a job's follower for what crosses whenever the job is sent, and never for others", () => {
    const cluster = new Cluster({ retries: 1 });
    let sent = 0;
    const follower = { carrier: () => ({ traceparent: `00-${++sent}` }), told: () => {} };
    cluster.submit(1, { follow: () => follower });
    cluster.submit(new Map(), { follow: () => ({ ...follower, carrier: () => ({ traceparent: "p", baggage: "b" }) }) });
    cluster.submit(2);
    cluster.worker(0).ready();
    const entries = (index: number): unknown[] => [...cluster.worker(index).jobs.values()].map((entry) => entry[7]);
    expect(entries(0)[0]).toEqual(["00-1", null, null]);
    cluster.worker(0).crash();
    cluster.worker(1).ready();
    expect(entries(1)[0]).toEqual(["00-2", null, null]);
    cluster.worker(1).answer();
    expect(entries(1)[0]).toEqual(["p", null, "b"]);
    cluster.worker(1).answer();
    expect(entries(1)).toEqual([undefined]);
  });

  it("Scheduler tells how a worker ended, whether that was expected, and what it had", () => {
    const cluster = new Cluster({ maxWorkers: 2, concurrency: 2 });
    cluster.submitAll(1, 2, 3);
    cluster.allReady();
    cluster.worker(0).exit({ code: null, signal: "SIGSEGV" });
    cluster.worker(1).answer();
    cluster.close();
    cluster.worker(1).exit();
    const exits = cluster.facts.filter((fact) => fact.type === "worker:exit");
    expect(exits).toEqual([
      { type: "worker:exit", worker: "1", code: null, signal: "SIGSEGV", expected: false, recycled: null, jobs: 2 },
      { type: "worker:exit", worker: "2", code: 0, signal: null, expected: true, recycled: null, jobs: 0 },
    ]);
  });

  it("Scheduler tells of a worker's exit before it tells of the jobs that it cost, and of the fault last", () => {
    const cluster = new Cluster();
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.told.length = 0;
    cluster.worker(0).crash();
    expect(cluster.told).toEqual(["worker:exit", "job 1", "job:settled", "fault"]);
  });

  it("Scheduler tells of its closing with the workers that it has, and of its close last", () => {
    const cluster = new Cluster({ maxWorkers: 2 });
    cluster.submitAll(1, 2);
    cluster.close("now");
    for (const worker of cluster.workers) worker.exit();
    const closing = cluster.facts.filter((fact) => fact.type === "closing");
    expect(closing).toEqual([{ type: "closing", mode: "now", workers: 2 }]);
    expect(cluster.facts.at(-1)).toEqual({ type: "close" });
  });

  it("Scheduler tells only what somebody hears", () => {
    const cluster = new Cluster();
    cluster.hears = (type) => type === "job:started";
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.worker(0).answer();
    expect(cluster.facts.map((fact) => fact.type)).toEqual(["job:started"]);
  });

  it("Scheduler asks for no call of the runtime when there is nothing to tell", () => {
    const cluster = new Cluster();
    cluster.hears = () => false;
    let asked = 0;
    cluster.clock.soon = () => void asked++;
    cluster.submit(1);
    expect(asked).toBe(0);
  });
});

describe("Scheduler stats", () => {
  it("Scheduler counts nothing at first", () => {
    const none = { count: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0 };
    expect(new Cluster({}, "thread").stats).toEqual({
      adapter: "fake process",
      isolation: "thread",
      state: "open",
      workers: { starting: 0, idle: 0, busy: 0, retiring: 0, stopping: 0 },
      jobs: { waiting: 0, running: 0, accepted: 0, refused: 0, succeeded: 0, failed: 0, retried: 0 },
      wait: none,
      run: none,
      tasks: {},
      recycled: 0,
      lost: { workers: 0, starts: 0, abandoned: 0, messages: 0 },
      utilisation: 0,
      expectedRun: 0,
    });
  });

  it("Scheduler tells how long jobs have waited and run, of all and by task", () => {
    const cluster = new Cluster();
    cluster.submit(1);
    cluster.submit(2, { task: "resize" });
    cluster.submit(3, { task: "__proto__" });
    const dropped = cluster.submit(4, { task: "resize" });
    cluster.worker(0).ready();
    cluster.advance(100);
    cluster.worker(0).answer();
    cluster.advance(300);
    cluster.worker(0).answer();
    dropped.cancel();
    cluster.advance(10);
    cluster.worker(0).fail("no such task");
    const { wait, run, tasks } = cluster.stats;
    expect([wait.count, wait.max, run.count, run.max]).toEqual([3, 400, 3, 300]);
    expect(Object.keys(tasks)).toEqual(["default", "resize"]);
    expect(tasks["resize"]).toMatchObject({ succeeded: 1, failed: 1, wait: { count: 1, max: 100 }, run: { max: 300 } });
    expect(tasks["default"]?.run).toMatchObject({ count: 1, mean: 100, max: 100 });
    expect(tasks["default"]?.run.p99).toBe(100);
  });

  it("Scheduler counts workers and jobs where they are", () => {
    const cluster = new Cluster({ maxWorkers: 4, maxBacklog: 1, idleTimeout: 100 });
    cluster.submitAll(1, 2, 3, 4, 5, "refused");
    for (const worker of cluster.workers.slice(0, 3)) worker.ready();
    expect(cluster.stats).toMatchObject({
      workers: { starting: 1, idle: 0, busy: 3, retiring: 0, stopping: 0 },
      jobs: { waiting: 2, running: 3, accepted: 5, refused: 1 },
    });
    for (const worker of cluster.workers.slice(0, 3)) worker.answer();
    cluster.worker(0).fail("bad");
    cluster.worker(1).answer();
    cluster.advance(100);
    expect(cluster.stats).toMatchObject({
      workers: { starting: 1, idle: 0, busy: 0, retiring: 0, stopping: 3 },
      jobs: { waiting: 0, running: 0, accepted: 5, refused: 1, succeeded: 4, failed: 1 },
    });
  });

  it("Scheduler gives a snapshot that does not change", () => {
    const cluster = new Cluster();
    const before = cluster.stats;
    cluster.submit(1);
    expect([before.jobs.accepted, cluster.stats.jobs.accepted]).toEqual([0, 1]);
  });

  it("Scheduler predicts the next run from those before", () => {
    const cluster = new Cluster();
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.advance(120);
    cluster.worker(0).answer();
    expect(cluster.stats.expectedRun).toBeCloseTo(120);
    cluster.advance(30_000);
    expect(cluster.stats.expectedRun).toBeCloseTo(60);
  });

  it("Scheduler measures a retried job's last run alone", () => {
    const cluster = new Cluster({ retries: 1 });
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.advance(5_000);
    cluster.worker(0).crash();
    cluster.worker(1).ready();
    cluster.advance(70);
    cluster.worker(1).answer();
    expect(cluster.stats.expectedRun).toBeCloseTo(70);
  });
});
