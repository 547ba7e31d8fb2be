import { describe, expect, it } from "vitest";
import type { SchedulerOptions } from "../../src/core/scheduler.ts";
import { Cluster, type FakeWorker, type JobOptions, type Submitted } from "./fakes.ts";

/** A cluster whose ready workers are given these jobs, by name. */
function ahead(
  jobs: Record<string, JobOptions>,
  { manual = false, ...options }: Partial<SchedulerOptions> & { manual?: boolean } = {},
): { cluster: Cluster; jobs: Record<string, Submitted>; worker: FakeWorker } {
  const cluster = new Cluster({ prefetch: 5, minWorkers: options.maxWorkers ?? 1, ...options });
  cluster.adapter.manual = manual;
  cluster.warm();
  cluster.allReady();
  const submitted: Record<string, Submitted> = {};
  cluster.clock.together(() => {
    for (const [name, each] of Object.entries(jobs)) submitted[name] = cluster.submit(name, each);
  });
  return { cluster, jobs: submitted, worker: cluster.worker(0) };
}

const recalls = (worker: FakeWorker): number => worker.frames.filter((frame) => frame.type === "recall").length;

describe("Scheduler sending ahead", () => {
  it("Scheduler sends ahead of each worker what it was told, and no more", () => {
    const { cluster, worker } = ahead({ a: {}, b: {}, c: {}, d: {} }, { prefetch: 2 });
    expect(worker.running).toEqual(["a", "b", "c"]);
    expect([worker.shared.left, cluster.stats.jobs]).toMatchObject([2, { running: 1, waiting: 3 }]);
  });

  it("Scheduler sends nothing ahead of a worker while another is free, and gives none more than its share", () => {
    const { cluster } = ahead({ a: {}, b: {}, c: {}, d: {}, e: {}, f: {} }, { maxWorkers: 3 });
    expect(cluster.workers.map((worker) => worker.running)).toEqual([["c", "f"], ["b", "e"], ["a", "d"]]);
  });

  it("Scheduler sends what is enqueued together in one frame, and the first at once", () => {
    const { worker } = ahead({ a: {}, b: {}, c: {} });
    expect(worker.frames.map((frame) => frame.type === "jobs" && frame.jobs.map(([number]) => number)))
      .toEqual([[1], [2, 3]]);
  });

  it("Scheduler sends a worker that may have many more only when half of them are left, in one frame", () => {
    const { cluster, worker } = ahead({}, { prefetch: 9, maxWorkers: 1 });
    cluster.clock.together(() => cluster.submitAll(...Array.from({ length: 40 }, (_, n) => n)));
    const counts = (): number[] => worker.frames.flatMap((frame) => frame.type === "jobs" ? [frame.jobs.length] : []);
    expect(counts().reduce((sum, count) => sum + count)).toBe(10);
    const before = counts().length;
    for (let answered = 0; answered < 4; answered++) worker.answer();
    expect(counts()).toHaveLength(before);
    worker.answer();
    expect(counts().slice(before)).toEqual([5]);
  });

  it("Scheduler counts jobs that were sent ahead as waiting", () => {
    const { jobs, cluster } = ahead({ a: {}, b: {}, c: {}, d: {} }, { maxBacklog: 2 });
    cluster.flush();
    expect([jobs["c"]!.outcome, jobs["d"]!.code]).toEqual([null, "CC_ERR_BACKLOG_FULL"]);
  });

  it("Scheduler starts another worker for jobs that wait in one", () => {
    const { cluster } = ahead({ a: {}, b: {}, c: {} }, { maxWorkers: 3, minWorkers: 1 });
    expect(cluster.stats.workers).toMatchObject({ busy: 1, starting: 2 });
  });

  it("Scheduler gives a worker no more jobs than maxJobsPerWorker", () => {
    const { worker } = ahead({ a: {}, b: {}, c: {}, d: {} }, { maxJobsPerWorker: 3 });
    expect(worker.running).toEqual(["a", "b", "c"]);
  });

  it("Scheduler does not send ahead what is moved to a thread", () => {
    const cluster = new Cluster({ prefetch: 5 }, "thread");
    cluster.submit("a");
    cluster.worker(0).ready();
    cluster.submit("b", { transfer: [new ArrayBuffer(1)] });
    cluster.submit("c");
    expect([cluster.worker(0).running, cluster.stats.jobs.waiting]).toEqual([["a"], 2]);
  });

  it("Scheduler tells that a job that was sent ahead has started, once that is known", () => {
    const { cluster, worker } = ahead({ a: {}, b: {} });
    cluster.flush();
    expect(cluster.count("job:started")).toBe(1);
    worker.shared.take();
    worker.says({ type: "answers", answers: [[1, 0, "x", 10], [2, 0, "y", 10]] });
    expect(cluster.facts.map((fact) => fact.type).slice(-3)).toEqual(["job:settled", "job:started", "job:settled"]);
  });

  it("Scheduler sends objects that jobs share to each on its own", () => {
    const cluster = new Cluster({ prefetch: 5 });
    cluster.submit("first");
    cluster.worker(0).ready();
    const shared = { setting: [1] };
    cluster.clock.together(() => cluster.submitAll({ shared }, { shared }));
    const [one, other] = [...cluster.worker(0).jobs.values()].slice(1).map((entry) => entry[1] as { shared: object });
    expect([one, other]).toEqual([{ shared }, { shared }]);
    expect(one!.shared).not.toBe(other!.shared);
  });

  it("Scheduler fails of jobs that are sent together only those that can't be sent, in order", () => {
    const cluster = new Cluster({ prefetch: 5 });
    cluster.submit("first");
    cluster.worker(0).ready();
    const thrower = {
      get bad(): never {
        throw new Error("thrown by a getter");
      },
    };
    const jobs = cluster.clock.together(() => cluster.submitAll("a", () => {}, new Map([[1, 2]]), thrower, "b"));
    cluster.flush();
    expect(jobs.map((job) => job.code)).toEqual([null, "CC_ERR_NOT_CLONEABLE", null, "CC_ERR_NOT_CLONEABLE", null]);
    expect(cluster.worker(0).running).toEqual(["first", "a", new Map([[1, 2]]), "b"]);
    expect(cluster.worker(0).shared.left).toBe(3);
  });
});

