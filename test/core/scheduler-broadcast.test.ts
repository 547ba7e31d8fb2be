import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/core/engine.ts";
import { Cluster, expectNothingLeft } from "./fakes.ts";
import { aRequest } from "./request.ts";

/** Broadcasts, and notes how that ends. */
function broadcast(
  cluster: Cluster,
  args: unknown,
  replay: boolean | string = false,
): { ended: (readonly Outcome[])[]; cancel(): void } {
  const ended: (readonly Outcome[])[] = [];
  const handle = cluster.broadcast(aRequest({ args }), replay, (outcomes) => void ended.push(outcomes));
  return { ended, cancel: () => handle.cancel("enough") };
}

function cluster(workers: number, options: ConstructorParameters<typeof Cluster>[0] = {}): Cluster {
  const made = new Cluster({ maxWorkers: workers, minWorkers: workers, ...options });
  made.warm();
  made.allReady();
  return made;
}

describe("Scheduler broadcasts", () => {
  it("Scheduler gives every worker one, before the jobs that come after, and none ahead of it", () => {
    const it = cluster(2, { prefetch: 4 });
    it.submitAll("a", "b");
    const { ended } = broadcast(it, "all");
    it.submitAll("c", "d");
    expect(it.workers.map((worker) => worker.running)).toEqual([["b"], ["a"]]);
    for (const worker of it.workers) worker.answer();
    expect(it.workers.map((worker) => worker.running[0])).toEqual(["all", "all"]);
    for (const worker of it.workers) worker.answer("done");
    it.flush();
    expect(ended).toEqual([[{ ok: true, value: "done" }, { ok: true, value: "done" }]]);
  });

  it("Scheduler waits for workers that are starting, and has those that come later replay it, if asked to", () => {
    const it = new Cluster({ maxWorkers: 2 });
    it.submit("first");
    const { ended } = broadcast(it, "now");
    broadcast(it, "again", true);
    it.submitAll("second", "third");
    expect(it.workers.map((worker) => worker.spec.replay)).toEqual([[], [{ number: 2, task: null, args: "again" }]]);
    it.worker(0).ready();
    expect(it.worker(0).running).toEqual(["now"]);
    it.worker(0).answer();
    it.flush();
    expect(ended).toHaveLength(1);
    expect(it.worker(0).running).toEqual(["again"]);
  });

  it("Scheduler leaves out workers that go before they have begun, and runs it on no other", () => {
    const it = cluster(2, { retries: 5 });
    it.submitAll("a", "b");
    const { ended } = broadcast(it, "all");
    it.worker(0).crash();
    while (it.worker(1).jobs.size > 0) it.worker(1).answer("one");
    it.flush();
    expect(ended).toEqual([[{ ok: true, value: "one" }]]);
  });

  it("Scheduler tells of a worker that is lost while it runs one, and replays it no more", () => {
    const it = cluster(1, { retries: 5 });
    const { ended } = broadcast(it, "all", true);
    it.worker(0).crash();
    it.flush();
    expect(ended).toMatchObject([[{ ok: false, error: { code: "CC_ERR_WORKER_EXIT" } }]]);
    expect(it.worker(-1).spec.replay).toMatchObject([{ args: "all" }]);
    it.worker(-1).crash();
    it.advance(1_000);
    expect(it.worker(-1).spec.replay).toEqual([]);
  });

  it("Scheduler replays the last broadcast of a name, and all without", () => {
    const it = new Cluster();
    for (const [args, replay] of [[1, "rates"], [2, true], [3, "other"], [4, "rates"], [5, false]] as const) {
      broadcast(it, args, replay);
    }
    it.submit("job");
    expect(it.worker(0).spec.replay.map(({ args }) => args)).toEqual([2, 3, 4]);
  });

  it("Scheduler tells of what a new worker could not replay, once, and replays it no more", () => {
    const it = new Cluster({ maxWorkers: 2 });
    broadcast(it, "bad", true);
    broadcast(it, "good", true);
    const job = it.submit("job");
    const { number } = it.worker(0).spec.replay[0] as { number: number };
    for (let i = 0; i < 2; i++) it.worker(0).says({ type: "unreplayed", number, error: "typo" });
    it.worker(0).ready();
    it.worker(0).answer("served");
    it.flush();
    expect(job.value).toBe("served");
    expect(it.faults).toMatchObject([{ code: "CC_ERR_WORKER_START", worker: "1", cause: { decoded: "typo" } }]);
    it.worker(0).crash();
    it.submit("next");
    expect(it.worker(1).spec.replay.map(({ args }) => args)).toEqual(["good"]);
  });

  it("Scheduler runs broadcasts in order before whatever else waits, however urgent", () => {
    const it = cluster(1);
    it.submit("busy");
    it.submit("before");
    broadcast(it, "first");
    broadcast(it, "second");
    it.submit("after", { priority: 100 });
    const order = Array.from({ length: 4 }, () => {
      it.worker(0).answer();
      return it.worker(0).running[0];
    });
    expect(order).toEqual(["first", "second", "after", "before"]);
  });

  it("Scheduler leaves out no worker that is full of what can be taken back", () => {
    const it = cluster(1, { maxJobsPerWorker: 4, prefetch: 4 });
    const jobs = it.clock.together(() => it.submitAll("a", "b", "c", "d"));
    const { ended } = broadcast(it, "all");
    for (const job of jobs.slice(1)) job.cancel();
    it.worker(0).hearRecalls();
    it.worker(0).answer();
    expect([it.worker(0).running, ended]).toEqual([["all"], []]);
  });

  it("Scheduler learns nothing from broadcasts of how long jobs take", () => {
    const it = cluster(1);
    for (let i = 0; i < 3; i++) {
      broadcast(it, "load");
      it.advance(3_000);
      it.worker(0).answer();
    }
    expect(it.stats.expectedRun).toBe(0);
  });

  it("Scheduler sends a broadcast to a worker whose budget is never answered", () => {
    const it = new Cluster({ maxWorkers: 2 }, "process", { allowances: { join: () => ({ report() {}, leave() {} }) } });
    it.submit("job");
    it.worker(0).ready();
    broadcast(it, "all");
    it.worker(0).answer();
    it.flush();
    expect(it.worker(0).running).toEqual(["all"]);
  });

  it("Scheduler counts none against the backlog, nor for maxJobsPerWorker", () => {
    const it = cluster(1, { maxBacklog: 0, maxJobsPerWorker: 1 });
    for (let i = 0; i < 3; i++) broadcast(it, i);
    for (let i = 0; i < 3; i++) it.worker(0).answer();
    const job = it.submit("only");
    expect(it.worker(0).running).toEqual(["only"]);
    it.worker(0).answer(1);
    it.flush();
    expect([job.value, it.worker(0).stops]).toEqual([1, 1]);
  });

  it("Scheduler answers at once where there is no worker, and refuses once it is closed", () => {
    const it = new Cluster();
    const { ended } = broadcast(it, "all");
    it.flush();
    expect([ended, it.workers]).toEqual([[[]], []]);
    it.close();
    const late = broadcast(it, "all");
    it.flush();
    expect(late.ended).toMatchObject([[{ ok: false, error: { code: "CC_ERR_CLOSED" } }]]);
  });

  it("Scheduler gives a broadcast up wherever it is", () => {
    const it = cluster(2);
    it.submit("busy");
    const { ended, cancel } = broadcast(it, "all");
    cancel();
    it.flush();
    expect(ended).toEqual([[{ ok: false, error: "enough" }, { ok: false, error: "enough" }]]);
  });

  it("Scheduler gives a broadcast up that is made and cancelled while a job is sent", () => {
    const it = cluster(2);
    const ended: (readonly Outcome[])[] = [];
    it.submit({
      get broadcasts() {
        it.scheduler.broadcast(aRequest({ args: "all" }), false, (outcomes) => void ended.push(outcomes)).cancel(
          "enough",
        );
        return 1;
      },
    });
    it.flush();
    expect(ended[0]?.map((outcome) => !outcome.ok && outcome.error)).toEqual(["enough", "enough"]);
  });

  it("Scheduler drops or drains broadcasts when it ends", () => {
    for (const mode of ["drain", "now"] as const) {
      const it = cluster(2);
      it.submit("busy");
      const { ended } = broadcast(it, "all");
      it.close(mode);
      for (const worker of it.workers) {
        if (mode === "drain") { while (worker.jobs.size > 0) worker.answer(); }
        if (worker.at !== "exited") worker.exit();
      }
      it.flush();
      expect(ended[0]?.map(({ ok }) => ok)).toEqual([mode === "drain", mode === "drain"]);
      expectNothingLeft(it);
    }
  });
});

