/** The line between the program and a worker, when the worker is going or cuts it. */

import assert from "node:assert/strict";
import process from "node:process";
import { type Case, everyWay, type Style } from "../conformance/case.ts";
import { type Failure, isAlive, type Kit, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";
import { quietly } from "./quiet.ts";

/** A job that ends its worker at once. A signal to a thread would be one to the program. */
const deadly = (kit: Kit): object =>
  kit.isolation === "process" ? { op: "kill", signal: "SIGKILL" } : { op: "exit", code: 9 };

/** Does nothing, not even hear of anything, until a process has ended; bounded. */
function blockUntilGone(pid: number): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let i = 0; i < 2000 && isAlive(pid); i++) Atomics.wait(cell, 0, 0, 5);
  assert.equal(isAlive(pid), false);
}

const CUTTING: readonly (readonly [worker: string, style: Style])[] = [
  ["cuts-handler.mjs", "promise"],
  ["cuts-handler.mjs", "callback"],
  ["cuts.mjs", "promise"],
  ["cuts.cjs", "callback"],
];

const cutting = (name: string, run: (kit: Kit, worker: string, style: Style, cut: string) => Promise<void>): Case[] =>
  CUTTING.map(([worker, style]) => ({
    name: `${name} (${worker}, ${style})`,
    async run(kit) {
      // A process has no port of its own to close.
      const ways = kit.isolation === "thread" ? ["disconnect", "close"] : ["disconnect"];
      for (const cut of ways) await quietly(() => run(kit, worker, style, cut));
    },
  }));

const cases: Case[] = [
  ...everyWay(
    "F-25 Workers that die under large messages cost their own jobs alone",
    (kit, worker, style) =>
      quietly(async () => {
        const cc = kit.cluster(worker, { maxWorkers: 3, maxBacklog: Infinity });
        const pad = "p".repeat(300_000);
        const jobs = Array.from({ length: 60 }, (_, i) => {
          const args = i % 6 === 5 ? deadly(kit) : { op: "echo", value: { i, pad: i % 7 === 0 ? pad : "" } };
          // What a dying worker is sent besides is large too.
          return kit.job(cc, { ...args, pad: i % 4 === 0 ? pad : "" }, undefined, style);
        });
        for (const [i, ended] of (await Promise.all(jobs)).entries()) {
          if (i % 6 === 5) {
            assert.ok("error" in ended);
            assert.equal((ended.error as Failure)["code"], "CC_ERR_WORKER_EXIT");
          } else assert.deepEqual(ended, { ok: { i, pad: i % 7 === 0 ? pad : "" } });
        }
        const { jobs: counted, lost } = cc.stats();
        assert.deepEqual([counted.succeeded, counted.failed, lost.workers], [50, 10, 10]);
        // Capacity is whole again.
        const gate = kit.file("gate");
        const all = [1, 2, 3].map((value) => kit.value(cc, { op: "wait", file: gate, value }, undefined, style));
        await until(() => cc.stats().workers.busy === 3);
        kit.write(gate);
        assert.deepEqual(await Promise.all(all), [1, 2, 3]);
      }),
  ),
  ...everyWay(
    "F-25 A job sent to a worker of whose death nobody has heard settles, and the next runs",
    (kit, worker, style) =>
      quietly(async () => {
        // A thread can't be killed from outside.
        if (kit.isolation === "thread") kit.notHere("about processes");
        const cc = kit.cluster(worker, { maxWorkers: 1, retries: 1 });
        for (const value of ["small", "large".repeat(200_000)]) {
          const pid = await kit.value(cc, { op: "pid" }) as number;
          process.kill(pid, "SIGKILL");
          blockUntilGone(pid);
          const both = [1, 2].map((n) => kit.value(cc, { op: "echo", value: [n, value] }, undefined, style));
          assert.deepEqual(await Promise.all(both), [[1, value], [2, value]]);
        }
      }),
  ),
  ...everyWay(
    "F-25 A program may exit while it does not know of its workers' death",
    (kit, worker, style) =>
      quietly(async () => {
        if (kit.isolation === "thread") kit.notHere("about processes");
        const cc = kit.cluster(worker, { maxWorkers: 1 });
        const pid = await kit.value(cc, { op: "pid" }) as number;
        process.kill(pid, "SIGKILL");
        blockUntilGone(pid);
        const job = kit.error(cc, { op: "echo" }, undefined, style);
        await cc.exit();
        assert.ok(["CC_ERR_CLOSED", "CC_ERR_WORKER_EXIT"].includes(String((await job)["code"])));
      }),
  ),
  ...cutting("F-26 A worker that cuts its line in a job fails it, and goes", async (kit, worker, style, cut) => {
    const cc = kit.cluster(worker, { maxWorkers: 1 });
    const pid = await kit.value(cc, { pid: true }) as number;
    const [error, next] = await Promise.all([
      kit.error(cc, { cut }, { id: "cut" }, style),
      kit.value(cc, {}, undefined, style),
    ]);
    assert.deepEqual([error["code"], error["job"], next], ["CC_ERR_WORKER_EXIT", "cut", "plain"]);
    if (kit.isolation === "process") assert.equal(isAlive(pid), false);
  }),
  ...cutting("F-26 An answer that was given before the line was cut arrives", async (kit, worker, style, cut) => {
    const cc = kit.cluster(worker, { maxWorkers: 1 });
    const pid = await kit.value(cc, { pid: true }) as number;
    let exits = 0;
    cc.on("worker:exit", () => exits++);
    assert.equal(await kit.value(cc, { cut, answers: true }, undefined, style), "answered");
    await until(() => exits === 1);
    if (kit.isolation === "process") assert.equal(isAlive(pid), false);
    assert.equal(await kit.value(cc, {}, undefined, style), "plain");
    assert.equal(cc.stats().jobs.failed, 0);
  }),
  ...cutting("F-26 exit ends a worker that has cut its line", async (kit, worker, style, cut) => {
    const cc = kit.cluster(worker, { maxWorkers: 1 });
    const pid = await kit.value(cc, { pid: true }) as number;
    assert.equal(await kit.value(cc, { cut, answers: true }, undefined, style), "answered");
    await cc.exit();
    if (kit.isolation === "process") assert.equal(isAlive(pid), false);
  }),
];

registerSuites({ "the line to a worker": cases });
