/** `map`: a source of items in, results out. */

import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { Readable } from "node:stream";
import type { Case, Contract } from "../case.ts";
import { type Kit, until } from "../kit.ts";

const WORKERS: readonly Contract[] = ["handler.mjs", "contract.mjs", "contract.cjs"];

const echo = (value: unknown): { op: string; value: unknown } => ({ op: "echo", value });

function* echoes(count: number): Generator<unknown> {
  for (let value = 0; value < count; value++) yield echo(value);
}

async function* slowly(items: Iterable<unknown>): AsyncGenerator<unknown> {
  for (const item of items) {
    await new Promise((resolve) => setImmediate(resolve));
    yield item;
  }
}

/** Whatever can be mapped. */
const SOURCES: Readonly<Record<string, (count: number) => Iterable<unknown> | AsyncIterable<unknown>>> = {
  "an array": (count) => [...echoes(count)],
  "an array of promises": (count) => [...echoes(count)].map((item) => Promise.resolve(item)),
  "a set": (count) => new Set(echoes(count)),
  "a generator": echoes,
  "an async generator": (count) => slowly(echoes(count)),
  "a stream of the web's": (count) => ReadableStream.from(echoes(count)),
  "a stream of Node's": (count) => Readable.from(echoes(count)),
};

async function all<R>(results: AsyncIterable<R>): Promise<R[]> {
  const list: R[] = [];
  for await (const result of results) list.push(result);
  return list;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** Jobs that hold on until the file is there. */
const waiting = (kit: Kit, value: unknown): unknown => ({ op: "wait", file: kit.file("go"), value });

export const mapping: Case[] = [
  ...Object.entries(SOURCES).map(([what, source]): Case => ({
    name: `map runs a job for each item of ${what}, and gives the results in order`,
    async run(kit) {
      for (const worker of WORKERS) {
        assert.deepEqual(await all(kit.cluster(worker).map(source(300))), upTo(300), worker);
      }
      assert.deepEqual(await all(kit.cluster("handler.mjs").map(source(0))), []);
    },
  })),
  {
    name: "map gives results as the jobs end, if order does not matter",
    async run(kit) {
      const items = [waiting(kit, "first"), ...echoes(40)];
      const seen: unknown[] = [];
      for await (const result of kit.cluster("handler.mjs").map(items, { ordered: false })) {
        seen.push(result);
        if (seen.length === 40) kit.write(kit.file("go"));
      }
      assert.equal(seen.at(-1), "first");
      assert.deepEqual(seen.slice(0, 40).sort((a, b) => Number(a) - Number(b)), upTo(40));
    },
  },
  {
    name: "map runs a task, with its own timeout",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      assert.deepEqual(await all(cc.map([1, 2, 3], { task: "double" })), [2, 4, 6]);
      const late = cc.map([10_000], { task: "patient", timeout: 50 });
      await assert.rejects(all(late), { code: "CC_ERR_TIMEOUT", limit: 50 });
    },
  },
  {
    name: "map ends with the first error, as thrown, and closes the source",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      let closed = 0;
      function* source(): Generator<unknown> {
        try {
          yield echo("before");
          yield { op: "throw", what: "subclass" };
          for (;;) yield echo("after");
        } finally {
          closed++;
        }
      }
      const results = cc.map(source());
      assert.deepEqual(await results.next(), { done: false, value: "before" });
      await assert.rejects(results.next(), { name: "InputError", field: "born" });
      assert.deepEqual(await results.next(), { done: true, value: undefined });
      assert.equal(closed, 1);
      assert.equal(await kit.value(cc, echo("goes on")), "goes on");
    },
  },
  {
    name: "map tells how every job ended, if asked to, lost workers included",
    async run(kit) {
      const items = [echo(0), { op: "throw", what: "null" }, { op: "exit", code: 7 }, echo(3), { op: "nonsense" }];
      const results = await all(kit.cluster("handler.mjs").map(items, { onError: "yield" }));
      assert.deepEqual(results.map(({ index }) => index), upTo(5));
      assert.deepEqual(results.map(({ status }) => status === "fulfilled"), [true, false, false, true, false]);
      const reasons = results.map((result) => result.status === "rejected" ? result.reason : null);
      assert.equal(reasons[1], null);
      assert.equal((reasons[2] as { code: unknown }).code, "CC_ERR_WORKER_EXIT");
    },
  },
  {
    name: "maps and other jobs don't hold one another up, whatever the backlog may be",
    async run(kit) {
      for (const maxBacklog of [0, 1, undefined]) {
        const cc = kit.cluster("handler.mjs", { maxBacklog });
        const over = new AbortController();
        const endless = (function* () {
          while (!over.signal.aborted) yield echo("endless");
        })();
        const background = all(cc.map(endless, { concurrency: 64 }));
        const maps = [1, 2, 3].map(() => all(cc.map(slowly(echoes(50)), { concurrency: 16 })));
        for (const results of await Promise.all(maps)) assert.deepEqual(results, upTo(50));
        if (maxBacklog === undefined) {
          for (let i = 0; i < 20; i++) assert.equal(await kit.value(cc, echo(i)), i);
        }
        over.abort();
        await background;
        assert.equal(cc.stats().jobs.refused, 0);
      }
    },
  },
  {
    name: "map ends when the cluster is closed, after what it has taken",
    async run(kit) {
      for (const onError of ["throw", "yield"] as const) {
        const cc = kit.cluster("handler.mjs", { maxBacklog: 0 });
        const endless = (function* () {
          for (;;) yield echo("endless");
        })();
        const ended = assert.rejects(all(cc.map(endless, { onError, concurrency: 8 })), { code: "CC_ERR_CLOSED" });
        await until(() => cc.stats().jobs.succeeded > 10);
        await cc.close();
        await ended;
      }
    },
  },
  {
    name: "map that waits for its source ends when the cluster exits, after what was ready, and reads no more",
    async run(kit) {
      for (const onError of ["throw", "yield"] as const) {
        const cc = kit.cluster("handler.mjs");
        let read = 0;
        let closed = false;
        const source = {
          [Symbol.asyncIterator]: () => ({
            next: () =>
              ++read <= 2 ? Promise.resolve({ done: false, value: echo(read) }) : new Promise<never>(() => {}),
            return: () => Promise.resolve({ done: true, value: closed = true }),
          }),
        };
        const results = cc.map(source, { onError });
        const values = [await results.next(), await results.next()];
        assert.equal(values.every(({ done }) => !done), true);
        const next = assert.rejects(results.next(), { code: "CC_ERR_CLOSED" });
        await cc.exit();
        await next;
        assert.deepEqual([read, closed, await results.next()], [3, true, { done: true, value: undefined }]);
        // Begun too late, it reads nothing, also where it is the first.
        const other = kit.cluster("handler.mjs");
        await other.exit();
        await assert.rejects(other.map(source, { onError }).next(), { code: "CC_ERR_CLOSED" });
        await assert.rejects(cc.map(source, { onError }).next(), { code: "CC_ERR_CLOSED" });
        assert.equal(read, 3);
      }
    },
  },
  {
    name: "map does not read on while nobody takes results",
    async run(kit) {
      let read = 0;
      function* counted(): Generator<unknown> {
        for (const item of echoes(1e6)) {
          read++;
          yield item;
        }
      }
      const cc = kit.cluster("handler.mjs");
      const results = cc.map(counted(), { concurrency: 10 });
      assert.deepEqual(await results.next(), { done: false, value: 0 });
      await until(() => cc.stats().jobs.succeeded === 11);
      assert.equal(read, 11);
      await results.return();
      assert.equal(cc.stats().jobs.accepted, 11);
    },
  },
  {
    name: "leaving the loop cancels what waits and what runs, and closes the source",
    needs: "kill",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      let closed = false;
      async function* source(): AsyncGenerator<unknown> {
        try {
          yield echo("first");
          for (;;) yield { op: "spin", file: kit.file("pids") };
        } finally {
          closed = true;
        }
      }
      for await (const result of cc.map(source(), { concurrency: 8 })) {
        assert.equal(result, "first");
        await until(() => kit.lines(kit.file("pids")).length > 0);
        break;
      }
      assert.ok(closed);
      const { waiting, running } = cc.stats().jobs;
      assert.deepEqual([waiting, running], [0, 0]);
      assert.equal(await kit.value(cc, echo("next")), "next");
    },
  },
  {
    name: "leaving the loop does not wait for a source that gives nothing",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      const silent = new ReadableStream({ start: (controller) => controller.enqueue(echo("only")) });
      for await (const result of cc.map(silent)) {
        assert.equal(result, "only");
        break;
      }
      assert.equal(silent.locked, false);
      const readable = new Readable({ objectMode: true, read() {} });
      readable.push(echo("only"));
      for await (const result of cc.map(readable)) {
        assert.equal(result, "only");
        break;
      }
      assert.ok(readable.destroyed);
      const unread = Readable.from(echoes(10));
      await cc.map(unread).return();
      assert.ok(unread.destroyed);
    },
  },
  {
    name: "map ends when its signal is aborted, and with the cluster",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      const controller = new AbortController();
      const aborted = all(cc.map([waiting(kit, 1), echo(2)], { signal: controller.signal }));
      await until(() => cc.stats().jobs.running > 0);
      controller.abort(new Error("enough"));
      await assert.rejects(aborted, { message: "enough" });
      const cut = assert.rejects(all(cc.map([waiting(kit, 1), echo(2)])), { code: "CC_ERR_CLOSED" });
      await until(() => cc.stats().jobs.running > 0);
      await cc.exit();
      await cut;
      await assert.rejects(all(cc.map([1])), { code: "CC_ERR_CLOSED" });
    },
  },
  {
    name: "map reads its source in the context in which it was called",
    async run(kit) {
      const storage = new AsyncLocalStorage<string>();
      const seen = new Set<unknown>();
      function* source(): Generator<unknown> {
        for (const item of echoes(50)) {
          seen.add(storage.getStore());
          yield item;
        }
      }
      const cc = kit.cluster("handler.mjs");
      const results = storage.run("caller", () => cc.map(source()));
      await storage.run("elsewhere", () => all(results));
      assert.deepEqual([...seen], ["caller"]);
    },
  },
  {
    name: "map throws at once for what is no source, and for options that are none",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      const { length } = [undefined, null, 1, {}].map((source) =>
        assert.throws(() => cc.map(source as never), { code: "CC_ERR_OPTION", message: /^source must be an iterable/ })
      );
      assert.equal(length, 4);
      assert.throws(() => cc.map([], { concurrency: 0 }), { code: "CC_ERR_OPTION", message: /^concurrency must be/ });
      assert.throws(() => cc.map([], { sorted: true } as never), { message: /must not have an option "sorted"/ });
    },
  },
];
