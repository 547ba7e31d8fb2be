import { describe, expect, it } from "vitest";
import { Cluster, type Submitted } from "./fakes.ts";

/** One worker with one job. */
function running(options: ConstructorParameters<typeof Cluster>[0] = {}): { cluster: Cluster; job: Submitted } {
  const cluster = new Cluster(options);
  const job = cluster.submit("job");
  cluster.worker(0).ready();
  return { cluster, job };
}

describe("Scheduler answers", () => {
  it.each([["a value", 42], ["undefined", undefined], ["null", null], ["a frame of ours", {
    type: "answers",
    answers: [[1, 1, 0]],
  }]])(
    "Scheduler answers with what the worker said: %s",
    (_name, value) => {
      const { cluster, job } = running();
      cluster.worker(0).says({ type: "answers", answers: [[1, 0, value]] });
      expect(job.outcome).toStrictEqual({ ok: true, value });
    },
  );

  it("Scheduler decodes the error that a handler threw and hands it on as it is", () => {
    const { cluster, job } = running();
    cluster.worker(0).fail("encoded");
    expect(job.outcome).toEqual({ ok: false, error: { decoded: "encoded" } });
    expect(cluster.stats.jobs).toMatchObject({ succeeded: 0, failed: 1 });
    expect(cluster.stats.workers.idle).toBe(1);
  });

  it("Scheduler takes several answers in one frame, in any order", () => {
    const cluster = new Cluster({ concurrency: 3 });
    const jobs = cluster.submitAll(1, 2, 3);
    const worker = cluster.worker(0);
    worker.ready();
    worker.says({ type: "answers", answers: [[3, 0, "c"], [1, 0, "a"], [2, 1, "b"]] });
    expect(jobs.map((job) => job.outcome)).toEqual([
      { ok: true, value: "a" },
      { ok: false, error: { decoded: "b" } },
      { ok: true, value: "c" },
    ]);
    expect(cluster.stats.lost.messages).toBe(0);
  });

  it("Scheduler takes an answer from no worker but the one that has the job", () => {
    const cluster = new Cluster({ maxWorkers: 2 });
    const jobs = cluster.submitAll(1, 2);
    cluster.allReady();
    cluster.worker(0).says({ type: "answers", answers: [[2, 0, "forged"]] });
    expect([jobs[1]!.outcome, cluster.stats.lost.messages]).toEqual([null, 1]);
    cluster.worker(1).answer("genuine");
    expect(jobs[1]!.value).toBe("genuine");
  });

  it.each([0, -1, 2, 1.5, NaN, Infinity])(
    "Scheduler drops and counts an answer to a job that nobody has: %d",
    (number) => {
      const { cluster, job } = running();
      cluster.worker(0).says({ type: "answers", answers: [[number, 0, "forged"]] });
      expect([job.outcome, cluster.stats.lost.messages, cluster.stats.workers.busy]).toEqual([null, 1, 1]);
    },
  );

  it("Scheduler drops and counts a second answer to a job, in the same frame or later", () => {
    const { cluster, job } = running();
    cluster.worker(0).says({ type: "answers", answers: [[1, 0, "first"], [1, 0, "second"]] });
    cluster.worker(0).says({ type: "answers", answers: [[1, 1, "third"]] });
    expect([job.value, cluster.stats.lost.messages]).toEqual(["first", 2]);
    expect(cluster.stats.jobs).toMatchObject({ succeeded: 1, failed: 0 });
  });

  it("Scheduler does not take a late answer for the worker's next job's", () => {
    const cluster = new Cluster();
    const jobs = cluster.submitAll(1, 2);
    cluster.worker(0).ready();
    cluster.worker(0).says({ type: "answers", answers: [[1, 0, "first"]] });
    cluster.worker(0).says({ type: "answers", answers: [[1, 0, "late"]] });
    expect([jobs[0]!.value, jobs[1]!.outcome, cluster.worker(0).running]).toEqual(["first", null, [2]]);
  });

  it("Scheduler does not take an answer to a job that still waits", () => {
    const cluster = new Cluster();
    const jobs = cluster.submitAll(1, 2);
    cluster.worker(0).ready();
    cluster.worker(0).says({ type: "answers", answers: [[2, 0, "too early"]] });
    expect([jobs[1]!.outcome, cluster.stats.lost.messages]).toEqual([null, 1]);
  });

  it("Scheduler takes nothing from a frame with one malformed answer", () => {
    const { cluster, job } = running();
    cluster.worker(0).says({ type: "answers", answers: [[1, 0, "good"], [1, 7, "bad"]] });
    expect([job.outcome, cluster.stats.lost.messages]).toEqual([null, 1]);
  });

  it.each([undefined, null, 0, "text", [], {}, { type: "stray" }, { type: "ready" }, { type: "jobs", jobs: [] }, {
    type: "answers",
  }])(
    "Scheduler drops and counts what is no answer: %j",
    (frame) => {
      const { cluster, job } = running();
      cluster.worker(0).says(frame);
      expect([job.outcome, cluster.stats.lost.messages]).toEqual([null, 1]);
      cluster.worker(0).answer("well");
      expect(job.value).toBe("well");
    },
  );

  it("Scheduler drops what a worker says before it is ready, and while it has no job", () => {
    const cluster = new Cluster();
    const job = cluster.submit(1);
    const worker = cluster.worker(0);
    worker.says({ type: "answers", answers: [[1, 0, "too early"]] });
    expect([job.outcome, cluster.stats.workers.starting]).toEqual([null, 1]);
    worker.ready();
    worker.answer();
    worker.says({ type: "answers", answers: [[1, 0, "again"]] });
    worker.says({ type: "answers", answers: [] });
    expect([cluster.stats.lost.messages, cluster.stats.workers.idle, cluster.clock.pending]).toEqual([2, 1, 1]);
  });

  it("Scheduler does not believe that a job is aborting whose abort it never asked for", () => {
    const { cluster, job } = running();
    cluster.worker(0).says({ type: "aborting", job: 1 });
    cluster.worker(0).says({ type: "aborting", job: 99 });
    cluster.advance(10_000);
    expect([cluster.worker(0).ending, cluster.stats.workers.busy]).toEqual([false, 1]);
    cluster.worker(0).answer("well");
    expect(job.value).toBe("well");
  });
});

