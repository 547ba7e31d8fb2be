/** Jobs of one key. */

import assert from "node:assert/strict";
import type { Case } from "../case.ts";
import { until } from "../kit.ts";

export const keys: Case[] = [
  {
    name: "Jobs of one key run in one worker, those of others in others",
    async run(kit) {
      const cc = kit.cluster("kept.mjs", { maxWorkers: 3, minWorkers: 3, maxBacklog: -1 });
      await cc.ready();
      await until(() => cc.stats().workers.idle === 3);
      const of = new Map<string, Set<unknown>>();
      await Promise.all(Array.from({ length: 90 }, async (_, at) => {
        const key = `k${at % 9}`;
        const who = await kit.value(cc, null, { task: "who", key });
        of.set(key, (of.get(key) ?? new Set()).add(who));
      }));
      for (const [key, workers] of of) assert.equal(workers.size, 1, key);
      assert.ok(new Set([...of.values()].flatMap((workers) => [...workers])).size > 1);
    },
  },
  {
    name: "Jobs of one key run one at a time, in order, whatever else a worker runs at once",
    async run(kit) {
      const cc = kit.cluster("kept.mjs", { maxWorkers: 2, concurrency: 4, maxBacklog: -1 });
      const ended: number[] = [];
      await Promise.all(Array.from({ length: 60 }, async (_, at) => {
        const key = at % 2 === 0 ? "even" : `odd ${at}`;
        await kit.value(cc, { key }, { task: "alone", key });
        if (key === "even") ended.push(at);
      }));
      assert.deepEqual(ended, ended.toSorted((a, b) => a - b));
      assert.equal(ended.length, 30);
    },
  },
  {
    name: "A key waits for its worker while others are free, and jobs without it pass",
    async run(kit) {
      const file = kit.file("go");
      const cc = kit.cluster("kept.mjs", { maxWorkers: 2 });
      const first = kit.value(cc, { key: "a", file }, { task: "alone", key: "a" });
      await until(() => kit.lines(`${file}.log`).length === 1);
      const second = kit.value(cc, { key: "a", file }, { task: "alone", key: "a" });
      const other = await kit.value(cc, null, { task: "who" });
      assert.deepEqual(kit.lines(`${file}.log`), ["begins a"]);
      assert.deepEqual([cc.stats().jobs.waiting, cc.stats().workers.idle], [1, 1]);
      kit.write(file);
      assert.equal(await second, await first);
      assert.notEqual(await first, other);
    },
  },
  {
    name: "A key goes to another worker when its own is lost",
    async run(kit) {
      const cc = kit.cluster("kept.mjs", { maxWorkers: 2 });
      const before = await kit.value(cc, null, { task: "who", key: "a" });
      const [lost, after] = await Promise.all([
        kit.error(cc, 7, { task: "leaves", key: "a" }),
        kit.value(cc, null, { task: "who", key: "a" }),
      ]);
      assert.equal(lost["code"], "CC_ERR_WORKER_EXIT");
      assert.notEqual(before, after);
      assert.equal(await kit.value(cc, null, { task: "who", key: "a" }), after);
    },
  },
  {
    name: "Jobs of one key that are aborted, refused or cut off hold nobody up",
    async run(kit) {
      const file = kit.file("go");
      const cc = kit.cluster("kept.mjs", { maxWorkers: 2, maxBacklog: 3 });
      const first = kit.value(cc, { key: "a", file }, { task: "alone", key: "a" });
      await until(() => kit.lines(`${file}.log`).length === 1);
      const controller = new AbortController();
      const aborted = kit.error(cc, null, { task: "who", key: "a", signal: controller.signal });
      const uncloneable = kit.error(cc, () => {}, { task: "who", key: "a" });
      const last = kit.value(cc, null, { task: "who", key: "a" });
      const refused = kit.error(cc, null, { task: "who", key: "a" });
      assert.equal((await refused)["code"], "CC_ERR_BACKLOG_FULL");
      // What waits for another job is not in the way of what need not wait.
      assert.equal(typeof await kit.value(cc, null, { task: "who" }), "string");
      controller.abort(new Error("enough"));
      assert.equal((await aborted).message, "enough");
      kit.write(file);
      assert.equal((await uncloneable)["code"], "CC_ERR_NOT_CLONEABLE");
      assert.equal(await last, await first);
    },
  },
  {
    name: "close finishes the jobs of a key, exit gives them up",
    async run(kit) {
      for (const end of ["close", "exit"] as const) {
        const cc = kit.cluster("kept.mjs", { maxWorkers: 2 });
        const jobs = [1, 2, 3].map(() => kit.job(cc, null, { task: "who", key: "a" }));
        await cc[end]();
        for (const ended of await Promise.all(jobs)) assert.equal("ok" in ended, end === "close");
      }
    },
  },
  {
    name: "A key that is no text is refused",
    async run(kit) {
      for (const key of [1, "", null]) {
        const error = await kit.error(kit.cluster("kept.mjs"), 1, { key: key as never });
        assert.equal(error["code"], "CC_ERR_OPTION");
        assert.match(error.message, /^key must be/);
      }
    },
  },
];