describe("Scheduler taking back", () => {
  it("Scheduler takes back what a worker has not begun that says nothing for a while", () => {
    const { cluster, worker } = ahead({ a: {}, b: {}, c: {}, d: {} }, { maxWorkers: 2, minWorkers: 1 });
    cluster.advance(3);
    expect([recalls(worker), worker.running]).toEqual([1, ["a"]]);
    expect(cluster.stats.jobs).toMatchObject({ waiting: 3, running: 1 });
    cluster.worker(1).ready();
    expect(cluster.worker(1).running).toEqual(["b", "c"]);
  });

  /** Two workers with four jobs each; the second answers all of its own, the first one, in `ran` milliseconds each. */
  function uneven(
    ran: number,
  ): { cluster: Cluster; jobs: Record<string, Submitted>; rich: FakeWorker; free: FakeWorker } {
    const { cluster, jobs } = ahead({ a: {}, b: {}, c: {}, d: {}, e: {}, f: {}, g: {}, h: {} }, { maxWorkers: 2 });
    const [rich, free] = [cluster.worker(0), cluster.worker(1)];
    const all = [...free.jobs.keys()];
    const oldest = [...rich.jobs.keys()][0]!;
    cluster.advance(ran);
    rich.says({ type: "answers", answers: [[oldest, 0, "x", ran * 1_000]] });
    free.says({ type: "answers", answers: all.map((number) => [number, 0, "x", ran * 1_000]) });
    return { cluster, jobs, rich, free };
  }

  it.each([0.5, 1, 2])(
    "Scheduler holds nothing up behind a long job that begins after %f ms for longer than its patience",
    (begins) => {
      const cluster = new Cluster({ prefetch: "auto", minWorkers: 1, maxWorkers: 1 });
      cluster.warm();
      cluster.allReady();
      const worker = cluster.worker(0);
      const run = (): void => {
        cluster.advance(0.5);
        worker.answer();
      };
      for (let n = 0; n < 300; n++) {
        cluster.submit(n);
        run();
      }
      cluster.clock.together(() => cluster.submitAll(...Array.from({ length: 10 }, (_, n) => n)));
      for (let at = 0; at < begins; at += 0.5) run();
      const before = recalls(worker);
      cluster.advance(2.4);
      expect(recalls(worker)).toBe(before);
      cluster.advance(0.2);
      expect(recalls(worker)).toBe(before + 1);
    },
  );

  it.each([0.5, 1, 1.25, 2, 2.4, 2.6, 4.9])("Scheduler takes nothing back where all jobs take %f ms", (took) => {
    const cluster = new Cluster({ prefetch: "auto", minWorkers: 1, maxWorkers: 1, maxBacklog: Infinity });
    cluster.warm();
    cluster.allReady();
    const worker = cluster.worker(0);
    cluster.clock.together(() => cluster.submitAll(...Array.from({ length: 400 }, (_, n) => n)));
    // A worker tells of two at once, and a little later.
    for (let n = 0; n < 300; n++) {
      const numbers = [...worker.jobs.keys()].slice(0, 2);
      cluster.advance(took * numbers.length + 0.15);
      worker.says({ type: "answers", answers: numbers.map((number) => [number, 0, null, took * 1_000]) });
      if (worker.jobs.size === 0) break;
    }
    expect(recalls(worker)).toBe(0);
  });

  it("Scheduler gives a free worker half of what another has yet to begin, the last first", () => {
    const { cluster, rich, free } = uneven(1);
    expect([recalls(rich), rich.running, free.running]).toEqual([1, ["d", "f"], ["h"]]);
    expect([cluster.stats.jobs.running, cluster.stats.jobs.waiting, rich.shared.left]).toEqual([2, 1, 1]);
    // Until it has heard of it, it gets no others, and what it has stays its own.
    cluster.submit("i");
    expect([rich.running, free.running]).toEqual([["d", "f"], ["h", "i"]]);
    rich.hearRecalls();
    rich.exit({ code: 1 });
    expect([cluster.stats.jobs.failed, free.running]).toEqual([1, ["h", "i", "f"]]);
  });

  it("Scheduler grants no ticket before a worker has heard of all that was taken back", () => {
    const { cluster, jobs, rich } = uneven(1);
    jobs["f"]!.cancel();
    expect([recalls(rich), rich.running, rich.shared.left]).toEqual([2, ["d"], 0]);
    rich.says({ type: "recalled" });
    cluster.clock.together(() => cluster.submitAll("i", "j", "k", "l"));
    expect([rich.running, rich.shared.left]).toEqual([["d"], 0]);
    rich.says({ type: "recalled" });
    rich.says({ type: "recalled" });
    cluster.flush();
    expect(rich.running.length).toBeGreaterThan(1);
    expect(rich.shared.left).toBe(rich.running.length - 1);
  });

  it("Scheduler lets the time of a job run that has the place of one which is found answered when others are shared", () => {
    const names = Object.fromEntries([..."abcdefghijkl"].map((name) => [name, { timeout: 1 }]));
    const { cluster, jobs } = ahead(names, { prefetch: 10, maxWorkers: 2, manual: true });
    const [rich, free] = [cluster.worker(0), cluster.worker(1)];
    const [answered, begun] = [...rich.jobs.values()].map(([, name]) => String(name));
    rich.shared.take();
    rich.shared.take();
    rich.shared.mail = [JSON.stringify([[...rich.jobs.keys()][0], 0, "x", 900])];
    cluster.advance(0.9);
    const all = [...free.jobs.keys()];
    for (const _ of all) free.shared.take();
    free.says({ type: "answers", answers: all.map((number) => [number, 0, "x", 900]) });
    cluster.flush();
    expect([recalls(rich), jobs[answered!]!.outcome]).toEqual([1, { ok: true, value: "x" }]);
    cluster.advance(1.2);
    expect(jobs[begun!]!.code).toBe("CC_ERR_TIMEOUT");
  });

  it("Scheduler leaves it to a worker to begin what takes no longer than taking it back", () => {
    const { rich, free } = uneven(0.3);
    expect([recalls(rich), rich.running.length, free.running]).toEqual([0, 3, []]);
  });

  it("Scheduler looks at a worker soon to which jobs were sent ahead, though it waits for another to hear", () => {
    const { cluster, worker } = ahead({ a: {}, b: {}, c: {}, d: {} }, { maxWorkers: 2 });
    // Both have jobs taken back, and hear of it late: looks get rare.
    cluster.advance(31);
    worker.answer();
    worker.hearRecalls();
    cluster.flush();
    expect([worker.running.length, recalls(worker)]).toEqual([2, 1]);
    cluster.advance(3);
    expect(recalls(worker)).toBe(2);
  });

  it("Scheduler leaves a worker alone that answers", () => {
    const { cluster, worker } = ahead({ a: {}, b: {}, c: {}, d: {} });
    for (let round = 0; round < 3; round++) {
      cluster.advance(1.5);
      worker.shared.take();
      worker.answer();
    }
    expect(recalls(worker)).toBe(0);
  });

  it("Scheduler sends nothing until the worker has heard that jobs were taken back, and keeps it busy", () => {
    const { cluster, worker } = ahead({ a: {}, b: {} });
    cluster.advance(3);
    worker.says({ type: "answers", answers: [[1, 0, "x", 10]] });
    cluster.submit("c");
    expect([worker.running, cluster.stats.workers.busy, worker.holdsProgram]).toEqual([[], 1, true]);
    worker.hearRecalls();
    expect([worker.running, worker.shared.left]).toEqual([["b", "c"], 1]);
  });

  it("Scheduler sends a worker that has not heard for long a job without a ticket, one at a time", () => {
    const { cluster, worker } = ahead({ a: {}, b: {}, c: {} });
    cluster.advance(3);
    worker.answer();
    cluster.advance(2_000);
    expect([worker.running, worker.shared.left]).toEqual([["b"], 0]);
    worker.crash();
    expect(cluster.stats.jobs).toMatchObject({ failed: 1, waiting: 1 });
  });

  it("Scheduler runs again what it has sent without a ticket and a lost worker has not begun", () => {
    const { cluster, worker, jobs } = ahead({ a: {}, b: {}, c: {} });
    cluster.advance(3);
    worker.answer();
    cluster.adapter.manual = true;
    cluster.advance(2_000);
    expect(worker.running).toEqual(["b"]);
    worker.exit();
    cluster.advance(1_000);
    cluster.allReady();
    const [, next] = cluster.workers;
    expect([cluster.stats.jobs.failed, jobs["b"]!.outcome, next!.running]).toEqual([0, null, ["b", "c"]]);
  });

  it("Scheduler knows what has not begun of several without a ticket, when one of them was left out", () => {
    const { cluster, worker } = ahead({}, { manual: true, prefetch: 5 });
    worker.shared.full = true;
    cluster.clock.together(() => cluster.submitAll("a", "b"));
    const unwanted = cluster.submit("c");
    worker.shared.begunUnticketed++;
    unwanted.cancel();
    // It is left out: that counts as well, and it is heard of.
    const [, , number] = [...worker.jobs.keys()];
    worker.shared.begunUnticketed++;
    worker.says({ type: "answers", answers: [[number, 1, null, 0]] });
    worker.crash();
    expect([cluster.stats.jobs.failed, cluster.stats.jobs.waiting]).toEqual([2, 1]);
  });

  it.each(["process", "thread"] as const)(
    "Scheduler does not count among what a %s begins without a ticket what could not be sent to it",
    (isolation) => {
      const cluster = new Cluster({ prefetch: 0, minWorkers: 1, concurrency: 2 }, isolation);
      cluster.warm();
      cluster.allReady();
      const worker = cluster.worker(0);
      worker.shared.full = true;
      const unsent = cluster.submit(() => {});
      const sent = cluster.submit("a");
      worker.crash();
      expect([unsent.code, sent.code]).toEqual(["CC_ERR_NOT_CLONEABLE", "CC_ERR_WORKER_EXIT"]);
    },
  );

  it.each([3, 5_000])(
    "Scheduler gives nothing to a worker that answers after %i ms, has not heard that jobs were taken back, and leaves",
    (took) => {
      const { cluster, worker, jobs } = ahead({ a: {}, b: {} });
      cluster.advance(took);
      expect(recalls(worker)).toBe(1);
      worker.answer();
      cluster.advance(500);
      expect(worker.running).toEqual([]);
      worker.exit();
      cluster.advance(1_000);
      cluster.allReady();
      const [, next] = cluster.workers;
      expect([cluster.stats.jobs.failed, jobs["b"]!.outcome, next?.running]).toEqual([0, null, ["b"]]);
    },
  );

  it("Scheduler sends a worker home that has never heard that jobs were taken back", () => {
    const { cluster, worker, jobs } = ahead({ a: {}, b: {} });
    cluster.advance(3);
    jobs["b"]!.cancel();
    worker.answer();
    cluster.close();
    expect(worker.stops).toBe(0);
    cluster.advance(2_000);
    expect(worker.stops).toBe(1);
  });

  it("Scheduler forgets a job that is cancelled before it has begun, at no cost to the worker", () => {
    const { cluster, worker, jobs } = ahead({ a: {}, b: {}, c: {} });
    jobs["b"]!.cancel("not wanted");
    cluster.flush();
    expect([jobs["b"]!.error, jobs["c"]!.outcome]).toEqual(["not wanted", null]);
    worker.answer();
    worker.hearRecalls();
    expect(worker.running).toEqual(["c"]);
    expect([worker.aborts, worker.kills]).toEqual([[], 0]);
  });

  it("Scheduler takes a job back for its caller only if it has not begun, wherever it stands", () => {
    const { cluster, worker, jobs } = ahead({ a: {}, b: {}, c: {}, d: {} }, { prefetch: 2 });
    // It has begun b, and has not said so yet.
    worker.shared.take();
    for (const name of ["a", "b", "c", "d"]) jobs[name]!.takeBack(`${name} goes elsewhere`);
    cluster.flush();
    expect(Object.values(jobs).map((job) => job.code)).toEqual([null, null, "c goes elsewhere", "d goes elsewhere"]);
    worker.says({ type: "answers", answers: [[1, 0, "x", 1], [2, 0, "y", 1]] });
    cluster.flush();
    expect([jobs["a"]!.value, jobs["b"]!.value, worker.aborts, worker.kills]).toEqual(["x", "y", [], 0]);
    jobs["a"]!.takeBack("too late");
  });

  it("Scheduler sends elsewhere what waits behind a job that is cancelled", () => {
    const { cluster, jobs } = ahead({ a: {}, b: {}, c: {}, d: {} }, { maxWorkers: 2 });
    // The worker that has b and d.
    expect(cluster.worker(0).running).toEqual(["b", "d"]);
    jobs["b"]!.cancel();
    cluster.worker(1).shared.take();
    cluster.worker(1).says({ type: "answers", answers: [[1, 0, "x", 1], [3, 0, "x", 1]] });
    expect(cluster.worker(1).running).toEqual(["d"]);
  });

  it("Scheduler lets the time of a job run once it is its turn", () => {
    const { cluster, worker, jobs } = ahead({ a: {}, b: { timeout: 50 } });
    cluster.advance(1);
    worker.shared.take();
    worker.answer();
    cluster.advance(49.5);
    expect(jobs["b"]!.outcome).toBeNull();
    cluster.advance(5);
    expect([jobs["b"]!.code, worker.aborts]).toEqual(["CC_ERR_TIMEOUT", ["timeout"]]);
  });

  it.each([1, 100])("Scheduler does not let a job time out that waits behind another: %i ms", (timeout) => {
    const { cluster, jobs } = ahead({ a: {}, b: { timeout } });
    cluster.advance(1_000);
    expect([jobs["b"]!.outcome, cluster.stats.jobs.waiting]).toEqual([null, 1]);
  });

  it("Scheduler does not let a job time out that has ended, when another keeps its answer back", () => {
    const { cluster, worker, jobs } = ahead({ a: {}, b: { timeout: 1 }, c: {} });
    worker.answer();
    // b has ended, c runs and blocks the worker's loop.
    worker.shared.mail = [JSON.stringify([2, 0, "kept", 5])];
    worker.shared.take();
    cluster.advance(1_000);
    expect([jobs["b"]!.value, jobs["c"]!.outcome, worker.aborts]).toEqual(["kept", null, []]);
  });

  it("Scheduler gives a job its timeout that began while nothing was heard of the worker", () => {
    const { cluster, worker, jobs } = ahead({ a: {}, b: { timeout: 50 }, c: {} });
    // a has ended and its answer is kept back.
    worker.shared.take();
    cluster.advance(60);
    expect([jobs["a"]!.outcome, jobs["b"]!.code]).toEqual([null, "CC_ERR_TIMEOUT"]);
  });

  it("Scheduler says of jobs that the end cuts off whether they had begun", () => {
    const { cluster, worker, jobs } = ahead({ a: {}, b: {}, c: {} });
    worker.shared.take();
    cluster.close("now");
    cluster.flush();
    const retryable = Object.values(jobs).map((job) => (job.error as { retryable: boolean }).retryable);
    expect(retryable).toEqual([false, false, true]);
  });

  it("Scheduler runs again what a dead worker had not begun, in order, and fails the rest", () => {
    const { cluster, worker, jobs } = ahead({ a: {}, b: {}, c: {}, d: {} });
    worker.shared.take();
    worker.crash();
    cluster.submit("e");
    cluster.worker(1).ready();
    cluster.flush();
    expect(Object.values(jobs).map((job) => job.code)).toEqual([
      "CC_ERR_WORKER_EXIT",
      "CC_ERR_WORKER_EXIT",
      null,
      null,
    ]);
    expect(cluster.worker(1).running).toEqual(["c", "d", "e"]);
    expect(cluster.stats.jobs).toMatchObject({ retried: 0 });
    expect([...cluster.worker(1).jobs.values()].map((entry) => entry[5] ?? 1)).toEqual([1, 1, 1]);
  });

  it("Scheduler counts no job as lost when a worker leaves between two", () => {
    const { cluster, worker } = ahead({ a: {}, b: {} });
    cluster.adapter.manual = true;
    worker.answer();
    worker.exit({ code: 0 });
    cluster.flush();
    expect([cluster.faults, cluster.stats.lost.workers]).toEqual([[], 0]);
    expect(cluster.facts.find((fact) => fact.type === "worker:exit")).toMatchObject({ jobs: 0 });
  });
});

