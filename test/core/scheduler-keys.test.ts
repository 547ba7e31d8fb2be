import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AWAITED } from "../../src/core/spreading.ts";
import { aRequest } from "./request.ts";
import { Cluster, expectNothingLeft, type FakeWorker, type Submitted } from "./fakes.ts";

/** Workers that are ready. */
function cluster(workers: number, options: ConstructorParameters<typeof Cluster>[0] = {}): Cluster {
  const made = new Cluster({ maxWorkers: workers, minWorkers: workers, ...options });
  made.warm();
  made.allReady();
  return made;
}

const has = (cluster: Cluster): unknown[][] => cluster.workers.map((worker) => worker.running);

describe("Scheduler keys", () => {
  it("Scheduler runs jobs of one key one at a time, in one worker, whatever is free", () => {
    const it = cluster(2);
    for (const args of ["a1", "a2", "a3"]) it.submit(args, { key: "a" });
    expect(has(it).flat()).toEqual(["a1"]);
    const [at] = [has(it).findIndex((jobs) => jobs.length > 0)];
    it.worker(at).answer();
    expect(it.worker(at).running).toEqual(["a2"]);
    it.submit("other");
    expect(it.worker(1 - at).running).toEqual(["other"]);
    it.worker(1 - at).answer();
    it.worker(at).answer();
    expect(has(it)[at]).toEqual(["a3"]);
  });

  it("Scheduler gives new keys to the worker with the fewest", () => {
    const it = cluster(3);
    for (const key of ["a", "b", "c", "d", "e", "f"]) {
      it.submit(key, { key });
      it.workers.find((worker) => worker.running.length > 0)?.answer();
    }
    for (const key of ["a", "b", "c", "d", "e", "f"]) it.submit(key, { key });
    const first = has(it).flat();
    for (const worker of it.workers) worker.answer();
    expect([...first, ...has(it).flat()].toSorted()).toEqual(["a", "b", "c", "d", "e", "f"]);
  });

  it("Scheduler does not give all keys to the worker that is ready first", () => {
    const it = new Cluster({ maxWorkers: 2 });
    for (const key of ["a", "b", "c", "d"]) it.submit(key, { key });
    it.worker(0).ready();
    it.worker(0).answer();
    it.worker(0).answer();
    expect(it.worker(0).running).toEqual([]);
    // Others are not held up.
    it.submit("free");
    expect(it.worker(0).running).toEqual(["free"]);
    it.worker(1).ready();
    expect(it.worker(1).running).toEqual(["c"]);
  });

  it("Scheduler lets a key's next job in as long as its worker is free, whatever the limits", () => {
    const it = cluster(1, { maxBacklog: 0, maxLatency: 500 });
    for (let i = 0; i < 5; i++) {
      const job = it.submit(i, { key: "a" });
      it.advance(1_000);
      it.worker(0).answer(i);
      it.flush();
      expect(job.value).toBe(i);
    }
  });

  it("Scheduler lets a job go elsewhere whose worker is full of others", () => {
    const stream = { credit: 1, onYield() {} };
    const it = new Cluster({ maxWorkers: 4, maxJobsPerWorker: 2 });
    it.submit("a1", { key: "a" });
    it.worker(0).ready();
    it.submit("long");
    it.worker(1).ready();
    it.worker(0).answer();
    it.clock.together(() => {
      it.submit("held", { stream });
      it.submit("a2", { key: "a" });
    });
    expect(has(it).flat().toSorted()).toEqual(["held", "long"]);
    it.worker(2).ready();
    expect(it.worker(2).running).toEqual(["a2"]);
  });

  it("Scheduler has a new key wait for no starting worker where others have nothing of it", () => {
    const it = cluster(3);
    for (let i = 0; i < 12; i++) {
      it.submit(i, { key: `k${i}` });
      it.workers.find((worker) => worker.running.length > 0)?.answer();
    }
    it.worker(0).crash();
    expect(it.stats.workers.starting).toBe(1);
    it.submit("new", { key: "new" });
    expect(has(it).flat()).toEqual(["new"]);
  });

  it("Scheduler gives what any worker may run to one that no job waits for", () => {
    const it = cluster(3);
    it.submit("a1", { key: "a" });
    it.workers.find((worker) => worker.jobs.size > 0)?.answer();
    it.submit("busy", { key: "b" });
    it.clock.together(() => {
      it.submit("any");
      it.submit("a2", { key: "a" });
    });
    expect(has(it).flat().toSorted()).toEqual(["a2", "any", "busy"]);
  });

  it("Scheduler keeps a key's worker between its jobs, though its budget is never answered", () => {
    const it = new Cluster({ maxWorkers: 2 }, "process", { allowances: { join: () => ({ report() {}, leave() {} }) } });
    const [first, second] = ["a1", "a2"].map((args) => it.submit(args, { key: "a" }));
    it.worker(0).ready();
    it.worker(0).answer(1);
    it.flush();
    expect(it.worker(0).running).toEqual(["a2"]);
    it.worker(0).answer(2);
    it.flush();
    expect([first?.value, second?.value]).toEqual([1, 2]);
  });

  it.each(["fails", "takes long"])(
    "Scheduler gives keys to the worker that there is, if the start of another %s",
    (how) => {
      const it = new Cluster({ maxWorkers: 2 });
      for (const key of ["a", "b", "c"]) it.submit(key, { key });
      it.worker(0).ready();
      for (let i = 0; i < 2; i++) it.worker(0).answer();
      expect(it.worker(0).running).toEqual([]);
      if (how === "fails") it.worker(1).exit({ code: 1 });
      else it.advance(AWAITED);
      expect(it.worker(0).running).toEqual(["c"]);
    },
  );

  it("Scheduler gives the turn to the next job of a key only when no worker has the last any more", () => {
    const it = cluster(2, { concurrency: 2 });
    const first = it.submit("a1", { key: "a", timeout: 100 });
    it.submit("a2", { key: "a" });
    it.advance(100);
    expect(first.code).toBe("CC_ERR_TIMEOUT");
    const holder = it.workers.find((worker) => worker.running.length > 0) as FakeWorker;
    holder.hear();
    expect(has(it).flat()).toEqual(["a1"]);
    holder.answer();
    expect(holder.running).toEqual(["a2"]);
  });

  it("Scheduler lets a more urgent job of a key overtake those of it that wait", () => {
    const it = cluster(1);
    it.submit("holds");
    for (const [args, priority] of [["low", 0], ["high", 5], ["middle", 3]] as const) {
      it.submit(args, { key: "a", priority });
    }
    const order = [1, 2, 3].map(() => {
      it.worker(0).answer();
      return it.worker(0).running[0];
    });
    expect(order).toEqual(["high", "middle", "low"]);
  });

  it("Scheduler counts what waits for a key, and holds nothing else up for it", () => {
    const it = cluster(2, { maxBacklog: 2 });
    const jobs = ["a1", "a2", "a3"].map((args) => it.submit(args, { key: "a" }));
    it.flush();
    expect(it.submit("a4", { key: "a" })).toBeDefined();
    it.flush();
    expect(it.stats.jobs).toMatchObject({ waiting: 2, running: 1, refused: 1 });
    it.submit("free");
    expect(has(it).flat().toSorted()).toEqual(["a1", "free"]);
    jobs[1]?.cancel();
    jobs[2]?.cancel();
    it.flush();
    expect(it.stats.jobs.waiting).toBe(0);
  });

  it("Scheduler keeps keys apart and in order, and loses no job, whatever happens (property)", () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant("submit" as const), key: fc.nat(5), urgent: fc.boolean() }) },
      { weight: 5, arbitrary: fc.record({ do: fc.constantFrom("answer" as const, "fail" as const), at: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("cancel" as const, "crash" as const), at: fc.nat(20) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(300) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("broadcast" as const, "ready" as const) }) },
    );
    const options = fc.record({
      maxWorkers: fc.integer({ min: 1, max: 3 }),
      concurrency: fc.integer({ min: 1, max: 3 }),
      retries: fc.nat(2),
      maxJobsPerWorker: fc.constantFrom(2, 5, Infinity),
      prefetch: fc.constantFrom(0, 2),
    });
    fc.assert(
      fc.property(options, fc.array(step, { maxLength: 80 }), (options, steps) => {
        const it = new Cluster(options);
        const jobs: Submitted[] = [];
        const keyOf = new Map<unknown, string | null>();
        const workerOf = new Map<string, FakeWorker>();
        const given = new Map<FakeWorker, number>();
        // What is thrown while a job is sent would be taken for the transport's.
        const wrong: string[] = [];
        let broadcasts = 0;
        const alive = (): FakeWorker[] => it.workers.filter((worker) => worker.at === "ready" && !worker.ending);
        it.adapter.watch.sending = (worker, frame) => {
          if (frame.type !== "jobs") return;
          for (const [, args] of frame.jobs) {
            const key = keyOf.get(args);
            if (keyOf.has(args)) given.set(worker, (given.get(worker) ?? 0) + 1);
            if (!key) continue;
            const others = it.workers.filter((other) => other.at !== "exited").flatMap((other) => other.running);
            if (others.some((other) => other !== args && keyOf.get(other) === key)) wrong.push(`two of ${key}`);
            const before = workerOf.get(key);
            if (
              before && before !== worker && before.at === "ready" && !before.ending &&
              (given.get(before) ?? 0) < options.maxJobsPerWorker
            ) {
              wrong.push(`${key} has left its worker`);
            }
            workerOf.set(key, worker);
          }
        };
        for (const [at, each] of steps.entries()) {
          switch (each.do) {
            case "submit": {
              const key = each.key === 0 ? null : `k${each.key}`;
              keyOf.set(at, key);
              jobs.push(it.submit(at, { key, priority: each.urgent ? 1 : 0 }));
              break;
            }
            case "answer":
            case "fail": {
              const busy = alive().filter((worker) => worker.jobs.size > 0);
              const worker = busy[each.at % busy.length];
              worker?.hearRecalls();
              if (worker && worker.jobs.size > 0) worker[each.do]("x");
              break;
            }
            case "cancel":
              jobs[each.at]?.cancel();
              break;
            case "crash":
              alive()[each.at]?.crash();
              break;
            case "wait":
              it.advance(each.ms);
              break;
            case "broadcast":
              broadcasts++;
              it.broadcast(aRequest({ args: `b${at}`, bounded: true }), false, () => broadcasts--);
              break;
            case "ready":
              it.allReady();
          }
        }
        // To the end.
        for (let round = 0; round < 2_000 && it.stats.jobs.waiting + it.stats.jobs.running > 0; round++) {
          it.allReady();
          for (const worker of it.workers) {
            if (worker.at === "exited") continue;
            worker.hearRecalls();
            while (worker.at === "ready" && worker.jobs.size > 0) worker.answer();
            if (worker.ending) worker.exit({ code: 0 });
          }
          it.advance(10);
        }
        it.flush();
        expect(wrong).toEqual([]);
        expect(jobs.filter((job) => job.outcome === null)).toEqual([]);
        expect([it.stats.jobs.waiting, it.stats.jobs.running, broadcasts]).toEqual([0, 0, 0]);
        it.close("now");
        for (const worker of it.workers) if (worker.at !== "exited") worker.exit();
        it.flush();
        expectNothingLeft(it);
      }),
    );
  });
});
