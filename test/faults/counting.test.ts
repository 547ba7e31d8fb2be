/** F-37: never more workers than were asked for. */

import assert from "node:assert/strict";
import process from "node:process";
import type { ComputeCluster } from "../../mod.ts";
import { type Case, everyWay } from "../conformance/case.ts";
import { childrenOf, isAlive, type Kit, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

/** Workers that have not exited, as the cluster counts them. */
const counted = (cc: ComputeCluster): number => Object.values(cc.stats().workers).reduce((sum, n) => sum + n);

/** Looks how many workers there are whenever one comes or goes; gives the most, by its own count and by the system's. */
function peak(kit: Kit, cc: ComputeCluster, pids: () => readonly number[]): { counted: number; alive: number } {
  const most = { counted: 0, alive: 0 };
  const look = (): void => {
    most.counted = Math.max(most.counted, counted(cc));
    if (kit.isolation === "process") most.alive = Math.max(most.alive, new Set(pids().filter(isAlive)).size);
  };
  for (const event of ["worker:starting", "worker:ready", "worker:exit", "job:settled"] as const) cc.on(event, look);
  return most;
}

const cases: Case[] = [
  ...everyWay("F-37 Crashes in the midst of a burst do not add up to more workers", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 2, maxBacklog: 600 });
    const started: number[] = [];
    cc.on("worker:starting", ({ worker }) => started.push(Number(worker)));
    const most = peak(kit, cc, () => started);
    const ended = await Promise.all(
      Array.from(
        { length: 250 },
        (_, i) => kit.job(cc, i % 50 === 7 ? { op: "exit", code: 1 } : { op: "echo", value: i }, undefined, style),
      ),
    );
    assert.deepEqual(ended.filter((end) => "ok" in end).length, 245);
    assert.equal(cc.stats().lost.workers, 5);
    assert.equal(most.counted, 2);
    if (kit.isolation === "process") assert.equal(most.alive, 2);
  }),
  {
    name: "F-37 A worker that takes its time to leave counts until it has left",
    async run(kit) {
      const file = kit.file("pids");
      const cc = kit.cluster("slow-to-die.mjs", { maxWorkers: 2, idleTimeout: 1, setupData: file, maxBacklog: 100 });
      const pids = (): number[] => kit.lines(file).map(Number);
      const most = peak(kit, cc, pids);
      for (let round = 0; round < 4; round++) {
        const ended = await Promise.all(
          Array.from({ length: 20 }, (_, i) => kit.job(cc, { die: round === 2 && i === 3 })),
        );
        assert.ok(ended.filter((end) => "error" in end).length <= 1);
        await until(() => cc.stats().workers.idle === 0);
      }
      assert.ok(pids().length > 2, "workers were replaced");
      assert.ok(most.counted <= 2 && most.alive <= 2, JSON.stringify(most));
    },
  },
  {
    name: "F-37 A worker that is killed for its job's timeout counts until it is gone",
    needs: "kill",
    async run(kit) {
      const file = kit.file("pids");
      const cc = kit.cluster("handler.mjs", { maxWorkers: 2, maxBacklog: 100 });
      const most = peak(kit, cc, () => kit.lines(file).map(Number));
      await cc.ready();
      const jobs = Array.from({ length: 6 }, () => kit.error(cc, { op: "spin", file }, { timeout: 100 }));
      const codes = (await Promise.all(jobs)).map((error) => error["code"]);
      assert.deepEqual(codes, Array(6).fill("CC_ERR_TIMEOUT"));
      assert.equal(await kit.value(cc, { op: "echo", value: "next" }), "next");
      assert.ok(most.counted === 2 && most.alive <= 2, JSON.stringify(most));
    },
    async otherwise(kit) {
      // A thread that can't be killed is given up, said to be so, and replaced.
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const most = peak(kit, cc, () => []);
      await cc.ready();
      assert.equal((await kit.error(cc, { op: "spin", ...kit.stuck }, { timeout: 100 }))["code"], "CC_ERR_TIMEOUT");
      assert.equal(await kit.value(cc, { op: "echo", value: "next" }), "next");
      assert.deepEqual([most.counted, cc.stats().lost.abandoned], [1, 1]);
    },
  },
  {
    name: "F-37 One job starts one worker, and as many as there are jobs start as many",
    async run(kit) {
      const cc = kit.cluster("contract.mjs", { maxWorkers: 4 });
      let starts = 0;
      cc.on("worker:starting", () => starts++);
      for (let i = 0; i < 5; i++) assert.equal(await kit.value(cc, { op: "echo", value: i }), i);
      assert.equal(starts, 1);
      await Promise.all([1, 2, 3].map((ms) => kit.value(cc, { op: "sleep", ms })));
      assert.equal(starts, 3);
    },
  },
  {
    name: "F-37 A module that can't be loaded is not tried for each of many jobs",
    async run(kit) {
      const cc = kit.cluster("missing-import.mjs", { maxWorkers: 2, maxBacklog: 600 });
      const most = peak(kit, cc, () => []);
      const errors = await Promise.all(Array.from({ length: 200 }, () => kit.error(cc, {})));
      assert.ok(errors.every((error) => error["code"] === "CC_ERR_WORKER_START"));
      assert.ok(cc.stats().lost.starts <= 6, `${cc.stats().lost.starts} starts`);
      assert.ok(most.counted <= 2);
    },
  },
  {
    name: "F-37 All clusters of a program share one guard, which goes with the last worker",
    async run(kit) {
      if (kit.isolation === "thread" || process.platform !== "linux") kit.notHere("about processes, needs Linux");
      const program = kit.program("shares.ts");
      const guards = (): number => childrenOf(program.child.pid as number, "sh").length;
      await program.line("ready");
      assert.equal(guards(), 1);
      program.child.kill("SIGUSR2");
      await program.line("closed");
      await until(() => guards() === 0);
    },
  },
  {
    name: "F-37 The guard keeps up with any number of workers that come and go",
    async run(kit) {
      if (kit.isolation === "thread" || process.platform !== "linux") kit.notHere("about processes, needs Linux");
      const program = kit.program("guards-many.ts");
      await program.line("gone");
      await until(() => childrenOf(program.child.pid as number, "sh").length === 0);
    },
  },
  {
    name: "F-37 Clusters inside of jobs answer, and leave nobody",
    async run(kit) {
      const { code, stdout, stderr } = await kit.program("nests.ts").ended;
      assert.equal(code, 0, stderr);
      const pids = JSON.parse(stdout) as number[];
      assert.equal(pids.length, 4);
      if (kit.isolation === "process") {
        assert.equal(new Set(pids).size, 4);
        assert.deepEqual(pids.filter(isAlive), []);
      }
    },
  },
];

registerSuites({ "how many workers": cases });
