/** The end of a cluster, and the end of a worker that has just answered. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { ComputeCluster } from "../../mod.ts";
import { type Case, everyWay, type Style } from "../conformance/case.ts";
import { type Failure, isAlive, type Kit, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";
import { codes } from "./outcomes.ts";

/** Ends a cluster, whichever way the caller waits; gives what the callback got. */
function end(cc: ComputeCluster, how: "exit" | "close", style: Style): Promise<unknown> {
  if (style === "promise") return cc[how]().then(() => null);
  return new Promise((resolve, reject) => {
    let calls = 0;
    cc[how]((error) => ++calls > 1 ? reject(new Error("called twice")) : resolve(error));
  });
}

const total = (cc: ComputeCluster): number => Object.values(cc.stats().workers).reduce((sum, count) => sum + count);

/** What a pipe does not hold is still in the process when it ends; `process.exit` waits for nothing. */
const mayBeCutOff = (kit: Kit, how: string, size: number): boolean =>
  kit.isolation === "process" && how !== "disconnect" && size > 10;

const SIZES = [10, 65_536, 219_262, 219_263, 4_000_000];

/** As fake timers of a test do. */
function withoutTimers(): () => void {
  const { setImmediate, setInterval, setTimeout } = globalThis;
  for (const name of ["setImmediate", "setInterval", "setTimeout"]) Object.assign(globalThis, { [name]: () => ({}) });
  return () => Object.assign(globalThis, { setImmediate, setInterval, setTimeout });
}

