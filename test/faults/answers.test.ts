/** Messages that are no answers, and must not become those of other jobs. */

import assert from "node:assert/strict";
import type { Case, Style } from "../conformance/case.ts";
import { type Kit, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

/** Keeps the warnings of workers off the terminal, where that can be asked for. */
const quiet = (kit: Kit): { stdio?: "ignore" } => kit.lacks("stdio") ? {} : { stdio: "ignore" };

const WAYS: readonly (readonly [worker: string, style: Style])[] = [
  ["chatty.mjs", "promise"],
  ["chatty.mjs", "callback"],
  ["chatty.cjs", "promise"],
  ["chatty.cjs", "callback"],
];

const cases: Case[] = [
  ...WAYS.map(([worker, style]): Case => ({
    name: `F-22 A second answer is nobody's (${worker}, ${style})`,
    async run(kit) {
      const cc = kit.cluster(worker, { maxWorkers: 1, ...quiet(kit) });
      for (const id of [1, 2]) assert.equal(await kit.value(cc, { id }, undefined, style), `first:${id}`);
      await until(() => cc.stats().lost.messages === 4);
      assert.equal(await kit.value(cc, { id: 3 }, undefined, style), "first:3");
      const { jobs } = cc.stats();
      assert.deepEqual([jobs.succeeded, jobs.failed], [3, 0]);
    },
  })),
  ...WAYS.flatMap(([worker, style]) =>
    [1, 4].map((concurrency): Case => ({
      name: `F-22 Jobs in close order get their own answers (${worker}, ${style}, ${concurrency} at once)`,
      async run(kit) {
        const cc = kit.cluster(worker, { maxWorkers: 2, maxBacklog: Infinity, concurrency, ...quiet(kit) });
        const ids = Array.from({ length: 40 }, (_, id) => id);
        const heard = await Promise.all(ids.map((id) => kit.value(cc, { id }, undefined, style)));
        assert.deepEqual(heard, ids.map((id) => `first:${id}`));
        await until(() => cc.stats().lost.messages === 80);
        assert.deepEqual(kit.faults, []);
      },
    }))
  ),
  {
    name: "F-22 A late answer that comes while the next job runs is not that job's",
    async run(kit) {
      const cc = kit.cluster("late.mjs", { maxWorkers: 1, ...quiet(kit) });
      const both = await Promise.all([kit.value(cc, { id: 1 }), kit.value(cc, { id: 2 }, undefined, "callback")]);
      assert.deepEqual(both, ["first:1", "first:2"]);
      await until(() => cc.stats().lost.messages === 1);
    },
  },
  {
    name: "F-22 The answer of a job that was given up is not the next one's",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, killGrace: 20_000 });
      const controller = new AbortController();
      const [gate, log] = [kit.file("gate"), kit.file("log")];
      const { signal } = controller;
      const given = kit.error(cc, { op: "wait", file: gate, log, value: "too late" }, { signal });
      await until(() => kit.lines(log).length === 1);
      const next = kit.value(cc, { op: "echo", value: "next" });
      controller.abort("given up");
      assert.equal(await given, "given up");
      kit.write(gate);
      assert.equal(await next, "next");
    },
  },
  {
    name: "F-22 Messages that belong to no job are no answers of functions",
    async run(kit) {
      const cc = kit.cluster("heartbeats.mjs", { maxWorkers: 1 });
      for (const n of [1, 2, 3]) assert.equal(await kit.value(cc, n), `answer ${n}`);
      assert.equal(await kit.value(cc, "yes"), true);
      assert.ok(cc.stats().lost.messages > 0);
    },
  },
  ...(["promise", "callback"] as const).map((style): Case => ({
    name: `F-22 Functions that send messages besides are answered once (${style})`,
    async run(kit) {
      const cc = kit.cluster("says-too-much.mjs", { maxWorkers: 1, ...quiet(kit) });
      for (const [task, first] of [[undefined, "sent"], ["after", "returned"], ["fails", "sent"]]) {
        const options = task ? { task } : undefined;
        for (const id of [1, 2, 3]) {
          assert.equal(await kit.value(cc, { id }, options, style), `${first}:${id}`);
        }
      }
      assert.equal(await kit.value(cc, { id: 4 }, { task: "dies" }, style), "sent:4");
      await until(() => cc.stats().lost.workers === 1 && kit.faults.length === 1);
      assert.equal(await kit.value(cc, { id: 5 }, undefined, style), "sent:5");
      assert.equal(cc.stats().jobs.failed, 0);
    },
  })),
  {
    name: "F-22 Functions that send their answer and return none are answered once, and no message of theirs is lost",
    async run(kit) {
      const cc = kit.cluster("says-too-much.mjs", { maxWorkers: 1 });
      for (const task of ["sends", "sendsFirst"]) {
        for (const id of [1, 2, 3]) assert.equal(await kit.value(cc, { id }, { task }), `sent:${id}`);
      }
      // What comes after it shows that nothing came before.
      assert.equal(await kit.value(cc, { id: 4 }), "sent:4");
      await until(() => cc.stats().lost.messages === 1);
    },
  },
];

registerSuites({ "answers that are nobody's": cases });
