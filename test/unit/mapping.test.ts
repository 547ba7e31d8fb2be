import { assert, asyncProperty, boolean, constantFrom, integer, record } from "fast-check";
import { describe, expect, it } from "vitest";
import type { JobHandle, JobRequest, Outcome } from "../../src/core/engine.ts";
import { ClusterError } from "../../src/core/errors.ts";
import { checkMap, type MapResult } from "../../src/map-options.ts";
import { Mapping } from "../../src/mapping.ts";
import { type Item, sourceOf } from "../../src/source.ts";

/** A job that the test ends. */
interface Submitted {
  readonly args: unknown;
  end(outcome: Outcome): void;
  cancelled: boolean;
}

/** A cluster whose jobs the test ends, and a map on it. */
class Bench {
  readonly jobs: Submitted[] = [];
  readonly exit = new AbortController();
  hungry = false;
  map<R = unknown>(items: unknown, options?: object, slots = 2): Mapping<R> {
    return new Mapping<R>(checkMap(options, Infinity), {
      open: sourceOf(items),
      submit: (request, done) => this.#submit(request, done),
      slots,
      call: (call) => call(),
      isHungry: () => this.hungry,
      exited: this.exit.signal,
    });
  }

  #submit({ args }: JobRequest, done: (outcome: Outcome) => void): JobHandle {
    let ended = false;
    const end = (outcome: Outcome): void => {
      if (ended) throw new Error(`job ${args} ended twice`);
      ended = true;
      done(outcome);
    };
    const job: Submitted = { args, end, cancelled: false };
    this.jobs.push(job);
    return {
      id: String(args),
      more() {},
      takeBack() {},
      cancel: (error) => {
        job.cancelled = true;
        queueMicrotask(() => end({ ok: false, error }));
      },
    };
  }

  get args(): unknown[] {
    return this.jobs.map(({ args }) => args);
  }

  /** The job of these arguments that has not ended. */
  answer(args: unknown, value: unknown = `of ${args}`): void {
    this.jobs.find((job) => job.args === args)?.end({ ok: true, value });
  }

  fail(args: unknown, error: unknown): void {
    this.jobs.findLast((job) => job.args === args)?.end({ ok: false, error });
  }
}

/** Numbers from 0, and what was done to whoever gives them. */
class Numbers implements AsyncIterator<number> {
  read = 0;
  closed = 0;
  readonly #count: number;

