/** The class: events, refusals, callbacks, statistics. */

import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { type ClusterMessage, ComputeCluster, type EnqueueOptions, type Fact } from "../../../mod.ts";
import type { Case } from "../case.ts";
import { until } from "../kit.ts";

export const surface: Case[] = [
  {
    name: "Whoever is told of a job is told in the asynchronous context of its caller",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const context = new AsyncLocalStorage<string>();
      const told = (args: unknown, options: EnqueueOptions, then?: () => void): Promise<string | undefined> =>
        new Promise((resolve) => {
          cc.enqueue(args, options, () => resolve(context.getStore()));
          then?.();
        });
      const answered = ["a", "b", "c"].map((name) => context.run(name, () => told({ op: "echo" }, {})));
      assert.deepEqual(await Promise.all(answered), ["a", "b", "c"]);
      assert.equal(await context.run("late", () => told({ op: "sleep", ms: 20_000 }, { timeout: 20 })), "late");
      assert.equal(await context.run("refused", () => told(() => {}, {})), "refused");
      const controller = new AbortController();
      const { signal } = controller;
      const abort = (): void => context.run("aborter", () => controller.abort());
      assert.equal(await context.run("aborted", () => told({ op: "sleep", ms: 20_000 }, { signal }, abort)), "aborted");
      const promised = await context.run("promise", async () => {
        await cc.enqueue({ op: "echo" });
        return context.getStore();
      });
      assert.equal(promised, "promise");
    },
  },
  {
    name: "Listeners hear of the next job however they were added, and of none once they are removed",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const heard: string[] = [];
      const listener = (): number => heard.push("job");
      // What nobody hears comes first: it is what the cluster remembers.
      const job = (): Promise<unknown> => cc.enqueue({ op: "echo" });
      await job();
      const events = ["job:queued", "job:started", "job:settled", "debug"] as const;
      const adders = ["on", "addListener", "prependListener", "once", "prependOnceListener"] as const;
      for (const event of events) {
        for (const add of adders) {
          cc[add](event, listener);
          await Promise.all([job(), once(cc, event)]);
          assert.equal(heard.length > 0, true, `${event} is heard after ${add}`);
          cc.off(event, listener);
          heard.length = 0;
          await job();
          assert.deepEqual(heard, [], `${event} is not heard after off`);
        }
        cc.on(event, listener);
        cc.removeAllListeners(event);
        await job();
        assert.deepEqual(heard, [], `${event} is not heard after removeAllListeners`);
      }
      const early = cc.enqueue({ op: "echo" });
      cc.on("job:settled", ({ job }) => heard.push(job));
      const late = cc.enqueue({ op: "echo" }, { id: "late" });
      await Promise.all([early, late]);
      assert.equal(heard.at(-1), "late");
    },
  },
  {
    name: "A job that is enqueued again under its id is run once, for all",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: Infinity });
      const log = kit.file("log");
      const args = { op: "log", file: log, line: "ran", next: { op: "wait", file: kit.file("go"), value: "answer" } };
      const controller = new AbortController();
      const jobs = [1, 2, 3].map(() => kit.value(cc, args, { id: "once" }));
      const aborted = kit.error(cc, args, { id: "once", signal: controller.signal });
      const failing = [1, 2].map(() => kit.error(cc, { op: "throw", what: "type" }, { id: "fails" }));
      await until(() => kit.lines(log).length > 0);
      controller.abort(new Error("not for me"));
      assert.equal((await aborted).message, "not for me");
      kit.write(kit.file("go"));
      assert.deepEqual(await Promise.all(jobs), ["answer", "answer", "answer"]);
      for (const error of await Promise.all(failing)) assert.equal(error["code"], "E_BAD");
      assert.deepEqual(kit.lines(log), ["ran"]);
      const { joined, jobs: { accepted } } = cc.stats();
      assert.deepEqual([joined, accepted], [4, 2]);
      // Once it has ended it is another.
      assert.equal(await kit.value(cc, { op: "echo", value: 2 }, { id: "once" }), 2);
    },
  },
  {
    name: "A job is given up when nobody who enqueued it under its id wants it",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const controllers = [new AbortController(), new AbortController()];
      const jobs = controllers.map(({ signal }) => kit.error(cc, 20_000, { task: "patient", id: "long", signal }));
      await until(() => cc.stats().jobs.running === 1);
      controllers[0]?.abort("first");
      controllers[1]?.abort("second");
      assert.deepEqual(await Promise.all(jobs), ["first", "second"]);
      assert.equal(await kit.value(cc, 2, { task: "double" }), 4);
    },
  },
  {
    name: "Jobs of a higher priority are the next",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: Infinity });
      const order: unknown[] = [];
      const run = (value: unknown, priority?: number): Promise<unknown> =>
        kit.value(cc, { op: "echo", value }, { priority }).then((ended) => order.push(ended));
      const first = kit.value(cc, { op: "wait", file: kit.file("go") });
      await until(() => cc.stats().jobs.running === 1);
      const rest = [run("a"), run("b", 0), run("low", -5), run("high", 10), run("higher", 30), run("c")];
      kit.write(kit.file("go"));
      await Promise.all([first, ...rest]);
      assert.deepEqual(order, ["higher", "high", "a", "b", "c", "low"]);
    },
  },
  {
    name: "tasks are functions, by the names that the module exports",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      const { double, patient } = cc.tasks;
      assert.equal(await double?.(21), 42);
      assert.equal(cc.tasks["double"], double);
      await assert.rejects(patient?.(20_000, { timeout: 20 }) as Promise<unknown>, { code: "CC_ERR_TIMEOUT" });
      try {
        await cc.tasks["nope"]?.(1);
        assert.fail("there is no such task");
      } catch (error) {
        const { code, message, stack } = error as Error & { code: string };
        assert.equal(code, "CC_ERR_OPTION");
        assert.match(message, /task must be a function that the worker module exports, got "nope"/);
        assert.match(stack ?? "", /at enqueue \(job \d+\)\n.*surface/);
      }
      await assert.rejects(double?.(1, 5 as never) as Promise<unknown>, {
        message: /^options must be an object, got 5/,
      });
      const callback = (): void => assert.fail("tasks take no callback");
      await assert.rejects(double?.(1, callback as never) as Promise<unknown>, {
        message: /^options must be an object, got a function/,
      });
      assert.throws(() => String(cc.tasks), TypeError);
      // It is no promise, and can't be changed.
      assert.equal(await cc.tasks, cc.tasks);
      assert.throws(() => Object.assign(cc.tasks, { double: null }), TypeError);
      assert.ok("double" in cc.tasks);
    },
  },
  {
    name: "Whoever subscribes to a channel is told what happens in every cluster",
    async run(kit) {
      const told: ClusterMessage[] = [];
      const subscriber = (message: unknown): void => void told.push(message as ClusterMessage);
      const names = ["compute-cluster:job:settled", "compute-cluster:worker:exit"];
      const clusters = [kit.cluster("handler.mjs"), kit.cluster("handler.mjs")];
      for (const name of names) subscribe(name, subscriber);
      for (const cc of clusters) await kit.value(cc, { op: "echo" }, { id: "job" });
      await Promise.all(clusters.map((cc) => cc.close()));
      assert.deepEqual(told.filter(({ fact }) => fact.type === "job:settled").map(({ cluster }) => cluster), clusters);
      assert.deepEqual(new Set(told.map(({ fact }) => fact.type)), new Set(["job:settled", "worker:exit"]));
      for (const name of names) unsubscribe(name, subscriber);
      const { length } = told;
      await kit.value(kit.cluster("handler.mjs"), { op: "echo" });
      assert.equal(told.length, length);
    },
  },
  {
    name: "info and debug tell sentences",
    async run(kit) {
      const cc = kit.cluster("original/echo.js");
      const told: string[] = [];
      cc.on("info", (text) => told.push(`info ${text}`)).on("debug", (text) => told.push(`debug ${text}`));
      await kit.value(cc, "hello");
      await cc.exit();
      assert.match(told[0] ?? "", /^info spawned new worker (process|thread) \(\d+\) 1\/2 running$/);
      assert.match(told[1] ?? "", /^debug passing compute job 1 to (process|thread) \d+$/);
      assert.match(told[2] ?? "", /^debug (process|thread) \d+ completed job 1 in \d\.\d\ds$/);
      assert.match(told[3] ?? "", /^info exit called, shutting down 1 workers$/);
      assert.match(told[4] ?? "", /^info compute (process|thread) \(\d+\) exits with code/);
    },
  },
  {
    name: "Facts are told in order, for machines",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const facts: Fact[] = [];
      const types = [
        "job:queued",
        "job:started",
        "job:settled",
        "worker:starting",
        "worker:ready",
        "worker:exit",
        "close",
      ] as const;
      for (const type of types) cc.on(type, (fact: Fact) => facts.push(fact));
      await kit.value(cc, { op: "echo", value: 1 }, { id: "one" });
      await cc.close();
      assert.deepEqual(facts.map((fact) => fact.type), [
        "job:queued",
        "worker:starting",
        "worker:ready",
        "job:started",
        "job:settled",
        "worker:exit",
        "close",
      ]);
      const settled = facts[4] as Extract<Fact, { type: "job:settled" }>;
      assert.deepEqual([settled.job, settled.ok, settled.code, settled.task], ["one", true, null, null]);
      assert.ok(settled.waited > 0 && settled.ran >= 0);
      assert.equal((facts[5] as Extract<Fact, { type: "worker:exit" }>).expected, true);
    },
  },
  {
    name: "drain tells that the backlog is empty after refusals",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: 0 });
      const drained = new Promise((resolve) => cc.once("drain", resolve));
      const jobs = [1, 2].map((value) => kit.job(cc, { op: "echo", value }));
      await drained;
      assert.deepEqual(await jobs[0], { ok: 1 });
      assert.equal(((await jobs[1]) as { error: { code: string } }).error.code, "CC_ERR_BACKLOG_FULL");
    },
  },
  {
    name: "A worker that dies while idle is one error event, and is replaced",
    async run(kit) {
      if (kit.isolation === "thread") kit.notHere("about processes");
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const pid = await kit.value(cc, { op: "pid" }) as number;
      process.kill(pid, "SIGKILL");
      await until(() => kit.faults.length === 1);
      const fault = kit.faults[0] as Error & { pid?: number; signal?: string };
      assert.deepEqual([fault.pid, fault.signal], [pid, "SIGKILL"]);
      assert.notEqual(await kit.value(cc, { op: "pid" }), pid);
    },
  },
  {
    name: "A job that is predicted to take too long is refused, and an idle cluster always admits",
    async run(kit) {
      const cc = kit.cluster("original/sleep.js", {
        max_processes: 1,
        max_backlog: -1,
        max_request_time: 0.1,
        maxWorkers: undefined,
      });
      for (let i = 0; i < 3; i++) assert.equal(await kit.value(cc, 60), 60);
      const jobs = Array.from({ length: 6 }, () => kit.job(cc, 60));
      const refused = (await Promise.all(jobs)).filter((end) => "error" in end).map((end) =>
        (end as { error: Record<string, unknown> }).error
      );
      assert.ok(refused.length >= 4, `${refused.length} of 6 refused`);
      for (const error of refused) {
        assert.equal(error["code"], "CC_ERR_LATENCY");
        assert.match(
          String(error["message"]),
          /^cannot enqueue work: maximum expected work duration exceeded \(\d+\.\d+s\)$/,
        );
        assert.ok(Number(error["expected"]) > 100 && Number(error["retryAfter"]) >= 1 && error["limit"] === 100);
        assert.equal(error["retryable"], true);
      }
      // A slow spell that puts the estimate above the limit does not lock the cluster.
      for (let i = 0; i < 5; i++) await kit.value(cc, 200);
      assert.ok(cc.stats().expectedRun > 100);
      for (let i = 0; i < 10; i++) assert.equal(await kit.value(cc, 1), 1);
    },
  },
  {
    name: "A nested enqueue finds the worker free",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 2 });
      let starts = 0;
      cc.on("worker:starting", () => starts++);
      const second = await new Promise((resolve, reject) => {
        cc.enqueue(
          { op: "echo", value: 1 },
          () => cc.enqueue({ op: "echo", value: 2 }, (error, value) => error ? reject(error) : resolve(value)),
        );
      });
      assert.deepEqual([second, starts], [2, 1]);
    },
  },
  {
    name: "enqueue during exit is refused, so that exit ends",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, killGrace: 100 });
      const codes: unknown[] = [];
      const again = (error: Error | null): void => {
        codes.push((error as { code?: unknown } | null)?.code);
        if (codes.length < 5) cc.enqueue({ op: "echo" }, again);
      };
      await cc.ready();
      cc.enqueue({ op: "sleep", ms: 20_000 }, again);
      await cc.exit();
      await until(() => codes.length === 5);
      assert.deepEqual(codes, Array(5).fill("CC_ERR_CLOSED"));
    },
  },
  {
    name: "Nobody has to listen for an answer that is good",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      void cc.enqueue({ op: "echo", value: 1 });
      void cc.enqueue({ op: "echo", value: 2 });
      await cc.close();
      assert.equal(cc.stats().jobs.succeeded, 2);
    },
  },
  {
    name: "The class is an EventEmitter, and is also the default export",
    async run(kit) {
      const { EventEmitter } = await import("node:events");
      const module = await import("../../../mod.ts");
      assert.equal(module.default, ComputeCluster);
      assert.ok(kit.cluster("handler.mjs") instanceof EventEmitter);
    },
  },
  {
    name: "stats tell the kind of worker and count each job once",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: 1 });
      const ended = await Promise.all(
        [{ op: "echo" }, { op: "throw", what: "type" }, { op: "echo" }].map((job) => kit.job(cc, job)),
      );
      assert.equal(ended.length, 3);
      const stats = cc.stats();
      assert.equal(stats.adapter, `${kit.runtime} ${kit.isolation}`);
      assert.deepEqual(stats.jobs, {
        waiting: 0,
        running: 0,
        accepted: 2,
        refused: 1,
        succeeded: 1,
        failed: 1,
        retried: 0,
      });
      assert.ok(stats.expectedRun > 0);
    },
  },
  {
    name: "stats tell how often a listener or a callback held up the program, and which did longest",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      assert.deepEqual(cc.stats().calls, { slow: 0, longest: 0, slowest: null });
      const took: Record<string, number> = {};
      const block = (what: string, ms: number): void => {
        const start = performance.now();
        while (performance.now() - start < ms);
        took[what] = performance.now() - start;
      };
      await kit.value(cc, { op: "echo" });
      const { slow } = cc.stats().calls;
      cc.once("job:settled", () => block("job:settled", 400));
      await new Promise<void>((resolve) =>
        cc.enqueue({ op: "echo" }, () => {
          block("callback", 30);
          resolve();
        })
      );
      await until(() => cc.stats().calls.slow >= slow + 2);
      const { longest, slowest } = cc.stats().calls;
      // The system may have had either stand still.
      const [what, ms] = Object.entries(took).reduce((one, other) => one[1] > other[1] ? one : other);
      assert.ok(longest >= ms, `${longest}`);
      assert.equal(slowest, what);
    },
  },
];
