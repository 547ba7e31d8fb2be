/** What all workers are given: broadcasts, and other data for `setup`. */

import assert from "node:assert/strict";
import type { ComputeCluster } from "../../../mod.ts";
import { brokenSignal } from "../broken-signal.ts";
import type { Case } from "../case.ts";
import { type Kit, until } from "../kit.ts";

type Kept = { pid: number; kept: unknown[] };

/** A cluster whose workers are all there. */
async function started(kit: Kit, options: object = {}): Promise<ComputeCluster> {
  const cc = kit.cluster("kept.mjs", { maxWorkers: 3, minWorkers: 3, ...options });
  await cc.ready();
  await until(() => cc.stats().workers.idle === 3);
  return cc;
}

const keptIn = async (cc: ComputeCluster): Promise<unknown[][]> =>
  (await cc.broadcast(null) as Kept[]).map(({ kept }) => kept);

export const everyWorker: Case[] = [
  {
    name: "broadcast runs a job once in every worker, and gives what each has answered",
    async run(kit) {
      const cc = await started(kit);
      const all = await cc.broadcast(null, { task: "who" });
      assert.equal(new Set(all).size, 3);
      assert.deepEqual(await cc.broadcast("a", { task: "keep" }), ["a", "a", "a"]);
      assert.deepEqual(await keptIn(cc), [["a"], ["a"], ["a"]]);
      assert.equal(cc.stats().lost.workers, 0);
    },
  },
  {
    name: "broadcast reaches busy workers and those that are starting, before the jobs that follow it",
    async run(kit) {
      const cc = kit.cluster("kept.mjs", { maxWorkers: 2, maxBacklog: -1 });
      const before = [1, 2].map(() => kit.value(cc, null));
      const sent = cc.broadcast("a", { task: "slowKeep" });
      const after = Array.from({ length: 20 }, () => kit.value(cc, null) as Promise<Kept>);
      for (const { kept } of await Promise.all(after)) assert.deepEqual(kept, ["a"]);
      await Promise.all([...before, sent]);
    },
  },
  {
    name: "broadcast with a signal that throws is refused, or answered all the same",
    async run(kit) {
      const cc = await started(kit);
      await assert.rejects(cc.broadcast("a", { task: "keep", signal: brokenSignal("addEventListener") }), /broken/);
      const options = { task: "keep", signal: brokenSignal("removeEventListener") };
      assert.deepEqual(await cc.broadcast("b", options), ["b", "b", "b"]);
      assert.deepEqual(await keptIn(cc), [["b"], ["b"], ["b"]]);
    },
  },
  {
    name: "broadcast without a worker answers nothing, and starts none",
    async run(kit) {
      const cc = kit.cluster("kept.mjs");
      assert.deepEqual(await cc.broadcast("a", { task: "keep" }), []);
      assert.equal(cc.stats().workers.starting, 0);
      assert.deepEqual((await kit.value(cc, null) as Kept).kept, []);
    },
  },
  {
    name: "broadcasts that are replayed are run by later workers first of all, in order, after setup",
    async run(kit) {
      const cc = kit.cluster("kept.mjs", { maxWorkers: 2, setupData: "setup" });
      const args = { list: ["a"] };
      await cc.broadcast(args, { task: "keep", replay: true });
      args.list.push("changed later");
      await cc.broadcast(new Map([[1, 2n]]), { task: "slowKeep", replay: true });
      await cc.broadcast("once", { task: "keep" });
      const expected = ["setup", { list: ["a"] }, new Map([[1, 2n]])];
      assert.deepEqual((await kit.value(cc, null) as Kept).kept, expected);
      await kit.error(cc, 7, { task: "leaves" });
      await cc.broadcast("last", { task: "keep", replay: true });
      assert.deepEqual((await kit.value(cc, null) as Kept).kept, [...expected, "last"]);
    },
  },
  {
    name: "broadcasts are replayed to modules that listen for messages",
    async run(kit) {
      const cc = kit.cluster("kept-contract.cjs", { maxWorkers: 1 });
      await cc.broadcast({ keep: 1 }, { replay: true });
      await cc.broadcast({ keep: 2 }, { replay: true });
      assert.deepEqual(await kit.value(cc, {}), [1, 2]);
    },
  },
  {
    name: "broadcast rejects with what a worker throws, with all errors of several, and replays it to nobody",
    async run(kit) {
      const one = kit.cluster("kept.mjs", { maxWorkers: 1 });
      await kit.value(one, null);
      await assert.rejects(one.broadcast("refused", { task: "keep", replay: true }), {
        name: "RangeError",
        message: "refused",
      });
      const cc = await started(kit);
      await assert.rejects(cc.broadcast("refused", { task: "keep", replay: true }), (error: AggregateError) => {
        assert.ok(error instanceof AggregateError);
        assert.equal(error.errors.length, 3);
        assert.match(error.message, /^3 of 3 workers failed, one with: refused$/);
        return true;
      });
      await kit.error(cc, 7, { task: "leaves" });
      assert.deepEqual((await kit.value(cc, null) as Kept).kept, []);
    },
  },
  {
    name: "a broadcast that fails in a new worker is told, and replayed no more",
    async run(kit) {
      const cc = kit.cluster("kept.mjs", { maxWorkers: 1 });
      await cc.broadcast("refused", { task: "keep", replay: true });
      await cc.broadcast("good", { task: "keep", replay: true });
      assert.deepEqual((await kit.value(cc, null) as Kept).kept, ["good"]);
      await until(() => kit.faults.length > 0);
      const fault = kit.faults[0] as Error & { code?: string };
      assert.deepEqual([fault.code, (fault.cause as Error).message], ["CC_ERR_WORKER_START", "refused"]);
      await kit.error(cc, 7, { task: "leaves" });
      assert.deepEqual((await kit.value(cc, null) as Kept).kept, ["good"]);
      assert.equal(kit.faults.length, 2, "and of the worker that was lost");
    },
  },
  ...["leaves", "never ends"].map((how): Case => ({
    name: `a broadcast by which a new worker ${how} is replayed no more`,
    async run(kit) {
      const cc = kit.cluster("kept.mjs", { maxWorkers: 1, startTimeout: how === "leaves" ? 20_000 : 5_000 });
      await kit.value(cc, null, { task: "serves" });
      await cc.broadcast(how, { task: "harmless", replay: true });
      await cc.broadcast("good", { task: "keep", replay: true });
      await kit.error(cc, 7, { task: "leaves" });
      assert.deepEqual((await kit.value(cc, null) as Kept).kept, ["good"]);
      const told = kit.faults.map((fault) => (fault as Error).message);
      assert.ok(told.some((text) => text.startsWith("a broadcast failed in the new worker ")), told.join("\n"));
    },
  })),
  {
    name: "a broadcast takes the place of the last that was replayed under its name",
    async run(kit) {
      const cc = kit.cluster("kept.mjs", { maxWorkers: 1 });
      for (const rates of [1, 2, 3]) await cc.broadcast(rates, { task: "keep", replay: "rates" });
      assert.deepEqual((await kit.value(cc, null) as Kept).kept, [3]);
    },
  },
  {
    name: "broadcast ends with its signal, its timeout and the cluster, and bad options are refused",
    async run(kit) {
      const cc = await started(kit);
      const file = kit.file("never");
      const controller = new AbortController();
      const aborted = cc.broadcast({ key: "a", file }, { task: "alone", signal: controller.signal });
      await until(() => kit.lines(`${file}.log`).length === 3);
      controller.abort(new Error("enough"));
      await assert.rejects(aborted, { message: "enough" });
      await assert.rejects(cc.broadcast(1, { signal: AbortSignal.abort("early") }), (error) => error === "early");
      await assert.rejects(cc.broadcast(1, { replay: 1 as never }), {
        code: "CC_ERR_OPTION",
        message: /^replay must be/,
      });
      await assert.rejects(cc.broadcast(1, { id: "x" } as never), { code: "CC_ERR_OPTION" });
      await assert.rejects(cc.broadcast(() => {}, { replay: true }), { code: "CC_ERR_NOT_CLONEABLE" });
      await until(() => cc.stats().workers.idle === 3);
      const cut = assert.rejects(cc.broadcast({ key: "b", file }, { task: "alone" }));
      await until(() => cc.stats().jobs.running === 3);
      await cc.exit();
      await cut;
      await assert.rejects(cc.broadcast(1), { code: "CC_ERR_CLOSED" });
    },
  },
  {
    name: "renew replaces every worker, with other data for setup, and loses no job",
    async run(kit) {
      const cc = await started(kit, { setupData: "old", maxBacklog: -1 });
      const before = await cc.broadcast(null, { task: "who" });
      const jobs = Array.from({ length: 30 }, () => kit.value(cc, null) as Promise<Kept>);
      await cc.renew({ setupData: "new" });
      for (const { kept } of await Promise.all(jobs)) assert.ok(["old", "new"].includes(kept[0] as string));
      assert.deepEqual((await kit.value(cc, null) as Kept).kept, ["new"]);
      assert.deepEqual(
        await cc.broadcast(null, { task: "who" }).then((now) => now.filter((who) => before.includes(who))),
        [],
      );
      await cc.renew();
      assert.deepEqual((await kit.value(cc, null) as Kept).kept, ["new"]);
      assert.deepEqual([cc.stats().lost.workers, cc.stats().jobs.failed], [0, 0]);
    },
  },
  {
    name: "renew rejects if no worker can be started with the new data, and once the cluster is closed",
    async run(kit) {
      const cc = kit.cluster("kept.mjs", { maxWorkers: 2, minWorkers: 1 });
      await cc.renew({ setupData: "first" });
      await cc.ready();
      await assert.rejects(cc.renew({ setupData: "broken" }), { code: "CC_ERR_WORKER_START", message: /broken data/ });
      await kit.error(cc, 7, { task: "leaves" });
      assert.deepEqual((await kit.value(cc, null) as Kept).kept, ["first"]);
      const both = ["broken", "broken as well"].map((setupData) => cc.renew({ setupData }));
      for (const { status } of await Promise.allSettled(both)) assert.equal(status, "rejected");
      await kit.error(cc, 7, { task: "leaves" });
      assert.deepEqual((await kit.value(cc, null) as Kept).kept, ["first"]);
      await cc.renew({ setupData: "mended" });
      assert.deepEqual((await kit.value(cc, null) as Kept).kept, ["mended"]);
      await assert.rejects(cc.renew({ setupData: () => {} }), { code: "CC_ERR_NOT_CLONEABLE", path: "setupData" });
      await assert.rejects(cc.renew({ nonsense: 1 } as never), { code: "CC_ERR_OPTION" });
      await cc.close();
      await assert.rejects(cc.renew(), { code: "CC_ERR_CLOSED" });
    },
  },
];
