/** A worker dies: its job fails once, and everything else goes on. */

import assert from "node:assert/strict";
import process from "node:process";
import { type Case, everyWay } from "../conformance/case.ts";
import { type Ended, isAlive, type Kit, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";
import { codes, meet } from "./outcomes.ts";

/** How a process crashes. A SIGSEGV that was sent does not end Deno: Rust's handler for overflown stacks takes the first. */
const crashSignal = (kit: Kit): string => kit.runtime === "deno" ? "SIGABRT" : "SIGSEGV";

/** What ends a worker in the middle of a job: a crash where a worker can have one of its own. */
const crash = (kit: Kit): object =>
  kit.isolation === "process" ? { op: "kill", signal: crashSignal(kit) } : { op: "exit", code: 139 };

const cases: Case[] = [
  ...everyWay("F-01 A worker dies mid-job and the queue goes on", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 1 });
    const before = await kit.value(cc, { op: "pid" });
    const started: string[] = [];
    cc.on("worker:starting", (fact) => started.push(fact.worker));
    const [died, second, third] = await Promise.all([
      kit.error(cc, { op: "exit", code: 3 }, { id: "bad" }, style),
      kit.value(cc, { op: "pid" }, undefined, style),
      kit.value(cc, { op: "echo", value: 2 }, undefined, style),
    ]);
    assert.ok(died instanceof Error);
    assert.deepEqual([died["code"], died["exitCode"], died["signal"], died["job"]], [
      "CC_ERR_WORKER_EXIT",
      3,
      null,
      "bad",
    ]);
    assert.equal(third, 2);
    assert.equal(started.length, 1, "one worker replaces the dead one");
    if (kit.isolation === "process") {
      assert.deepEqual([died["pid"], String(second)], [before, started[0]]);
      assert.notEqual(second, before);
    }
    assert.equal(kit.faults.length, 1);
  }),

  ...everyWay("F-01 All workers die at once, and those that wait are served", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 3, maxBacklog: Infinity });
    const dying = [1, 2, 3].map((code) => kit.job(cc, { op: "exit", code }, undefined, style));
    const waiting = Array.from({ length: 9 }, (_, value) => kit.value(cc, { op: "echo", value }, undefined, style));
    assert.deepEqual(await Promise.all(waiting), Array.from({ length: 9 }, (_, i) => i));
    assert.deepEqual(codes(await Promise.all(dying)), Array(3).fill("CC_ERR_WORKER_EXIT"));
    assert.equal(kit.faults.length, 3);
  }),

  {
    name: "F-01 The callback of a job that died finds a cluster that works",
    async run(kit) {
      const cc = kit.cluster("contract.mjs", { maxWorkers: 1 });
      const nested = await new Promise<Ended>((resolve) => {
        cc.enqueue(
          { op: "exit", code: 1 },
          () => resolve(kit.job(cc, { op: "echo", value: "nested" }, undefined, "callback")),
        );
      });
      assert.deepEqual(nested, { ok: "nested" });
    },
  },
  {
    name: "F-01 Jobs that wait keep their order across three deaths",
    async run(kit) {
      const file = kit.file("order");
      const cc = kit.cluster("contract.mjs", { maxWorkers: 1, maxBacklog: Infinity });
      const jobs = Array.from(
        { length: 12 },
        (_, line) =>
          kit.job(cc, { op: "log", file, line, ...(line % 4 === 1 ? { next: { op: "exit", code: 1 } } : {}) }),
      );
      await Promise.all(jobs);
      assert.deepEqual(kit.lines(file).map(Number), Array.from({ length: 12 }, (_, i) => i));
    },
  },
  {
    name: "F-01 A job that is aborted while its worker dies fails once, and the next is served",
    async run(kit) {
      if (kit.isolation === "thread") kit.notHere("Nobody outside can kill a thread");
      const file = kit.file("runs");
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const controller = new AbortController();
      const running = { op: "log", file, line: 1, next: { op: "sleep", ms: 20_000 } };
      const aborted = kit.error(cc, running, { signal: controller.signal }, "callback");
      const next = kit.value(cc, { op: "echo", value: "next" });
      await until(() => kit.lines(file).length === 1);
      const exit = new Promise((resolve) => cc.once("worker:exit", resolve));
      cc.once("job:settled", (fact) => process.kill(Number(fact.worker), "SIGKILL"));
      controller.abort("no longer wanted");
      assert.equal(await aborted, "no longer wanted");
      await exit;
      assert.equal(await next, "next");
    },
  },

  ...everyWay(
    "F-02 A worker that exits with code 0 in a job has failed it, and is replaced",
    async (kit, worker, style) => {
      const cc = kit.cluster(worker, { maxWorkers: 2 });
      for (let i = 0; i < 6; i++) {
        const error = await kit.error(cc, { op: "exit", code: 0 }, undefined, style);
        assert.deepEqual([error["code"], error["exitCode"]], ["CC_ERR_WORKER_EXIT", 0]);
        assert.match(error.message, /dies with code: 0/);
      }
      const met = await Promise.all(meet(kit, "met", 2).map((job) => kit.value(cc, job, undefined, style)));
      if (kit.isolation === "process") assert.equal(new Set(met).size, 2);
      assert.equal(kit.faults.length, 6, "each is an error event: nobody told the worker to leave");
    },
  ),
  ...everyWay("F-02 Exits with code 0 among good jobs fail alone", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 2, maxBacklog: Infinity });
    const ended = await Promise.all(
      Array.from(
        { length: 12 },
        (_, value) => kit.job(cc, value % 3 === 0 ? { op: "exit", code: 0 } : { op: "echo", value }, undefined, style),
      ),
    );
    assert.deepEqual(
      ended.map((end, i) => "ok" in end ? end.ok : codes([end])[0] ?? i),
      Array.from({ length: 12 }, (_, i) => i % 3 === 0 ? "CC_ERR_WORKER_EXIT" : i),
    );
  }),
  {
    name: "F-02 An exit without a code counts as one with 0",
    async run(kit) {
      const cc = kit.cluster("contract.cjs", { maxWorkers: 1 });
      const [left, next] = await Promise.all([kit.error(cc, { op: "exit" }), kit.value(cc, { op: "echo", value: 1 })]);
      assert.deepEqual([left["code"], left["exitCode"], next], ["CC_ERR_WORKER_EXIT", 0, 1]);
    },
  },

  ...[1, 3].flatMap((maxWorkers) =>
    everyWay(
      `F-03 A job that crashes its worker fails alone, and every job runs once, on ${maxWorkers}`,
      async (kit, worker, style) => {
        const file = kit.file("runs");
        const cc = kit.cluster(worker, {
          maxWorkers,
          maxBacklog: 100,
          stdio: kit.lacks("stdio") ? undefined : "ignore",
        });
        const bad = (i: number): boolean => i % 3 === 1;
        const ended = await Promise.all(Array.from({ length: 12 }, (_, line) =>
          kit.job(cc, { op: "log", file, line, ...(bad(line) ? { next: crash(kit) } : {}) }, undefined, style)));
        for (const [i, end] of ended.entries()) {
          if (!bad(i)) {
            assert.deepEqual(end, { ok: i });
          } else assert.deepEqual(codes([end]), ["CC_ERR_WORKER_EXIT"]);
          if (bad(i) && kit.isolation === "process") {
            const { signal, exitCode } = (end as { error: { signal: unknown; exitCode: unknown } }).error;
            assert.deepEqual([signal, exitCode], [crashSignal(kit), null]);
          }
        }
        assert.deepEqual(
          kit.lines(file).map(Number).sort((a, b) =>
            a - b
          ),
          Array.from({ length: 12 }, (_, i) => i),
        );
        assert.equal(kit.faults.length, 4);
      },
    )
  ),
  {
    name: "F-03 Many crashes in a row are no reason to give up those that wait",
    async run(kit) {
      const cc = kit.cluster("contract.mjs", { maxWorkers: 2, maxBacklog: Infinity });
      const bad = Array.from({ length: 8 }, (_, i) => kit.job(cc, { op: "exit", code: i + 1 }));
      const good = kit.value(cc, { op: "echo", value: "good" });
      assert.deepEqual(codes(await Promise.all(bad)), Array(8).fill("CC_ERR_WORKER_EXIT"));
      assert.equal(await good, "good");
      assert.equal(cc.stats().lost.starts, 0);
    },
  },
  {
    name: "F-03 Jobs that share a worker with one that crashes it fail once, and no job runs twice",
    async run(kit) {
      const file = kit.file("runs");
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, concurrency: 3, maxBacklog: Infinity });
      const both = [0, 1].map((line) => kit.job(cc, { op: "log", file, line, next: { op: "sleep", ms: 20_000 } }));
      await until(() => kit.lines(file).length === 2);
      const rest = [2, 3, 4].map((line) =>
        kit.job(cc, { op: "log", file, line, ...(line === 2 ? { next: { op: "exit", code: 7 } } : {}) })
      );
      assert.deepEqual(codes(await Promise.all([...both, ...rest])), [
        ...Array(3).fill("CC_ERR_WORKER_EXIT"),
        null,
        null,
      ]);
      assert.deepEqual(kit.lines(file), ["0", "1", "2", "3", "4"]);
      assert.equal(kit.faults.length, 1, "one death, one event");
    },
  },
  {
    name: "F-03 A worker that is killed from outside costs its own job only",
    async run(kit) {
      if (kit.isolation === "thread") kit.notHere("Nobody outside can kill a thread");
      const cc = kit.cluster("contract.cjs", { maxWorkers: 2 });
      const file = kit.file("pids");
      const victim = kit.error(cc, { op: "spin", file });
      await until(() => kit.lines(file).length === 1);
      const neighbours = [1, 2, 3].map((value) => kit.value(cc, { op: "sleep", ms: 20, value }));
      const pid = Number(kit.lines(file)[0]);
      process.kill(pid, "SIGKILL");
      const error = await victim;
      assert.deepEqual([error["code"], error["pid"], error["signal"]], ["CC_ERR_WORKER_EXIT", pid, "SIGKILL"]);
      assert.deepEqual(await Promise.all(neighbours), [1, 2, 3]);
      assert.equal(isAlive(pid), false);
    },
  },

  ...everyWay(
    "F-04 A death that nobody listens for is thrown once, after its job was answered",
    async (kit, worker, style) => {
      const program = await kit.program("unheard-ways.ts", "job", worker, style).ended;
      assert.deepEqual(program.stdout.trim().split("\n"), [
        "answered CC_ERR_WORKER_EXIT",
        "uncaught CC_ERR_WORKER_EXIT",
        "next ok",
        "closed",
      ], program.stderr);
      assert.equal(program.code, 0);
    },
  ),
  {
    name: "F-04 Three deaths at once are thrown one by one, and all three are replaced",
    async run(kit) {
      const { stdout, stderr, code } = await kit.program("unheard-ways.ts", "three", "contract.mjs", "callback").ended;
      const lines = stdout.trim().split("\n");
      const count = (line: string): number => lines.filter((text) => text === line).length;
      assert.deepEqual([count("answered CC_ERR_WORKER_EXIT"), count("uncaught CC_ERR_WORKER_EXIT")], [3, 3], stderr);
      assert.deepEqual([lines.slice(-2), code], [["next ok", "closed"], 0]);
    },
  },
  {
    name: "F-04 An unheard failure to start is thrown once, after the jobs were answered",
    async run(kit) {
      const { stdout, stderr, code } = await kit.program("unheard-ways.ts", "start", "throws-at-load.cjs", "promise")
        .ended;
      const lines = stdout.trim().split("\n");
      assert.deepEqual(lines, [
        ...Array(3).fill("answered CC_ERR_WORKER_START"),
        "uncaught CC_ERR_WORKER_START",
        "closed",
      ], stderr);
      assert.equal(code, 0);
    },
  },
  {
    name: "F-04 A listener that throws itself leaves the cluster in order",
    async run(kit) {
      const { stdout, stderr, code } = await kit.program("unheard-ways.ts", "listener", "handler.mjs", "callback")
        .ended;
      assert.deepEqual(stdout.trim().split("\n"), [
        "answered CC_ERR_WORKER_EXIT",
        "uncaught E_LISTENER",
        "next ok",
        "closed",
      ], stderr);
      assert.equal(code, 0);
    },
  },
  {
    name: "F-04 A program that catches nothing ends with the error, and takes its workers with it",
    async run(kit) {
      const file = kit.file("pid");
      const { code, stdout, stderr } = await kit.program(
        "unheard-ways.ts",
        "uncaught",
        "contract.mjs",
        "callback",
        file,
      ).ended;
      assert.notEqual(code, 0);
      assert.equal(stdout.trim(), "answered CC_ERR_WORKER_EXIT");
      assert.match(stderr, /dies with code: 9/);
      if (kit.isolation === "process") await until(() => !isAlive(Number(kit.lines(file)[0])));
    },
  },
];

registerSuites({ "a worker dies": cases });