describe("Scheduler with places", () => {
  const two = { concurrency: 2, prefetch: 5 };

  it("Scheduler counts jobs with a place as running from when they are sent, and gives a ticket to each", () => {
    const { cluster, worker } = ahead({ a: {}, b: {}, c: {} }, two);
    expect([cluster.stats.jobs, worker.shared.left]).toMatchObject([{ running: 2, waiting: 1 }, 1]);
    cluster.advance(0);
    expect(cluster.count("job:started")).toBe(2);
  });

  it("Scheduler gives the place of a job that has ended to the next in line", () => {
    const { cluster, worker, jobs } = ahead({ a: {}, b: {}, c: { timeout: 50 }, d: {} }, two);
    cluster.advance(1);
    worker.answer();
    expect(cluster.stats.jobs).toMatchObject({ running: 2, waiting: 1 });
    cluster.advance(60);
    expect(jobs["c"]!.code).toBe("CC_ERR_TIMEOUT");
  });

  it("Scheduler takes back from a silent worker what has no place, and leaves what has one", () => {
    const { cluster, worker } = ahead({ a: {}, b: {}, c: {} }, { concurrency: 2, prefetch: 5 });
    cluster.adapter.manual = true;
    worker.answer();
    // c has b's neighbour's place, and the worker has not begun it.
    cluster.submit("d");
    cluster.advance(3);
    expect([recalls(worker), worker.running, cluster.stats.jobs]).toMatchObject([1, ["b", "c"], {
      running: 2,
      waiting: 1,
    }]);
    cluster.advance(1_000);
    expect([recalls(worker), worker.running]).toEqual([1, ["b", "c"]]);
  });

  it("Scheduler lets every job time out that runs beside others, whatever is known of those since", () => {
    const { cluster, worker, jobs } = ahead({ a: { timeout: 50 }, b: {}, c: {}, d: {}, e: {} }, two);
    // b, c and d have ended, and nothing was heard of it.
    for (let i = 0; i < 2; i++) worker.shared.take();
    cluster.advance(3);
    cluster.advance(60);
    expect(jobs["a"]!.code).toBe("CC_ERR_TIMEOUT");
  });

  it("Scheduler runs again what was sent to a worker that was about to leave", () => {
    const cluster = new Cluster({ prefetch: 0, minWorkers: 1 });
    cluster.warm();
    cluster.allReady();
    cluster.adapter.manual = true;
    const first = cluster.submit("a");
    cluster.worker(0).shared.take();
    cluster.worker(0).answer();
    const job = cluster.submit("b");
    cluster.worker(0).exit({ code: 0 });
    cluster.flush();
    expect([first.outcome?.ok, job.outcome, cluster.faults]).toEqual([true, null, []]);
    cluster.worker(1).ready();
    expect([...cluster.worker(1).jobs.values()].map(([, args, , , , attempt = 1]) => [args, attempt])).toEqual([
      ["b", 1],
    ]);
    cluster.worker(1).shared.take();
    cluster.worker(1).answer("done");
    cluster.flush();
    expect([job.value, cluster.stats.jobs]).toMatchObject(["done", { retried: 0, succeeded: 2 }]);
    const told = cluster.facts.flatMap((fact) => "job" in fact && fact.job === "2" ? [fact.type] : []);
    expect(told).toEqual(["job:queued", "job:started", "job:returned", "job:started", "job:settled"]);
  });

  it.each([0, 1])("Scheduler gives up a job of which workers die, or leave, before they begin it: code %i", (code) => {
    const cluster = new Cluster({ prefetch: 5, maxWorkers: 1, maxBacklog: Infinity });
    cluster.adapter.manual = true;
    const [bad, ...others] = cluster.clock.together(() => cluster.submitAll("bad", "x", "y"));
    let lost = 0;
    for (; lost < 10 && !bad!.outcome; lost++) {
      cluster.worker(-1).ready();
      cluster.worker(-1).exit({ code });
      cluster.advance(10_000);
    }
    expect([bad!.code, lost, others.map((job) => job.outcome)]).toEqual(["CC_ERR_WORKER_EXIT", 3, [null, null]]);
    expect((bad!.error as { retryable: boolean }).retryable).toBe(false);
    cluster.adapter.manual = false;
    cluster.worker(-1).ready();
    expect(cluster.worker(-1).running[0]).toBe("x");
  });

  it("Scheduler gives up a job of which workers die before they begin it while another worker serves", () => {
    const cluster = new Cluster({ maxWorkers: 2 });
    cluster.submit("long");
    cluster.worker(0).ready();
    cluster.adapter.manual = true;
    const bad = cluster.submit("bad");
    let lost = 0;
    for (; lost < 10 && !bad.outcome; lost++) {
      const [worker] = cluster.adapter.alive.slice(-1);
      worker!.ready();
      worker!.crash();
      cluster.advance(10_000);
    }
    expect([bad.code, lost]).toEqual(["CC_ERR_WORKER_EXIT", 3]);
  });

  it("Scheduler blames no job for the end of a worker that ran another", () => {
    const cluster = new Cluster({ prefetch: 5, maxWorkers: 1, maxBacklog: Infinity });
    const jobs = cluster.clock.together(() => cluster.submitAll(...Array.from({ length: 6 }, (_, n) => n)));
    for (let lost = 0; lost < 5; lost++) {
      cluster.worker(-1).ready();
      cluster.worker(-1).crash();
      cluster.advance(10_000);
    }
    expect(jobs.map((job) => job.code)).toEqual([...Array.from({ length: 5 }, () => "CC_ERR_WORKER_EXIT"), null]);
  });

  it("Scheduler sends jobs without tickets where none can be granted", () => {
    const { cluster, worker } = ahead({ a: {} });
    worker.shared.grant = () => {
      throw new Error("file too large");
    };
    const jobs = cluster.clock.together(() => cluster.submitAll("b", "c"));
    worker.answer();
    worker.answer();
    worker.answer();
    cluster.flush();
    expect(jobs.map((job) => job.outcome?.ok)).toEqual([true, true]);
  });

  it("Scheduler lets neighbours of a job that goes on regardless finish, those that were sent ahead included", () => {
    const { cluster, worker, jobs } = ahead({ a: {}, b: {}, c: {}, d: {} }, { ...two, killGrace: 100 });
    jobs["a"]!.cancel();
    worker.hear(1, false);
    worker.hearRecalls();
    cluster.submit("e");
    worker.says({ type: "answers", answers: [[2, 0, "x", 10]] });
    cluster.advance(2_000);
    expect(worker.kills).toBe(0);
    worker.says({ type: "answers", answers: [[3, 0, "x", 10]] });
    cluster.advance(0);
    expect([worker.kills, jobs["b"]!.value, jobs["c"]!.value]).toEqual([1, "x", "x"]);
  });

  it("Scheduler takes the answer of a job that is to time out where the worker keeps it", () => {
    const { cluster, worker, jobs } = ahead({ a: { timeout: 50 }, b: {} }, two);
    worker.shared.mail = [JSON.stringify([1, 0, "in time", 5])];
    cluster.advance(60);
    expect([jobs["a"]!.value, worker.aborts]).toEqual(["in time", []]);
  });

  it("Scheduler counts nothing of what the end has cut off", () => {
    const { cluster } = ahead({ a: {}, b: {}, c: {}, d: {} }, two);
    cluster.close("now");
    expect(cluster.stats.jobs).toMatchObject({ running: 0, waiting: 0 });
  });

  it("Scheduler does not forget a worker's age over jobs that were sent ahead and taken back", () => {
    const { cluster, worker } = ahead({ a: {}, b: {}, c: {} }, { maxJobsPerWorker: 3, maxWorkerAge: 2, maxWorkers: 1 });
    cluster.advance(5);
    worker.answer();
    worker.hearRecalls();
    expect(worker.stops).toBe(1);
  });

  it("Scheduler is not misled by a toJSON that the program has given to arrays", () => {
    const { cluster } = ahead({}, { prefetch: 5 });
    const arrays = Array.prototype as { toJSON?: () => string };
    arrays.toJSON = () => "changed";
    try {
      cluster.clock.together(() => cluster.submitAll("a", ["b"], { c: 1 }));
    } finally {
      delete arrays.toJSON;
    }
    expect(cluster.worker(0).running).toEqual(["a", ["b"], { c: 1 }]);
  });

  it.each<[string, unknown[], number[]]>([
    ["sends a long text in parts", Array.from({ length: 10 }, (_, n) => String(n).repeat(15_000)), [1, 4, 4, 1]],
    ["lets no job wait for the text of a long one behind it", ["a", "b", "c".repeat(65_533), "d", "e".repeat(500)], [
      1,
      1,
      1,
      2,
    ]],
    ["sends what has no arguments together, too", [undefined, undefined, 1, undefined], [1, 3]],
    ["sends what JSON can't carry alone", ["a", "b", "c", NaN, "d", "e"], [1, 2, 1, 2]],
  ])("Scheduler %s", (_what, args, expected) => {
    const { cluster, worker } = ahead({}, { prefetch: 100, maxWorkers: 1 });
    cluster.clock.together(() => cluster.submitAll(...args));
    expect(worker.frames.map((frame) => frame.type === "jobs" && frame.jobs.length)).toEqual(expected);
    expect(worker.running).toEqual(args);
  });

  it("Scheduler moves what a job without arguments moves, and sends it alone", () => {
    const cluster = new Cluster({ concurrency: 3, maxWorkers: 1 }, "thread");
    const moved = [new ArrayBuffer(8), new ArrayBuffer(8)];
    for (const buffer of moved) cluster.submit(undefined, { transfer: [buffer] });
    cluster.submit(1);
    cluster.worker(0).ready();
    expect(cluster.worker(0).running).toEqual([undefined, undefined, 1]);
    expect(moved.map((buffer) => buffer.byteLength)).toEqual([0, 0]);
  });

  it("Scheduler reads texts though the program has replaced JSON.parse", () => {
    const { cluster, worker } = ahead({}, { prefetch: 5, maxWorkers: 1 });
    const [job] = cluster.submitAll("a");
    const { parse } = JSON;
    JSON.parse = () => {
      throw new Error("replaced");
    };
    try {
      worker.says({ type: "answers:text", text: "[[1,2,null,5]]" });
    } finally {
      JSON.parse = parse;
    }
    expect([job!.outcome, cluster.stats.lost.messages]).toEqual([{ ok: true, value: undefined }, 0]);
  });

  it("Scheduler fails of a frame that can't be written only the job for which it can't", () => {
    const { cluster } = ahead({}, { prefetch: 5 });
    cluster.adapter.watch.sending = (_, frame) => {
      if (frame.type === "jobs" && frame.jobs.some(([, args]) => typeof args === "bigint")) {
        throw new TypeError("BigInt");
      }
    };
    const jobs = cluster.clock.together(() => cluster.submitAll("a", "b", 3n, "d"));
    cluster.flush();
    expect(jobs.map((job) => job.code)).toEqual([null, null, "CC_ERR_NOT_CLONEABLE", null]);
    expect([cluster.worker(0).running, cluster.worker(0).shared.left]).toEqual([["a", "b", "d"], 2]);
  });
});

