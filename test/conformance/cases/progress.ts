/** How far a job is. */

import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import type { Case } from "../case.ts";
import { until } from "../kit.ts";

export const progress: Case[] = [
  {
    name: "onProgress is told what a handler reports: the first at once, the last before the answer, nothing after",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      const told: unknown[] = [];
      const values = Array.from({ length: 10_000 }, (_, at) => ({ at, of: 10_000 }));
      const job = kit.value(cc, { values }, { task: "reports", onProgress: (value) => told.push(value) });
      assert.equal(await job, "reported");
      assert.deepEqual(told[0], values[0]);
      assert.deepEqual(told.at(-1), values.at(-1));
      assert.ok(told.length < 200, `${told.length} reports`);
      const { length } = told;
      await kit.value(cc, { values: [1] }, { task: "reports" });
      assert.equal(told.length, length);
    },
  },
  {
    name: "onProgress is told the last report of each of many short jobs, whichever way their answers take",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 2, maxBacklog: Infinity });
      const last = new Map<number, unknown>();
      const jobs = Array.from({ length: 2_000 }, (_, at) => {
        const onProgress = (value: unknown): void => void last.set(at, value);
        return kit.value(cc, { values: [at, { at }] }, { task: "reports", onProgress })
          .then(() => assert.deepEqual(last.get(at), { at }));
      });
      await Promise.all(jobs);
    },
  },
  {
    name: "onProgress is told what a handler reports slowly, every value, of whatever kind",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      const values = [0.5, "half", null, undefined, { map: new Map([[1, new Set([2n])]]) }, new Uint8Array([1, 2, 3])];
      const told: unknown[] = [];
      await kit.value(cc, { values, ms: 60 }, { task: "reports", onProgress: (value) => told.push(value) });
      assert.deepEqual(told, values);
    },
  },
  {
    name: "onProgress is told while the handler blocks its loop",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const told: unknown[] = [];
      const controller = new AbortController();
      const { signal } = controller;
      const onProgress = (value: unknown): void => void told.push(value);
      const ended = cc.enqueue(kit.stuck, { task: "reportsAndSpins", signal, onProgress })
        .catch((error: unknown) => error);
      await until(() => told.length > 0);
      assert.deepEqual(told, ["before"]);
      controller.abort("enough");
      assert.equal(await ended, "enough");
      assert.deepEqual(told, ["before"]);
    },
  },
  {
    name: "onProgress is called in its caller's context, and what it throws is the program's own",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      const storage = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      const onProgress = (): void => void seen.push(storage.getStore());
      await storage.run("caller", () => kit.value(cc, { values: [1] }, { task: "reports", onProgress }));
      assert.deepEqual(seen, ["caller"]);
      assert.equal(cc.stats().calls.slowest, "onProgress");
    },
  },
  {
    name: "What can't be reported is thrown at the handler, and says where",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      for (const first of [null, "a report"]) {
        const options = { task: "reportsBadly", onProgress: () => {} };
        const error = await kit.value(cc, first, options) as Error & { code: string };
        assert.equal(error.code, "CC_ERR_NOT_CLONEABLE");
        assert.match(error.message, /progress\.deep\[0\]/);
      }
      for (const options of [{}, { id: "named" }]) {
        assert.equal(await kit.value(cc, null, { task: "reportsBadly", ...options }), undefined, "nobody listens");
      }
    },
  },
  {
    name: "onProgress that is no function is refused",
    async run(kit) {
      const error = await kit.error(kit.cluster("handler.mjs"), 1, { onProgress: 1 as never });
      assert.equal(error["code"], "CC_ERR_OPTION");
      assert.match(error.message, /^onProgress must be a function/);
    },
  },
];
