/** Promises 5 and 6: nothing is left, and an idle cluster lets the program end. */

import assert from "node:assert/strict";
import process from "node:process";
import type { Case } from "../case.ts";
import { childrenOf, isAlive, until } from "../kit.ts";

const idle = { starting: 0, idle: 0, busy: 0, retiring: 0, stopping: 0 };

export const ending: Case[] = [
  ...Object.entries({ close: {}, idleTimeout: { idleTimeout: 1 }, maxJobsPerWorker: { maxJobsPerWorker: 1 } }).map(
    ([why, options]): Case => ({
      name: `A worker that is sent home calls its exit listeners (${why})`,
      async run(kit) {
        const cc = kit.cluster("says-goodbye.mjs", { maxWorkers: 1, killGrace: 20_000, ...options });
        const file = kit.file("goodbye");
        await kit.value(cc, file);
        if (why === "close") await cc.close();
        await until(() => kit.lines(file).length > 0);
        assert.deepEqual(kit.lines(file), ["left with 0"]);
      },
    }),
  ),
  {
    name: "A worker that leaves and is replaced over and over keeps no program alive that waits for nothing",
    async run(kit) {
      const program = await kit.program("leaves-and-returns.ts").ended;
      assert.deepEqual([program.stdout.trim(), program.code, program.signal], ["last line", 0, null], program.stderr);
    },
  },
  {
    name: "close finishes what was accepted, refuses the rest, and leaves no worker",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxBacklog: Infinity });
      const jobs = Array.from({ length: 12 }, (_, value) => kit.value(cc, { op: "echo", value }));
      const pid = kit.value(cc, { op: "pid" });
      const closed = cc.close();
      const late = await kit.error(cc, { op: "echo" });
      assert.equal(late["code"], "CC_ERR_CLOSED");
      assert.equal(late["retryable"], true);
      assert.deepEqual(await Promise.all(jobs), Array.from({ length: 12 }, (_, i) => i));
      await closed;
      assert.deepEqual(cc.stats().workers, idle);
      assert.equal(cc.stats().state, "closed");
      if (kit.isolation === "process") assert.equal(isAlive(await pid as number), false);
      assert.deepEqual(kit.faults, []);
    },
  },
  {
    name: "exit fails what runs and what waits, starts nothing more, and leaves no worker",
    async run(kit) {
      const file = kit.file("pids");
      const cc = kit.cluster("handler.mjs", { maxBacklog: Infinity, killGrace: 200 });
      const jobs = Array.from({ length: 10 }, () => kit.error(cc, { op: "spin", file, ...kit.stuck }));
      await until(() => kit.lines(file).length === 2);
      let starts = 0;
      cc.on("worker:starting", () => starts++);
      const exited = cc.exit();
      const errors = await Promise.all(jobs);
      assert.deepEqual(errors.map((error) => error["code"]), Array(10).fill("CC_ERR_CLOSED"));
      assert.deepEqual(errors.map((error) => error["retryable"]), [false, false, ...Array(8).fill(true)]);
      await exited;
      assert.deepEqual(cc.stats().workers, idle);
      assert.equal(starts, 0);
      if (kit.isolation === "process") { for (const pid of kit.lines(file)) assert.equal(isAlive(Number(pid)), false); }
      assert.equal(kit.lines(file).length, 2);
    },
  },
  {
    name: "exit and close settle whatever the cluster is doing, however often they are called",
    async run(kit) {
      const never = kit.cluster("handler.mjs");
      assert.equal(await new Promise((resolve) => never.exit(resolve)), null);
      await never.close();

      const starting = kit.cluster("slow-load.mjs");
      const waiting = kit.error(starting, {});
      await Promise.all([starting.exit(), starting.exit(), starting.close()]);
      assert.equal((await waiting)["code"], "CC_ERR_CLOSED");

      const closing = kit.cluster("handler.mjs");
      const running = kit.job(closing, { op: "sleep", ms: 20_000 });
      const closed = closing.close();
      await closing.exit();
      await closed;
      assert.equal(((await running) as { error: { code: string } }).error.code, "CC_ERR_CLOSED");

      const nested = kit.cluster("handler.mjs");
      await new Promise<void>((resolve) => nested.enqueue({ op: "echo" }, () => nested.exit(() => resolve())));
    },
  },
  {
    name: "A worker that is slow to leave, or whose host is slow to hear of it, is not taken for stuck",
    async run(kit) {
      const loading = kit.cluster("busy-load.mjs", { maxWorkers: 1, killGrace: 10_000 });
      const waiting = kit.error(loading, {});
      await loading.exit();
      assert.equal((await waiting)["code"], "CC_ERR_CLOSED");

      const held = kit.cluster("handler.mjs", { maxWorkers: 1, killGrace: 10_000 });
      assert.equal(await kit.value(held, { op: "echo", value: 1 }), 1);
      const closed = held.close();
      for (const start = Date.now(); Date.now() - start < 300;);
      await closed;

      assert.deepEqual(kit.faults, []);
      assert.deepEqual([loading, held].map((cc) => cc.stats().lost.abandoned), [0, 0]);
    },
  },
  {
    name: "A callback makes exit and close return the cluster",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      await new Promise<void>((resolve) => assert.equal(cc.close(() => resolve()), cc));
      await new Promise<void>((resolve) => assert.equal(cc.exit(() => resolve()), cc));
    },
  },
  {
    name: "await using closes",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      const job = kit.value(cc, { op: "echo", value: 1 });
      await cc[Symbol.asyncDispose]();
      assert.equal(await job, 1);
      assert.equal(cc.stats().state, "closed");
    },
  },
  {
    name: "ready starts what is kept warm",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { minWorkers: 2 });
      assert.deepEqual(cc.stats().workers, idle, "nothing is started before somebody asks");
      await cc.ready();
      assert.equal(cc.stats().workers.idle, 2);
      const one = kit.cluster("handler.mjs");
      await one.ready();
      assert.equal(one.stats().workers.idle, 1);
      await one.close();
      await assert.rejects(one.ready(), { code: "CC_ERR_CLOSED" });
      await assert.rejects(kit.cluster("syntax-error.mjs").ready(), { code: "CC_ERR_WORKER_START" });
    },
  },
  {
    name: "A worker that is idle for long ends, down to minWorkers",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { minWorkers: 1, idleTimeout: 30, killGrace: 10_000 });
      await Promise.all([1, 2].map((value) => kit.value(cc, { op: "sleep", ms: 20, value })));
      await until(() => cc.stats().workers.idle + cc.stats().workers.stopping === 1);
      assert.deepEqual(kit.faults, []);
      await until(() => cc.stats().workers.stopping === 0);
      assert.equal(cc.stats().workers.idle, 1);
    },
  },
  {
    name: "setup runs before the first job with its data, and teardown before the worker ends",
    async run(kit) {
      const file = kit.file("life");
      const setupData = { file, greeting: new Map([["hello", 1n]]) };
      const cc = kit.cluster("life.mjs", { maxWorkers: 1, killGrace: 20_000, setupData });
      assert.deepEqual(await kit.value(cc, null), new Map([["hello", 1n]]));
      assert.deepEqual(kit.lines(file), ["setup"]);
      await cc.close();
      assert.deepEqual(kit.lines(file), ["setup", "teardown"]);
    },
  },
  {
    name: "A deaf worker is killed after killGrace",
    async run(kit) {
      if (kit.isolation === "thread") kit.notHere("about processes");
      const cc = kit.cluster("deaf.mjs", { maxWorkers: 1, killGrace: 150 });
      const pid = await kit.value(cc, {}) as number;
      await cc.exit();
      assert.equal(isAlive(pid), false);
    },
  },
  ...["enqueue", "construct", "ready", "idle"].map((what): Case => ({
    name: `A program whose cluster is idle ends by itself (${what})`,
    async run(kit) {
      const program = await kit.program("ends.ts", what).ended;
      assert.deepEqual([program.code, program.stdout.trim(), program.stderr], [0, "last line", ""]);
    },
  })),
  {
    name: "A program whose cluster has jobs stays until they are answered",
    async run(kit) {
      const program = await kit.program("stays.ts").ended;
      assert.deepEqual([program.code, program.stdout.trim()], [0, "answered 7"]);
    },
  },
  {
    name: "No worker outlives a program that is killed, not even a busy one",
    async run(kit) {
      if (kit.isolation === "thread") kit.notHere("about processes");
      const program = kit.program("orphans.ts", kit.file("pids"));
      await program.line("busy");
      const pids = kit.lines(kit.file("pids")).map(Number);
      assert.equal(pids.length, 2);
      assert.deepEqual(pids.map(isAlive), [true, true]);
      program.child.kill("SIGKILL");
      await program.ended;
      await until(() => !pids.some(isAlive));
    },
  },
  {
    name: "No worker outlives a program whose guard was killed before it",
    async run(kit) {
      if (kit.isolation === "thread" || process.platform !== "linux") kit.notHere("about processes, needs Linux");
      const program = kit.program("orphans.ts", kit.file("pids"));
      await program.line("busy");
      const guards = (): number[] => childrenOf(program.child.pid as number, "sh");
      const [guard] = guards();
      assert.ok(guard);
      process.kill(guard, "SIGKILL");
      await until(() => guards().some((pid) => pid !== guard));
      program.child.kill("SIGKILL");
      await program.ended;
      await until(() => !kit.lines(kit.file("pids")).some((pid) => isAlive(Number(pid))));
    },
  },
  {
    name: "No worker outlives a program that ends without a word",
    async run(kit) {
      if (kit.isolation === "thread") kit.notHere("about processes");
      for (const how of ["exit", "throw", "SIGTERM"]) {
        const file = kit.file(how);
        const program = await kit.program("leaves.ts", file, how).ended;
        const pids = kit.lines(file).map(Number);
        assert.equal(pids.length, 1, program.stderr);
        await until(() => !pids.some(isAlive));
      }
    },
  },
];
