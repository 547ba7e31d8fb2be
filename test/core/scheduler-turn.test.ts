import { describe, expect, it } from "vitest";
import { Cluster, expectNothingLeft, type Submitted } from "./fakes.ts";

describe("Scheduler turn", () => {
  it("Scheduler frees the worker before the callback runs, so that a nested submit needs no second worker", () => {
    const cluster = new Cluster({ maxWorkers: 2 });
    let idle = -1;
    cluster.submit(1, {
      done: () => {
        idle = cluster.stats.workers.idle;
        cluster.submit(2);
      },
    });
    cluster.worker(0).ready();
    cluster.worker(0).answer();
    expect([idle, cluster.workers.length, cluster.worker(0).running]).toEqual([1, 1, [2]]);
  });

  it("Scheduler starts the next job before it answers the last", () => {
    const cluster = new Cluster();
    let running: unknown[] = [];
    cluster.submit(1, { done: () => running = cluster.worker(0).running });
    cluster.submit(2);
    cluster.worker(0).ready();
    cluster.worker(0).answer();
    expect(running).toEqual([2]);
  });

  it("Scheduler has replaced a lost worker before the lost job is answered", () => {
    const cluster = new Cluster();
    let workers = 0;
    cluster.submit(1, { done: () => workers = cluster.adapter.alive.length });
    cluster.submit(2);
    cluster.worker(0).ready();
    cluster.worker(0).crash();
    expect(workers).toBe(1);
  });

  it.each<[string, (cluster: Cluster) => void]>([
    ["refused", (cluster) => cluster.submitAll(1, 2)],
    ["cancelled while it waits", (cluster) => cluster.submit(1).cancel()],
    ["refused by the transport", (cluster) => {
      cluster.warm();
      cluster.worker(0).ready();
      cluster.submit(() => {});
    }],
    ["given up by exit", (cluster) => {
      cluster.submit(1);
      cluster.close("now");
    }],
  ])("Scheduler answers a job that is %s only after the call has returned", (_how, ask) => {
    const cluster = new Cluster({ maxBacklog: 0 });
    ask(cluster);
    expect(cluster.told.filter((told) => told.startsWith("job "))).toEqual([]);
    cluster.flush();
    expect(cluster.told.filter((told) => /^job \d/.test(told))).toHaveLength(1);
  });

  it("Scheduler calls back from close and warm only after the call has returned", () => {
    const cluster = new Cluster();
    cluster.close();
    expect(cluster.told).toEqual([]);
    cluster.flush();
    expect(cluster.told).toEqual(["closing", "close", "closed"]);
    cluster.warm();
    cluster.close();
    expect(cluster.told).toHaveLength(3);
    cluster.flush();
    expect(cluster.told.slice(3)).toEqual(["warm", "closed"]);
  });

  it("Scheduler tells what a caller's turn left before what the next turn of the runtime leaves", () => {
    const cluster = new Cluster();
    const [, waiting] = cluster.submitAll(1, 2);
    cluster.worker(0).ready();
    cluster.told.length = 0;
    cluster.hears = () => false;
    waiting!.cancel();
    cluster.worker(0).answer();
    expect(cluster.told).toEqual(["job 2", "job 1"]);
  });

  it("Scheduler never calls a stranger from within another stranger's call", () => {
    const cluster = new Cluster({ maxBacklog: 0 });
    let depth = 0;
    const nested: Submitted[] = [];
    const done = (): void => {
      expect(++depth).toBe(1);
      if (nested.length < 5) nested.push(cluster.submit(2, { done }), cluster.submit(3, { done }));
      depth--;
    };
    cluster.submit(1, { done });
    cluster.worker(0).ready();
    for (let i = 0; i < 10; i++) {
      if (cluster.worker(0).jobs.size > 0) cluster.worker(0).answer();
      cluster.flush();
    }
    expect(nested.every((job) => job.outcome)).toBe(true);
  });

  it("Scheduler lets the runtime have its turn when a caller submits anew at every refusal", () => {
    const cluster = new Cluster({ maxBacklog: 0 });
    cluster.hears = () => false;
    cluster.submit("running");
    let refusals = 0;
    const again = (): void => {
      if (++refusals > 1_000) return;
      cluster.submit("again", { done: again });
    };
    cluster.submit("refused", { done: again });
    for (let i = 0; i < 3; i++) cluster.clock.runSoon();
    expect(refusals).toBe(3);
    cluster.worker(0).ready();
    cluster.worker(0).answer();
    cluster.flush();
    expect(cluster.worker(0).running).toEqual(["again"]);
  });

  it("Scheduler takes a cancel of another job from within a callback", () => {
    const cluster = new Cluster();
    const waiting: Submitted[] = [];
    cluster.submit(1, { done: () => waiting[0]!.cancel() });
    waiting.push(...cluster.submitAll(2, 3));
    cluster.worker(0).ready();
    cluster.worker(0).answer();
    cluster.flush();
    expect(waiting.map((job) => job.code)).toEqual(["cancelled", null]);
    expect(cluster.worker(0).aborts).toEqual(["abort"]);
  });

  it("Scheduler takes a cancel of the very job from within its own callback as none", () => {
    const cluster = new Cluster();
    const job: Submitted = cluster.submit(1, { done: () => job.cancel() });
    cluster.worker(0).ready();
    cluster.worker(0).answer("kept");
    cluster.flush();
    expect([job.value, cluster.worker(0).frames.length]).toEqual(["kept", 1]);
  });

  it.each(["drain", "now"] as const)("Scheduler takes a close(%s) from within a callback", (mode) => {
    const cluster = new Cluster({ maxWorkers: 1 });
    cluster.submit(1, { done: () => cluster.close(mode) });
    const waiting = cluster.submit(2);
    cluster.worker(0).ready();
    cluster.worker(0).answer();
    cluster.flush();
    if (mode === "drain") cluster.worker(0).answer("well");
    expect([waiting.outcome?.ok, waiting.code]).toEqual(mode === "drain" ? [true, null] : [false, "CC_ERR_CLOSED"]);
    cluster.worker(0).exit();
    cluster.flush();
    expectNothingLeft(cluster);
    expect(cluster.told.at(-1)).toBe("closed");
  });

  it("Scheduler refuses a job that is submitted from within a callback of close", () => {
    const cluster = new Cluster();
    const late: Submitted[] = [];
    cluster.close("now", () => late.push(cluster.submit(1)));
    cluster.flush();
    expect(late[0]!.code).toBe("CC_ERR_CLOSED");
  });

  it("Scheduler takes a submit from within a listener", () => {
    const cluster = new Cluster();
    const nested: Submitted[] = [];
    cluster.listener = (told) => {
      if (told === "fault") nested.push(cluster.submit("from a listener"));
    };
    cluster.submit(1);
    cluster.worker(0).ready();
    cluster.worker(0).crash();
    cluster.worker(1).ready();
    expect(cluster.worker(1).running).toEqual(["from a listener"]);
    cluster.worker(1).answer("well");
    expect(nested[0]!.value).toBe("well");
  });
});