  constructor(count = Infinity) {
    this.#count = count;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<number>> {
    if (this.read === this.#count) return Promise.resolve({ done: true, value: undefined });
    return Promise.resolve({ done: false, value: this.read++ });
  }

  return(): Promise<IteratorResult<number>> {
    this.closed++;
    return Promise.resolve({ done: true, value: undefined });
  }
}

/** All microtasks that are due have run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const done = { done: true, value: undefined };
const item = (value: unknown): unknown => ({ done: false, value });

describe("map", () => {
  it("waits for its source where a program has put another class in the place of Promise", async () => {
    const bench = new Bench();
    const { Promise: own } = globalThis;
    globalThis.Promise = class Other<T> extends own<T> {} as PromiseConstructor;
    try {
      const map = bench.map((async function* () {
        yield* [1, 2];
      })());
      const first = map.next();
      await new own((resolve) => setImmediate(resolve));
      expect(bench.args).toEqual([1, 2]);
      bench.answer(1);
      expect(await first).toEqual({ done: false, value: "of 1" });
      bench.answer(2);
      expect([await map.next(), await map.next()]).toEqual([{ done: false, value: "of 2" }, {
        done: true,
        value: undefined,
      }]);
    } finally {
      globalThis.Promise = own;
    }
  });

  it("reads nothing, and runs nothing, before the first result is asked for", async () => {
    const bench = new Bench();
    const numbers = new Numbers();
    const map = bench.map(numbers);
    await settled();
    expect([numbers.read, bench.jobs]).toEqual([0, []]);
    // What was opened for it is not left open.
    expect(await map.return()).toEqual(done);
    expect(await map.next()).toEqual(done);
    expect([numbers.read, numbers.closed]).toEqual([0, 1]);
  });

  it("has no more items on their way than was said, results that were not taken included", async () => {
    const bench = new Bench();
    const numbers = new Numbers();
    const map = bench.map(numbers, { concurrency: 3 });
    const first = map.next();
    await settled();
    expect(bench.args).toEqual([0, 1, 2]);
    bench.answer(1);
    bench.answer(2);
    await settled();
    expect(numbers.read).toBe(3);
    bench.answer(0);
    expect(await first).toEqual(item("of 0"));
    await settled();
    expect(bench.args).toEqual([0, 1, 2, 3]);
    await map.return();
  });

  it("has two for each worker on their way, and more only when workers would wait and results are taken", async () => {
    const bench = new Bench();
    const map = bench.map(new Numbers(), { ordered: false });
    void map.next();
    await settled();
    expect(bench.jobs).toHaveLength(4);
    // Nobody waits.
    bench.answer(0);
    void map.next();
    await settled();
    expect(bench.jobs).toHaveLength(5);
    bench.hungry = true;
    bench.answer(1);
    void map.next();
    await settled();
    expect(bench.jobs.length).toBe(2 + 8);
    // Results that nobody takes are no reason.
    for (let at = 2; at < 10; at++) bench.answer(at);
    await settled();
    expect(bench.jobs.length).toBeLessThanOrEqual(3 + 16);
    await map.return();
  });

  it("gives results in the order of the items, or as jobs end", async () => {
    for (const [ordered, order] of [[true, [0, 1, 2]], [false, [2, 0, 1]]] as const) {
      const bench = new Bench();
      const map = bench.map([0, 1, 2], { ordered });
      const results = [map.next(), map.next(), map.next(), map.next()];
      await settled();
      for (const args of [2, 0, 1]) bench.answer(args);
      expect(await Promise.all(results)).toEqual([...order.map((args) => item(`of ${args}`)), done]);
    }
  });

  it("ends with the first error, after the results before it, and cancels what is behind it", async () => {
    const bench = new Bench();
    const numbers = new Numbers();
    const map = bench.map(numbers, { concurrency: 4 });
    const results = [map.next(), map.next(), map.next()];
    await settled();
    bench.fail(1, new Error("no"));
    await settled();
    expect(bench.jobs.map(({ cancelled }) => cancelled)).toEqual([false, false, true, true]);
    expect([numbers.read, numbers.closed]).toEqual([4, 1]);
    bench.answer(0);
    expect(await results[0]).toEqual(item("of 0"));
    await expect(results[1]).rejects.toThrow("no");
    expect(await results[2]).toEqual(done);
    expect(await map.next()).toEqual(done);
    expect(numbers.closed).toBe(1);
  });

  it("ends with the error of an earlier item, though a later one has failed before", async () => {
    const bench = new Bench();
    const map = bench.map(new Numbers(), { concurrency: 3 });
    const results = [map.next(), map.next()];
    await settled();
    bench.fail(2, new Error("late"));
    bench.fail(0, new Error("early"));
    await expect(results[0]).rejects.toThrow("early");
    expect(await results[1]).toEqual(done);
    await settled();
    expect(bench.jobs[1]?.cancelled).toBe(true);
  });

  it("ends with what the source throws, which is not closed then", async () => {
    for (const onError of ["throw", "yield"]) {
      const bench = new Bench();
      let closed = false;
      const source = {
        *[Symbol.iterator]() {
          try {
            yield 0;
            throw new Error("empty");
          } finally {
            closed = true;
          }
        },
      };
      const map = bench.map(source, { onError });
      const results = [map.next(), map.next(), map.next()];
      await settled();
      bench.answer(0);
      expect((await results[0])?.done).toBe(false);
      await expect(results[1]).rejects.toThrow("empty");
      expect(await results[2]).toEqual(done);
      expect(closed).toBe(true);
    }
  });

  it("tells how each job ended, when asked to", async () => {
    const bench = new Bench();
    const map = bench.map<MapResult<unknown>>([0, 1], { onError: "yield", ordered: false });
    const results = [map.next(), map.next(), map.next()];
    await settled();
    bench.fail(1, "no");
    bench.answer(0);
    expect(await Promise.all(results)).toEqual([
      item({ status: "rejected", reason: "no", index: 1 }),
      item({ status: "fulfilled", value: "of 0", index: 0 }),
      done,
    ]);
  });

  it("lets go of everything when the loop is left", async () => {
    const bench = new Bench();
    const numbers = new Numbers();
    const loop = (async () => {
      for await (const result of bench.map(numbers, { concurrency: 2 })) return result;
    })();
    await settled();
    bench.answer(0);
    expect(await loop).toBe("of 0");
    expect(bench.jobs.filter(({ cancelled }) => cancelled)).toHaveLength(bench.jobs.length - 1);
    expect(numbers.closed).toBe(1);
    const { read } = numbers;
    await settled();
    expect(numbers.read).toBe(read);
  });

  it("does not wait for a source that has nothing to give when the loop is left", async () => {
    const bench = new Bench();
    let destroyed = false;
    const silent = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: () => new Promise<never>(() => {}),
      }),
      // As a stream of Node's.
      destroy: () => destroyed = true,
      pipe() {},
      readableEnded: false,
    };
    const map = bench.map(silent);
    const result = map.next();
    await settled();
    expect(await map.return()).toEqual(done);
    expect(await result).toEqual(done);
    expect(destroyed).toBe(true);
  });

  it("cancels the read under way of a stream, and gives it back", async () => {
    const bench = new Bench();
    let cancelled = false;
    const stream = new ReadableStream({ cancel: () => void (cancelled = true) });
    const map = bench.map(stream);
    const result = map.next();
    await settled();
    expect(await map.return()).toEqual(done);
    expect(await result).toEqual(done);
    expect([cancelled, stream.locked]).toEqual([true, false]);
  });

  it("rejects with what the source throws as it is closed, where nothing else has", async () => {
    const bench = new Bench();
    const source = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: 0 }),
        return: () => {
          throw new Error("stuck");
        },
      }),
    };
    const map = bench.map(source);
    void map.next();
    await expect(map.return()).rejects.toThrow("stuck");
    const other = new Bench();
    const result = other.map(source).next();
    other.jobs[0]?.end({ ok: false, error: new Error("first") });
    await expect(result).rejects.toThrow("first");
  });

  it("awaits items that are promises, and ends with one that is rejected", async () => {
    const bench = new Bench();
    const map = bench.map([Promise.resolve(0), Promise.reject(new Error("none"))]);
    const results = [map.next(), map.next()];
    await settled();
    expect(bench.args).toEqual([0]);
    bench.answer(0);
    expect(await results[0]).toEqual(item("of 0"));
    await expect(results[1]).rejects.toThrow("none");
  });

  it("ends when the cluster is closed, though errors are results", async () => {
    const bench = new Bench();
    const numbers = new Numbers();
    const map = bench.map(numbers, { onError: "yield" });
    const results = [map.next(), map.next()];
    await settled();
    bench.fail(0, new ClusterError("CC_ERR_CLOSED", "closed"));
    await expect(results[0]).rejects.toMatchObject({ code: "CC_ERR_CLOSED" });
    expect(await results[1]).toEqual(done);
    expect(numbers.closed).toBe(1);
  });

  it("ends when its signal is aborted, before, meanwhile, and when nobody waits", async () => {
    const reason = new Error("enough");
    for (const when of ["before", "meanwhile", "unawaited"]) {
      const bench = new Bench();
      const numbers = new Numbers();
      const controller = new AbortController();
      if (when === "before") controller.abort(reason);
      const map = bench.map(numbers, { signal: controller.signal, onError: "yield" });
      const first = map.next();
      first.catch(() => {});
      await settled();
      if (when === "unawaited") {
        bench.answer(0);
        await first;
      }
      controller.abort(reason);
      await expect(when === "unawaited" ? map.next() : first).rejects.toBe(reason);
      expect(await map.next()).toEqual(done);
      expect(bench.jobs.slice(1).every(({ cancelled }) => cancelled)).toBe(true);
      expect(numbers.closed).toBe(1);
    }
  });

  it("refuses what is no source, and what are no options", () => {
    const bench = new Bench();
    for (const source of [undefined, null, 5, {}, () => {}, "abc"]) {
      expect(() => bench.map(source)).toThrow("source must be an iterable, an async iterable or a ReadableStream, got");
    }
    for (
      const options of [null, [], { concurrency: 0 }, { concurrency: 1.5 }, { ordered: 1 }, { onError: "skip" }, {
        id: "a",
      }]
    ) {
      expect(() => bench.map([], options as object)).toThrow(expect.objectContaining({ code: "CC_ERR_OPTION" }));
    }
  });

  it("gives the results of all items before what the source throws, in any order", async () => {
    for (const ordered of [true, false]) {
      const bench = new Bench();
      const source = (function* () {
        yield* [0, 1];
        throw new Error("empty");
      })();
      const map = bench.map(source, { ordered });
      const results = [map.next(), map.next(), map.next(), map.next()];
      await settled();
      bench.answer(1);
      bench.answer(0);
      const values = await Promise.all(results.slice(0, 2));
      expect(values.map((one) => (one as { value: unknown }).value).sort()).toEqual(["of 0", "of 1"]);
      await expect(results[2]).rejects.toThrow("empty");
      expect(await results[3]).toEqual(done);
    }
  });

  it("closes a source that ends the map while it is read, once it has been", async () => {
    for (const way of ["abort", "return"]) {
      const bench = new Bench();
      let closed = 0;
      const controller = new AbortController();
      const source = function* (): Generator<number> {
        try {
          yield 0;
          if (way === "abort") controller.abort(new Error("enough"));
          else void map.return();
          yield 1;
          yield 2;
        } finally {
          closed++;
        }
      };
      const map = bench.map(source(), { signal: controller.signal });
      const first = map.next();
      if (way === "abort") await expect(first).rejects.toThrow("enough");
      else expect(await first).toEqual(done);
      expect([closed, bench.args]).toEqual([1, [0]]);
    }
  });

  it("is opened once, whatever a source does as it is opened", async () => {
    const bench = new Bench();
    let opened = 0;
    const source = {
      [Symbol.iterator]() {
        opened++;
        void map.next();
        return [0, 1][Symbol.iterator]();
      },
    };
    const map: Mapping<unknown> = bench.map(source);
    const result = map.next();
    await settled();
    bench.answer(0);
    bench.answer(1);
    expect(await result).toEqual(item("of 0"));
    expect(opened).toBe(1);
    const ended: Mapping<unknown> = bench.map({
      [Symbol.iterator]() {
        void ended.return();
        return [0, 1][Symbol.iterator]();
      },
    });
    expect(await ended.next()).toEqual(done);
    expect(bench.jobs).toHaveLength(2);
  });

  it("closes whatever has an odd way to close, and once", async () => {
    for (
      const end of [() => 5, () => {
        throw new Error("odd");
      }, undefined]
    ) {
      const bench = new Bench();
      const source = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), return: end }) };
      const map = bench.map(source);
      void map.next();
      await settled();
      expect(await map.return()).toEqual(done);
      expect(await map.return()).toEqual(done);
    }
  });

  it("leaves what is no stream of Node's undestroyed", async () => {
    const bench = new Bench();
    let destroyed = false;
    const client = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
      destroy: () => destroyed = true,
    };
    const map = bench.map(client);
    void map.next();
    await map.return();
    expect(destroyed).toBe(false);
  });

  it("resolves every return only when the source is closed", async () => {
    const bench = new Bench();
    let close = (): void => {};
    const numbers = new Numbers();
    numbers.return = () => new Promise((resolve) => close = () => resolve({ done: true, value: undefined }));
    const map = bench.map(numbers, { concurrency: 1 });
    void map.next();
    await settled();
    const ended: number[] = [];
    const both = [1, 2].map((which) => map.return().then(() => ended.push(which)));
    await settled();
    expect(ended).toEqual([]);
    close();
    await Promise.all(both);
  });

  it("gives a stream that fails back", async () => {
    const bench = new Bench();
    const stream = new ReadableStream({
      pull: (controller) => controller.error(new Error("cut")),
    });
    await expect(bench.map(stream).next()).rejects.toThrow("cut");
    expect(stream.locked).toBe(false);
  });

  it("ends with an item that is rejected, whatever its source throws then", async () => {
    const bench = new Bench();
    const source = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: Promise.reject(new Error("item")) }),
        return: () => {
          throw new Error("close");
        },
      }),
    };
    await expect(bench.map(source).next()).rejects.toThrow("item");
  });

  it("ends with an error when its source gives what is no result", async () => {
    for (const result of [5, null, undefined]) {
      const source = { [Symbol.iterator]: () => ({ next: () => result }) };
      await expect(new Bench().map(source).next()).rejects.toThrow(TypeError);
      const later = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(result) }) };
      await expect(new Bench().map(later).next()).rejects.toThrow(TypeError);
    }
  });

  it("reads no more when the cluster exits, and ends after what it has read", async () => {
    const bench = new Bench();
    let open = true;
    function* numbers(): Generator<number> {
      try {
        for (let n = 0;; n++) yield n;
      } finally {
        open = false;
      }
    }
    const map = bench.map(numbers(), { concurrency: 2 });
    const first = map.next();
    expect([bench.args, open]).toEqual([[0, 1], true]);
    bench.exit.abort(new Error("exited"));
    expect(open).toBe(false);
    bench.answer(0);
    bench.answer(1);
    expect([await first, await map.next()]).toEqual([item("of 0"), item("of 1")]);
    await expect(map.next()).rejects.toThrow("exited");
    expect([await map.next(), bench.args]).toEqual([done, [0, 1]]);
  });

  it("listens to its signal no longer than something can come", async () => {
    const bench = new Bench();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...of: Parameters<typeof add>) => (listeners++, add(...of));
    signal.removeEventListener = (...of: Parameters<typeof remove>) => (listeners--, remove(...of));
    const map = bench.map([0], { signal });
    const result = map.next();
    expect(listeners).toBe(1);
    bench.answer(0);
    expect(await result).toEqual(item("of 0"));
    expect(listeners).toBe(0);
  });

  it("gives one result for each item, whatever the order of events (property)", async () => {
    const plan = record({
      count: integer({ min: 0, max: 30 }),
      concurrency: integer({ min: 1, max: 8 }),
      ordered: boolean(),
      seed: integer(),
      source: constantFrom("sync", "async", "stream"),
    });
    await assert(
      asyncProperty(plan, async ({ count, concurrency, ordered, seed, source }) => {
        const bench = new Bench();
        const all = Array.from({ length: count }, (_, at) => at);
        const items = { sync: () => all, async: () => new Numbers(count), stream: () => streamOf(all) }[source]();
        const map = bench.map<MapResult<unknown>>(items, { concurrency, ordered, onError: "yield" });
        const taken: MapResult<unknown>[] = [];
        const loop = (async () => {
          for await (const one of map) taken.push(one);
        })();
        let state = seed >>> 0;
        const open = new Set<Submitted>();
        let seen = 0;
        const ended: number[] = [];
        while (ended.length < count) {
          await settled();
          while (seen < bench.jobs.length) open.add(bench.jobs[seen++] as Submitted);
          expect(open.size).toBeLessThanOrEqual(concurrency);
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          const job = [...open][state % open.size] as Submitted;
          open.delete(job);
          ended.push(job.args as number);
          job.end((state & 4096) > 0 ? { ok: true, value: job.args } : { ok: false, error: job.args });
        }
        await loop;
        expect(taken.map((one) => one.index)).toEqual(ordered ? all : ended);
        for (const one of taken) expect(one.status === "fulfilled" ? one.value : one.reason).toBe(one.index);
      }),
    );
  });
});

function streamOf(items: readonly unknown[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const each of items) controller.enqueue(each);
      controller.close();
    },
  });
}

describe("a source", () => {
  it("is read one item at a time", async () => {
    let reads = 0;
    const source = sourceOf({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: ++reads > 2, value: reads }) }),
    })();
    const items: Item[] = [await source.next(), await source.next(), await source.next()];
    expect(items).toEqual([{ done: false, value: 1 }, { done: false, value: 2 }, { done: true }]);
    await source.close();
  });
});
