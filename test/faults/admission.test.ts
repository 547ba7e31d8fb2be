/** F-30: a slow spell must not lock the door for ever. */

import assert from "node:assert/strict";
import { type Case, everyWay } from "../conformance/case.ts";
import { registerSuites } from "../conformance/register.ts";

const cases: Case[] = [
  ...everyWay(
    "F-30 After a slow spell an idle cluster admits, and soon several at once",
    async (kit, worker, style) => {
      const cc = kit.cluster(worker, {
        maxWorkers: undefined,
        max_processes: 1,
        max_request_time: 0.05,
        max_backlog: 50,
      });
      const sleep = (ms: number) => ({ op: "sleep", ms, value: ms });
      for (let i = 0; i < 4; i++) assert.equal(await kit.value(cc, sleep(120), undefined, style), 120);
      const pair = () => Promise.all([1, 2].map(() => kit.job(cc, sleep(0), undefined, style)));
      const [admitted, refused] = await pair();
      assert.deepEqual(admitted, { ok: 0 });
      const { error } = refused as { error: Record<string, unknown> };
      assert.deepEqual([error["code"], error["limit"], error["retryable"]], ["CC_ERR_LATENCY", 50, true]);
      const { expected, retryAfter } = error as Record<string, number>;
      assert.ok(
        expected! > 100 && Math.abs(expected! - 50 - retryAfter!) <= 1,
        `${expected} ms, again in ${retryAfter}`,
      );
      let quick = 0;
      for (let ended = await pair(); "error" in ended[1]!; ended = await pair()) {
        assert.deepEqual(ended[0], { ok: 0 });
        assert.ok(++quick < 400, "refused for ever");
      }
    },
  ),
  {
    name: "F-30 Jobs that fail say nothing of how long the next will take",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, killGrace: 50 });
      await kit.value(cc, { op: "echo" });
      await kit.value(cc, { op: "sleep", ms: 20 });
      const before = cc.stats().expectedRun;
      for (let i = 0; i < 3; i++) await kit.error(cc, 20_000, { task: "patient", timeout: 100 });
      await kit.error(cc, { op: "stderr", text: "", code: 3 });
      const after = cc.stats().expectedRun;
      // Some of it is forgotten meanwhile.
      assert.ok(after > 0 && after <= before, `${before}, then ${after} ms`);
    },
  },
  {
    name: "F-30 The start of a worker does not count as the run of its first job",
    async run(kit) {
      const cc = kit.cluster("busy-load.mjs", { maxWorkers: 1 });
      const ran = new Promise<number>((resolve) => cc.once("job:settled", (fact) => resolve(fact.ran)));
      const told: string[] = [];
      for (const event of ["worker:ready", "job:started"] as const) cc.once(event, () => told.push(event));
      assert.equal(await kit.value(cc, 1), 1);
      // However long the system had the worker stand still.
      assert.ok(cc.stats().expectedRun <= await ran, `${cc.stats().expectedRun} ms`);
      const start = cc.stats().wait.mean;
      assert.ok(start >= 390, `it waited for ${start} ms`);
      assert.deepEqual(told.sort(), ["job:started", "worker:ready"]);
    },
  },
  {
    name: "F-30 A job that is refused for its latency is refused once, later than enqueue returns, and never runs",
    async run(kit) {
      const file = kit.file("ran");
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxLatency: 20 });
      for (let i = 0; i < 3; i++) await kit.value(cc, { op: "sleep", ms: 40 });
      const running = kit.value(cc, { op: "sleep", ms: 40, value: "ran" });
      const style = (i: number) => i % 2 ? "callback" as const : "promise" as const;
      const ended = await Promise.all(
        [0, 1, 2, 3].map((line) => kit.job(cc, { op: "log", file, line }, undefined, style(line))),
      );
      assert.deepEqual(ended.map((end) => "error" in end && (end.error as { code: string }).code), [
        "CC_ERR_LATENCY",
        "CC_ERR_LATENCY",
        "CC_ERR_LATENCY",
        "CC_ERR_LATENCY",
      ]);
      assert.equal(new Set(ended.map((end) => "error" in end && end.error)).size, 4, "no two jobs share an error");
      assert.equal(await running, "ran");
      await cc.close();
      assert.deepEqual(kit.lines(file), []);
      assert.equal(cc.stats().jobs.refused, 4);
    },
  },
  {
    name: "F-30 A limit on latency refuses nothing while nothing is known",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxLatency: 1, maxBacklog: 20 });
      const jobs = Array.from({ length: 20 }, (_, value) => kit.value(cc, { op: "echo", value }));
      assert.deepEqual(await Promise.all(jobs), Array.from({ length: 20 }, (_, i) => i));
    },
  },
];

registerSuites({ "who comes in": cases });