describe("Scheduler and arguments that can't be cloned", () => {
  it("Scheduler fails such a job alone, tells the cause, and runs the next", () => {
    const cluster = new Cluster();
    const [bad, worse, good] = cluster.submitAll(() => {}, Symbol("no"), "fine");
    cluster.worker(0).ready();
    expect([bad!.code, worse!.code, cluster.worker(0).running]).toEqual([
      "CC_ERR_NOT_CLONEABLE",
      "CC_ERR_NOT_CLONEABLE",
      ["fine"],
    ]);
    expect((bad!.error as Error).cause).toMatchObject({ name: "DataCloneError" });
    cluster.worker(0).answer("well");
    expect(good!.value).toBe("well");
    expect(cluster.stats.jobs).toMatchObject({ accepted: 3, succeeded: 1, failed: 2, waiting: 0, running: 0 });
  });

  it("Scheduler keeps the worker idle, and its timer, when its only job was refused by the transport", () => {
    const cluster = new Cluster({ idleTimeout: 300 });
    cluster.submit(() => {}, { timeout: 50 });
    cluster.worker(0).ready();
    expect([cluster.stats.workers.idle, cluster.worker(0).holdsProgram, cluster.clock.due]).toEqual([1, false, [300]]);
  });

  it("Scheduler tells of no start of such a job, and that no worker had it", () => {
    const cluster = new Cluster();
    cluster.submit(() => {});
    cluster.advance(70);
    cluster.worker(0).ready();
    expect(cluster.count("job:started")).toBe(0);
    expect(cluster.facts.at(-1)).toEqual({
      type: "job:settled",
      job: "1",
      task: null,
      worker: null,
      attempt: 0,
      ok: false,
      code: "CC_ERR_NOT_CLONEABLE",
      error: expect.objectContaining({ code: "CC_ERR_NOT_CLONEABLE", job: "1" }),
      waited: 70,
      ran: 0,
    });
  });
});