const cases: Case[] = [
  {
    name: "Jobs and the cluster end while the program's timers stand still",
    async run(kit) {
      const cc = kit.cluster("contract.mjs", { maxWorkers: 1 });
      cc.on("error", () => {});
      assert.equal(await kit.value(cc, { op: "echo", value: 1 }), 1);
      const moveOn = withoutTimers();
      try {
        assert.equal((await kit.error(cc, { op: "exit", code: 3 }))["code"], "CC_ERR_WORKER_EXIT");
        await cc.close();
      } finally {
        moveOn();
      }
    },
  },
  ...everyWay("F-07 Every exit settles, none before the last worker is gone", async (kit, worker, style) => {
    const unused = kit.cluster(worker);
    assert.equal(await end(unused, "exit", style), null);

    const cc = kit.cluster(worker, { maxWorkers: 3, killGrace: 10_000 });
    const meeting = Array.from({ length: 3 }, () => ({ op: "meet", file: kit.file("met"), count: 3 }));
    const pids = await Promise.all(meeting.map((job) => kit.value(cc, job, undefined, style))) as number[];
    let starts = 0;
    cc.on("worker:starting", () => starts++);
    const ended = (["exit", "exit", "close", "exit"] as const).map(async (how) => {
      const error = await end(cc, how, style);
      const left = kit.isolation === "process" ? pids.filter(isAlive).length : total(cc);
      return [error, left];
    });
    assert.deepEqual(await Promise.all(ended), ended.map(() => [null, 0]));
    assert.equal(await end(cc, "exit", style), null, "and once more, later");
    const late = await kit.error(cc, { op: "pid" }, undefined, style);
    assert.deepEqual([late["code"], late["retryable"]], ["CC_ERR_CLOSED", true]);
    assert.deepEqual([starts, kit.faults], [0, []]);
  }),
  ...(["exit", "close"] as const).flatMap((how) =>
    ([["handler.mjs", []], ["throws-at-load.mjs", ["not ready CC_ERR_CLOSED"]]] as const).map((
      [worker, told],
    ): Case => ({
      name: `F-07 Workers that are kept warm are not replaced at the end (${how}, ${worker})`,
      async run(kit) {
        const { code, stdout, stderr } = await kit.program("warm-end.ts", worker, how).ended;
        assert.deepEqual([code, stdout.trim().split("\n")], [0, [...told, "settled 3, started 0"]], stderr);
      },
    }))
  ),
  {
    name: "F-07 exit inside of any listener or callback settles",
    async run(kit) {
      const events = [
        "worker:starting",
        "worker:ready",
        "job:queued",
        "job:started",
        "job:settled",
        "worker:exit",
      ] as const;
      await Promise.all(events.map(async (event) => {
        const cc = kit.cluster("contract.mjs", { maxWorkers: 1 });
        const exited = new Promise<void>((resolve) => cc.once(event, () => cc.exit(() => resolve())));
        const ended = await kit.job(cc, { op: "exit", code: 0 });
        await exited;
        const code = ["worker:exit", "job:settled"].includes(event) ? "CC_ERR_WORKER_EXIT" : "CC_ERR_CLOSED";
        assert.deepEqual(codes([ended]), [code], event);
        assert.equal(total(cc), 0, event);
      }));
    },
  },
  {
    name: "F-07 exit overtakes a close that waits for a job",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, killGrace: 200 });
      await cc.ready();
      const jobs = [1, 2].map(() => kit.job(cc, { op: "sleep", ms: 20_000 }));
      const order: string[] = [];
      const closed = cc.close().then(() => order.push("closed"));
      const exited = cc.exit().then(() => order.push("exited"));
      assert.deepEqual(codes(await Promise.all(jobs)), ["CC_ERR_CLOSED", "CC_ERR_CLOSED"]);
      await Promise.all([closed, exited]);
      assert.deepEqual(order, ["closed", "exited"]);
    },
  },

  ...everyWay("F-08 exit fails all that waits, and nothing of it is run", async (kit, worker, style) => {
    const file = kit.file("runs");
    const cc = kit.cluster(worker, { maxWorkers: 2, maxBacklog: 500, killGrace: 200 });
    let settled = 0;
    const jobs = Array.from(
      { length: 200 },
      (_, line) =>
        kit.job(cc, { op: "log", file, line, next: { op: "sleep", ms: 20_000 } }, undefined, style).finally(() =>
          settled++
        ),
    );
    await until(() => kit.lines(file).length === 2);
    await end(cc, "exit", style);
    assert.equal(settled, 200, "all were told before exit settled");
    assert.deepEqual(codes(await Promise.all(jobs)), Array(200).fill("CC_ERR_CLOSED"));
    // No worker is left to run more.
    assert.deepEqual([total(cc), kit.lines(file).sort()], [0, ["0", "1"]]);
  }),
  {
    // The ends of jobs and of workers are told in one turn then; of many jobs only some keep the place where they were enqueued.
    name: "F-08 exit settles after the jobs that it fails, though the program was busy meanwhile",
    async run(kit) {
      for (const busy of [0, 5, 20, 100, 300]) {
        const cc = kit.cluster("handler.mjs", { maxWorkers: 2, maxBacklog: Infinity, killGrace: 200 });
        let settled = 0;
        const jobs = Array.from({ length: 300 }, async () => {
          await kit.job(cc, { op: "sleep", ms: 20_000 });
          await Promise.resolve();
          settled++;
        });
        await until(() => cc.stats().jobs.running === 2);
        const by = new Promise<number>((resolve) => cc.exit(() => resolve(settled)));
        const exited = cc.exit().then(() => settled);
        for (const end = performance.now() + busy; performance.now() < end;);
        assert.deepEqual([busy, await by, await exited], [busy, 300, 300]);
        await Promise.all(jobs);
      }
    },
  },
  ...everyWay("F-08 close runs all that waits", async (kit, worker, style) => {
    const file = kit.file("runs");
    const cc = kit.cluster(worker, { maxWorkers: 2, maxBacklog: Infinity });
    let settled = 0;
    const jobs = Array.from(
      { length: 20 },
      (_, line) => kit.value(cc, { op: "log", file, line }, undefined, style).finally(() => settled++),
    );
    await end(cc, "close", style);
    assert.equal(settled, 20, "all were answered before close settled");
    assert.deepEqual(await Promise.all(jobs), Array.from({ length: 20 }, (_, i) => i));
    assert.equal(kit.lines(file).length, 20);
  }),
  {
    name: "F-08 close runs all that waits although workers die meanwhile",
    async run(kit) {
      const cc = kit.cluster("contract.mjs", { maxWorkers: 2, maxBacklog: Infinity });
      const jobs = Array.from(
        { length: 12 },
        (_, value) => kit.job(cc, value % 4 === 0 ? { op: "exit", code: 1 } : { op: "echo", value }),
      );
      await cc.close();
      const ended = await Promise.all(jobs);
      assert.deepEqual(codes(ended), Array.from({ length: 12 }, (_, i) => i % 4 === 0 ? "CC_ERR_WORKER_EXIT" : null));
      assert.equal(total(cc), 0);
    },
  },
  {
    name: "F-08 A job that exit cut off is not run again, whatever its retries",
    async run(kit) {
      const file = kit.file("runs");
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, retries: 3, killGrace: 200 });
      const job = kit.error(cc, { op: "log", file, line: 1, next: { op: "sleep", ms: 20_000 } });
      await until(() => kit.lines(file).length === 1);
      await cc.exit();
      assert.equal((await job)["code"], "CC_ERR_CLOSED");
      assert.deepEqual([kit.lines(file), cc.stats().jobs.retried], [["1"], 0]);
    },
  },
  {
    name: "F-08 Jobs that wait for a first worker fail at exit, and are never run",
    async run(kit) {
      const file = kit.file("runs");
      const cc = kit.cluster("handler.mjs", { maxWorkers: 2, maxBacklog: Infinity });
      const jobs = Array.from({ length: 20 }, (_, line) => kit.error(cc, { op: "log", file, line }));
      await cc.exit();
      const errors = await Promise.all(jobs);
      assert.deepEqual(
        errors.map((error) => [error["code"], error["retryable"]]),
        jobs.map(() => ["CC_ERR_CLOSED", true]),
      );
      assert.deepEqual(kit.lines(file), []);
    },
  },

  ...(["exit", "disconnect", "throw"] as const).flatMap((how) =>
    ([["parting.cjs", "text"], ["parting.mjs", "bytes"]] as const).map(([worker, kind]): Case => ({
      name: `F-09 An answer arrives whole or not at all when its worker leaves at once (${worker}, ${how}, ${kind})`,
      async run(kit) {
        const stdio = kit.lacks("stdio") ? undefined : "ignore";
        await Promise.all(SIZES.map(async (size, i) => {
          // One each: a leaving worker may have been given its next job.
          const cc = kit.cluster(worker, { maxWorkers: 1, stdio });
          const ended = await kit.job(cc, { kind, size, how }, undefined, i % 2 ? "callback" : "promise");
          if (!("ok" in ended) && mayBeCutOff(kit, how, size)) {
            const { code, exitCode } = ended.error as Failure;
            return assert.deepEqual([code, exitCode], ["CC_ERR_WORKER_EXIT", how === "throw" ? 1 : 0]);
          }
          const answer = "ok" in ended ? ended.ok : assert.fail(`${size}: ${String(ended.error)}`);
          if (kind === "text") assert.ok(answer === "é" + "x".repeat(size - 2) + "z", `${size}`);
          else assert.ok(Buffer.from(new Uint8Array(size).fill(7)).equals(answer as Uint8Array), `${size}`);
        }));
      },
    }))
  ),
];

registerSuites({ "the end of the cluster, and of a worker that has just answered": cases });
