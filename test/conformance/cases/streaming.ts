/** `stream`: what a job yields. */

import assert from "node:assert/strict";
import type { ComputeCluster } from "../../../mod.ts";
import type { Case } from "../case.ts";
import { type Failure, type Kit, until } from "../kit.ts";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

async function all<R>(values: AsyncIterable<R>): Promise<R[]> {
  const list: R[] = [];
  for await (const value of values) list.push(value);
  return list;
}

/** What came, and the error that ended it. */
async function untilError(values: AsyncIterable<unknown>): Promise<[unknown[], Failure]> {
  const list: unknown[] = [];
  try {
    for await (const value of values) list.push(value);
  } catch (error) {
    return [list, error as Failure];
  }
  throw new Error(`no error after ${list.length} values`);
}

const streams = (kit: Kit, options: object = {}): ComputeCluster =>
  kit.cluster("streams.mjs", { maxWorkers: 1, ...options });

/** Values that need more than JSON. */
const VALUES = [
  1,
  "two",
  null,
  undefined,
  { deep: [undefined] },
  new Map([[1, new Set([2n])]]),
  -0,
  NaN,
  new Uint8Array([4]),
];

export const streaming: Case[] = [
  {
    name: "stream gives what a generator yields, in order and of every kind, and what else can be iterated over",
    async run(kit) {
      const cc = streams(kit);
      for (const task of ["default", "sync", "array", "promised"]) {
        assert.deepEqual(await all(cc.stream({ values: VALUES }, { task })), VALUES, task);
        assert.deepEqual(await all(cc.stream({ values: [] }, { task })), [], task);
      }
      assert.deepEqual(await all(cc.stream({ values: [1, 2] }, { task: "promises" })), [1, 2]);
      assert.deepEqual(await all(cc.stream(20_000, { task: "upTo" })), upTo(20_000));
    },
  },
  {
    name: "stream gives JSON values to processes that write JSON",
    async run(kit) {
      if (kit.isolation === "thread") kit.notHere("threads write no JSON");
      const cc = streams(kit, { serialization: "json" });
      assert.deepEqual(await all(cc.stream({ values: [1, { a: [null] }] })), [1, { a: [null] }]);
    },
  },
  {
    name: "stream gives each value as it was when it was yielded",
    async run(kit) {
      assert.deepEqual(await all(streams(kit).stream(50, { task: "changes" })), upTo(50).map((at) => ({ at })));
    },
  },
  {
    name: "stream holds the handler up at highWaterMark values that nobody has taken",
    async run(kit) {
      for (const task of ["default", "sync"]) {
        for (const highWaterMark of [1, 2, 5]) {
          const file = kit.file(`${task}${highWaterMark}`);
          let taken = 0;
          const values = streams(kit).stream({ values: upTo(40), file }, { task, highWaterMark });
          for await (const value of values) {
            assert.equal(value, taken++);
            assert.ok(kit.lines(file).length <= taken + highWaterMark, `${kit.lines(file).length} after ${taken}`);
            if (taken === 7) await until(() => kit.lines(file).length > taken);
          }
          assert.equal(taken, 40);
        }
      }
    },
  },
  {
    name: "stream starts its job when the first value is asked for",
    async run(kit) {
      const cc = streams(kit);
      const values = cc.stream(5, { task: "upTo" });
      assert.equal(cc.stats().jobs.accepted, 0);
      assert.deepEqual(await values.next(), { done: false, value: 0 });
      assert.equal(cc.stats().jobs.accepted, 1);
      assert.deepEqual(await Promise.all([values.next(), values.next()]), [{ done: false, value: 1 }, {
        done: false,
        value: 2,
      }]);
      await values.return();
      assert.deepEqual(await values.next(), { done: true, value: undefined });
      await cc.stream(5, { task: "upTo" }).return();
      assert.equal(cc.stats().jobs.accepted, 1);
    },
  },
  {
    name: "leaving a stream closes its generator, and its worker serves on",
    async run(kit) {
      const cc = streams(kit, { killGrace: 20_000 });
      const pid = await kit.value(cc, 0, { task: "pid" });
      const file = kit.file("notes");
      for (const [at, task] of ["default", "sync"].entries()) {
        for await (const value of cc.stream({ values: upTo(1_000), file }, { task, highWaterMark: 2 })) {
          if (value === 3) break;
        }
        await until(() => kit.lines(file).filter((line) => line === "ends").length === at + 1);
      }
      for await (const value of cc.stream(file, { task: "endless" })) if (value === 100) break;
      await until(() => kit.lines(file).filter((line) => line === "ends").length === 3);
      assert.equal(await kit.value(cc, 0, { task: "pid" }), pid);
      const { running, waiting } = cc.stats().jobs;
      assert.deepEqual([running, waiting, cc.stats().lost.workers], [0, 0, 0]);
    },
  },
  {
    name: "leaving a stream is heard by a generator that computes between its values",
    async run(kit) {
      const cc = streams(kit, { killGrace: 20_000 });
      const file = kit.file("notes");
      for await (const value of cc.stream({ ms: 5, file }, { task: "spins", highWaterMark: 1_000 })) {
        if (value === 3) break;
      }
      await until(() => kit.lines(file).length === 1);
      assert.equal(await kit.value(cc, 1, { task: "plain" }), 1);
      assert.equal(cc.stats().lost.workers, 0);
    },
  },
  {
    name: "a generator that does not let itself be closed is ended with its worker",
    async run(kit) {
      const cc = streams(kit, { abortGrace: 50 });
      const pid = await kit.value(cc, 0, { task: "pid" });
      const file = kit.file("notes");
      for await (const value of cc.stream({ values: [1, 2], file }, { task: "hangs" })) {
        if (value === 1) continue;
        await until(() => kit.lines(file).length > 0);
        break;
      }
      assert.equal(await kit.value(cc, "next", { task: "plain" }), "next");
      if (kit.isolation === "process") assert.notEqual(await kit.value(cc, 0, { task: "pid" }), pid);
    },
  },
  {
    name: "stream ends with what the generator throws, as thrown, after the values before",
    async run(kit) {
      const cc = streams(kit);
      const [values, error] = await untilError(cc.stream({ values: [1, 2], error: "enough" }, { task: "fails" }));
      assert.deepEqual(values, [1, 2]);
      assert.ok(error instanceof RangeError);
      assert.deepEqual([error.message, error["field"]], ["enough", "last"]);
      assert.match(error.stack ?? "", /streams\.mjs[^]*streaming\.ts/);
    },
  },
  {
    name: "stream ends with a value that can't be sent, and says where",
    async run(kit) {
      const [values, error] = await untilError(streams(kit).stream([1], { task: "badly" }));
      assert.deepEqual(values, [1]);
      assert.equal(error["code"], "CC_ERR_NOT_CLONEABLE");
      assert.match(error.message, /yielded\.deep\[0\]/);
    },
  },
  {
    name: "stream ends with its worker's loss after the values before, and is not run again",
    async run(kit) {
      for (const retries of [0, 2]) {
        const cc = streams(kit, { retries });
        const [values, error] = await untilError(cc.stream(["a", "b"], { task: "dies" }));
        assert.deepEqual(values, ["a", "b"]);
        assert.equal(error["code"], "CC_ERR_WORKER_EXIT");
        assert.equal(cc.stats().jobs.retried, 0);
        assert.equal(await kit.value(cc, 1, { task: "plain" }), 1);
      }
    },
  },
  {
    name: "a stream's timeout is for the next value, and waits for who takes none",
    async run(kit) {
      const cc = streams(kit, { abortGrace: 50 });
      const [values, error] = await untilError(cc.stream({ values: ["only"] }, { task: "hangs", timeout: 3_000 }));
      assert.deepEqual(values, ["only"]);
      assert.deepEqual([error["code"], error["limit"]], ["CC_ERR_TIMEOUT", 3_000]);
      const slow: unknown[] = [];
      for await (const value of cc.stream(8, { task: "upTo", timeout: 2_000, highWaterMark: 2 })) {
        // As long in all as three times the timeout: nobody wants a value meanwhile.
        await new Promise((resolve) => setTimeout(resolve, 800));
        slow.push(value);
      }
      assert.deepEqual(slow, upTo(8));
    },
  },
  {
    name: "stream ends with its signal, and with the cluster",
    async run(kit) {
      const cc = streams(kit);
      const controller = new AbortController();
      const aborted = untilError(cc.stream(null, { task: "endless", signal: controller.signal }));
      await until(() => cc.stats().jobs.running > 0);
      controller.abort(new Error("enough"));
      assert.equal((await aborted)[1].message, "enough");
      const [, before] = await untilError(cc.stream(null, { task: "endless", signal: AbortSignal.abort("early") }));
      assert.equal(before, "early");
      const cut = untilError(cc.stream(null, { task: "endless" }));
      await until(() => cc.stats().jobs.running > 0);
      await cc.exit();
      assert.equal((await cut)[1]["code"], "CC_ERR_CLOSED");
      assert.equal((await untilError(cc.stream(1)))[1]["code"], "CC_ERR_CLOSED");
    },
  },
  {
    name: "close waits for a stream's end",
    async run(kit) {
      const cc = streams(kit);
      const file = kit.file("go");
      const values = cc.stream(file, { task: "waits" });
      assert.equal((await values.next()).value, "first");
      const closed = cc.close();
      kit.write(file);
      assert.deepEqual(await all(values), ["second"]);
      await closed;
    },
  },
  {
    name: "streams and jobs share a worker that runs several at once",
    async run(kit) {
      const cc = streams(kit, { concurrency: 4, maxBacklog: -1 });
      const held = cc.stream(null, { task: "endless", highWaterMark: 1 });
      await held.next();
      const [a, b, jobs] = await Promise.all([
        all(cc.stream(500, { task: "upTo" })),
        all(cc.stream({ values: upTo(300) })),
        Promise.all(upTo(100).map((value) => kit.value(cc, value, { task: "plain" }))),
      ]);
      assert.deepEqual([a.length, b.length, jobs.length], [500, 300, 100]);
      await held.return();
    },
  },
  {
    name: "a value comes before its generator goes on, however long that computes",
    async run(kit) {
      const cc = streams(kit);
      const controller = new AbortController();
      const values = cc.stream(kit.stuck, { task: "header", signal: controller.signal });
      assert.deepEqual(await values.next(), { done: false, value: "header" });
      assert.equal(cc.stats().jobs.running, 1);
      controller.abort(new Error("enough"));
      await assert.rejects(values.next(), { message: "enough" });
    },
  },
  {
    name: "process.send is no answer in a handler that yields",
    async run(kit) {
      const cc = streams(kit);
      assert.deepEqual(await all(cc.stream(10, { task: "sends" })), upTo(10));
      await until(() => cc.stats().lost.messages === 10);
    },
  },
  {
    name: "stream ends with its signal's reason though the job has ended, as long as values wait",
    async run(kit) {
      const controller = new AbortController();
      const cc = streams(kit);
      const values = cc.stream(10, { task: "upTo", signal: controller.signal });
      await values.next();
      await until(() => cc.stats().jobs.succeeded === 1);
      controller.abort(new Error("enough"));
      await assert.rejects(values.next(), { message: "enough" });
      assert.deepEqual(await values.next(), { done: true, value: undefined });
    },
  },
  {
    name: "an answer is not looked at by its getters",
    async run(kit) {
      assert.deepEqual(await kit.value(streams(kit), null, { task: "page" }), { text: "page" });
    },
  },
  {
    name: "a job finds nothing of the storages of the job before it",
    async run(kit) {
      const cc = streams(kit, { prefetch: 8, maxBacklog: -1 });
      const jobs = upTo(20).map((at) => kit.value(cc, at, { task: at % 2 ? "finds" : "stores" }));
      assert.deepEqual(await Promise.all(jobs), upTo(20).map((at) => at % 2 ? undefined : at));
    },
  },
  {
    name: "what is marked to be moved is moved with the value",
    async run(kit) {
      const sizes = [10, 200_000];
      const values = await all(streams(kit).stream(sizes, { task: "moved", highWaterMark: 1 }));
      const lengths = values.map((value) => value instanceof Uint8Array ? value.length : value);
      const left = kit.isolation === "thread" ? [0, 0] : sizes;
      assert.deepEqual(lengths, [10, left[0], 200_000, left[1]]);
    },
  },
  {
    name: "what was moved away fails its job alone, as an answer and as a value",
    async run(kit) {
      if (kit.isolation === "process") kit.notHere("processes copy");
      const cc = streams(kit, { concurrency: 2 });
      const file = kit.file("go");
      const beside = all(cc.stream(file, { task: "waits" }));
      assert.deepEqual(await kit.value(cc, null, { task: "movesKept" }), new Uint8Array(8));
      assert.equal((await kit.error(cc, null, { task: "movesKept" }))["code"], "CC_ERR_NOT_CLONEABLE");
      const [values, error] = await untilError(cc.stream(2, { task: "movesTwice" }));
      assert.deepEqual([values.length, error["code"]], [1, "CC_ERR_NOT_CLONEABLE"]);
      kit.write(file);
      assert.deepEqual(await beside, ["first", "second"]);
    },
  },
  {
    name: "what yields nothing can't be streamed, and what yields must be",
    async run(kit) {
      const cc = streams(kit);
      const [, plain] = await untilError(cc.stream(1, { task: "plain" }));
      assert.equal(plain["code"], "CC_ERR_OPTION");
      assert.match(plain.message, /^the task "plain" can't be streamed: its function must be a generator/);
      const text = await untilError(cc.stream("characters", { task: "plain" }));
      assert.equal(text[1]["code"], "CC_ERR_OPTION");
      const yields = await kit.error(cc, { values: [1] });
      assert.equal(yields["code"], "CC_ERR_OPTION");
      assert.match(yields.message, /yields values instead of returning one: use stream\(\)$/);
      const [, contract] = await untilError(kit.cluster("contract.mjs").stream({ op: "echo", value: 1 }));
      assert.equal(contract["code"], "CC_ERR_OPTION");
      const [, missing] = await untilError(cc.stream(1, { task: "nonsense" }));
      assert.match(missing.message, /^task must be a function that the worker module exports/);
    },
  },
  {
    name: "A reader that waits for jobs is not kept waiting by workers that are to be replaced",
    async run(kit) {
      const options = { concurrency: 3, maxBacklog: Infinity };
      const recycled = streams(kit, { ...options, maxJobsPerWorker: 4 });
      const old = streams(kit, { ...options, maxWorkerAge: 20 });
      const renewed = streams(kit, options);
      const read = async (cc: ComputeCluster): Promise<unknown[]> => {
        const answers: unknown[] = [];
        for await (const value of cc.stream(40, { task: "upTo", highWaterMark: 1 })) {
          answers.push(await cc.enqueue(value, { task: "plain" }));
          if (answers.length === 3 && cc === renewed) void cc.renew();
        }
        return answers;
      };
      assert.deepEqual(await Promise.all([recycled, old, renewed].map(read)), [upTo(40), upTo(40), upTo(40)]);
      assert.deepEqual(await Promise.all([read(recycled), read(recycled)]), [upTo(40), upTo(40)]);
      await until(() => [recycled, renewed].every((cc) => cc.stats().recycled > 0));
    },
  },
  {
    name: "stream refuses bad options",
    async run(kit) {
      const cc = streams(kit);
      const refuses = (options: object, message: RegExp): void => {
        assert.throws(() => cc.stream(1, options), { code: "CC_ERR_OPTION", message });
      };
      refuses({ highWaterMark: 0 }, /^highWaterMark must be an integer of at least 1, got 0/);
      refuses({ highWaterMark: Infinity }, /^highWaterMark/);
      refuses({ timeout: -1 }, /^timeout/);
      refuses({ id: "x" }, /"id"/);
      assert.equal(cc.stats().jobs.accepted, 0);
    },
  },
];