describe("Scheduler and getters of arguments, which run while a job is sent", () => {
  it("Scheduler gives no second job to the worker when a getter submits", () => {
    const cluster = new Cluster({ maxWorkers: 1 });
    let nested: Submitted | undefined;
    cluster.submit({
      get value() {
        nested ??= cluster.submit("nested");
        return 1;
      },
    });
    cluster.worker(0).ready();
    expect(cluster.worker(0).running).toEqual([{ value: 1 }]);
    cluster.worker(0).answer();
    expect(cluster.worker(0).running).toEqual(["nested"]);
    cluster.worker(0).answer("well");
    expect(nested!.value).toBe("well");
  });

  it("Scheduler takes a job that its own getter cancels for a running one", () => {
    const cluster = new Cluster();
    const jobs: Submitted[] = [];
    jobs.push(cluster.submit({
      get value() {
        jobs[0]!.cancel("changed my mind");
        return 1;
      },
    }));
    jobs.push(cluster.submit(2));
    cluster.worker(0).ready();
    cluster.flush();
    expect([jobs[0]!.code, cluster.stats.jobs.waiting, cluster.worker(0).aborts]).toEqual(["changed my mind", 1, [
      "abort",
    ]]);
    cluster.worker(0).answer();
    cluster.worker(0).answer("well");
    expect(jobs[1]!.value).toBe("well");
  });

  it("Scheduler answers what a getter had refused only after the call that sent the job has returned", () => {
    const cluster = new Cluster({ maxBacklog: 0 });
    cluster.warm();
    cluster.worker(0).ready();
    let nested: Submitted | undefined;
    cluster.submit({
      get value() {
        nested ??= cluster.submit("nested");
        return 1;
      },
    });
    expect(nested!.outcome).toBeNull();
    cluster.flush();
    expect(nested!.code).toBe("CC_ERR_BACKLOG_FULL");
  });

  it.each(["drain", "now"] as const)("Scheduler takes a close(%s) from within a getter", (mode) => {
    const cluster = new Cluster();
    const job = cluster.submit({
      get value() {
        cluster.close(mode);
        return 1;
      },
    });
    cluster.worker(0).ready();
    if (mode === "drain") cluster.worker(0).answer("well");
    expect(job.outcome?.ok).toBe(mode === "drain");
    expect(cluster.worker(0).stops).toBe(1);
    cluster.worker(0).exit();
    cluster.flush();
    expectNothingLeft(cluster);
  });

  it("Scheduler fails a job whose getter throws, and that job alone", () => {
    const cluster = new Cluster();
    const [bad, good] = cluster.submitAll({
      get value() {
        throw new Error("from the getter");
      },
    }, 2);
    cluster.worker(0).ready();
    expect([bad!.code, cluster.worker(0).running]).toEqual(["CC_ERR_NOT_CLONEABLE", [2]]);
    cluster.worker(0).answer("well");
    expect(good!.value).toBe("well");
  });
});