describe("Scheduler and answers that are kept back", () => {
  const kept = (number: number): string => JSON.stringify([number, 0, `answer ${number}`, 5]);

  it("Scheduler takes the answers that a worker keeps back when a job runs long, and knows them when they come", () => {
    const { cluster, worker, jobs } = ahead({ a: {}, b: {}, c: {} });
    worker.shared.mail = [kept(1)];
    worker.shared.take();
    cluster.advance(3);
    expect([jobs["a"]!.value, jobs["b"]!.outcome, jobs["c"]!.outcome]).toEqual(["answer 1", null, null]);
    worker.says({ type: "answers:text", text: `[${kept(1)},${kept(2)}]` });
    cluster.flush();
    expect([jobs["b"]!.value, cluster.stats.lost.messages]).toEqual(["answer 2", 0]);
  });

  it("Scheduler takes the answers that a dead worker had kept back", () => {
    const { cluster, worker, jobs } = ahead({ a: {}, b: {}, c: {} });
    worker.shared.mail = [kept(1)];
    worker.shared.take();
    worker.exit({ code: null, signal: "SIGKILL" });
    cluster.flush();
    expect([jobs["a"]!.value, jobs["b"]!.code, jobs["c"]!.outcome]).toEqual(["answer 1", "CC_ERR_WORKER_EXIT", null]);
  });

  it("Scheduler takes no answer twice, nor what is left of earlier rounds", () => {
    const { cluster, worker, jobs } = ahead({ a: {}, b: {} });
    worker.says({ type: "answers:text", text: `[${kept(1)}]` });
    worker.shared.mail = [kept(1), "no JSON", kept(99)];
    worker.exit({ code: 0 });
    cluster.flush();
    expect([jobs["a"]!.value, jobs["b"]!.outcome, cluster.stats.lost.messages]).toEqual(["answer 1", null, 0]);
  });
});