describe("Scheduler renewals", () => {
  function renew(cluster: Cluster): unknown[] {
    const told: unknown[] = [];
    cluster.scheduler.renew((error) => told.push(error));
    return told;
  }

  it("Scheduler replaces every worker, one at a time, its jobs done, and then says so", () => {
    const it = cluster(2);
    it.submitAll("a", "b");
    const told = renew(it);
    it.flush();
    expect(it.stats.workers).toMatchObject({ retiring: 1, busy: 1 });
    for (let i = 0; i < 2; i++) {
      it.worker(i).answer();
      it.flush();
      expect([it.worker(i).stops, told]).toEqual([1, []]);
      it.worker(i).exit();
      it.worker(-1).ready();
      it.flush();
    }
    expect([told, it.stats.recycled, it.workers.length]).toEqual([[null], 2, 4]);
  });

  it("Scheduler has renewed at once where there is no worker", () => {
    const it = new Cluster();
    const told = renew(it);
    it.flush();
    expect(told).toEqual([null]);
  });

  it.each([1, 2])("Scheduler has renewed idle workers once one can be started, of %i", (maxWorkers) => {
    const it = cluster(1, { maxWorkers, minWorkers: 0 });
    it.submit("a");
    it.worker(0).answer();
    const told = renew(it);
    it.flush();
    if (maxWorkers === 1) it.worker(0).exit();
    for (let i = 0; i < 3; i++) {
      expect(told).toEqual([]);
      it.worker(-1).crash();
      it.advance(5_000);
    }
    expect(told).toMatchObject([{ code: "CC_ERR_WORKER_START" }]);
    expect(it.stats.workers.idle).toBe(maxWorkers - 1);
    const again = renew(it);
    it.flush();
    if (maxWorkers === 1) return expect(again).toEqual([null]);
    it.advance(10_000);
    it.worker(-1).ready();
    it.worker(0).exit();
    it.flush();
    expect([again, it.stats.workers.idle]).toEqual([[null], 1]);
  });

  it("Scheduler has renewed under load, though every job has a worker of its own", () => {
    const it = cluster(1, { maxJobsPerWorker: 1 });
    it.submitAll(...Array.from({ length: 8 }, (_, at) => at));
    const told = renew(it);
    for (let i = 0; i < 4; i++) {
      it.worker(-1).answer();
      it.worker(-1).exit();
      it.allReady();
      it.flush();
    }
    expect(told).toEqual([null]);
  });

  it("Scheduler says why it can't renew, and ends waiting when it closes", () => {
    const it = cluster(1);
    it.submit("busy");
    const told = renew(it);
    it.worker(0).answer();
    it.worker(0).exit();
    for (let i = 0; i < 5 && told.length === 0; i++) {
      it.worker(-1).exit({ code: 1 });
      it.advance(60_000);
    }
    expect(told).toMatchObject([{ code: "CC_ERR_WORKER_START" }]);
    it.close("now");
    const late = renew(it);
    it.flush();
    expect(late).toMatchObject([{ code: "CC_ERR_CLOSED" }]);
  });
});
