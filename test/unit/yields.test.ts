import { describe, expect, it } from "vitest";
import type { Init, WorkerFrame } from "../../src/core/frame.ts";
import type { Link } from "../../src/worker/link.ts";
import { isIterator, Yields } from "../../src/worker/yields.ts";

/** The values of one job, and the frames that they have left in. */
class Bench {
  readonly frames: WorkerFrame[] = [];
  readonly link: Link = {
    post: (frame) => void this.frames.push(structuredClone(frame)),
    listen() {},
    hold() {},
    leave() {},
    disconnect() {},
  };

  yields(credit: number): Yields {
    return new Yields(this.link, { key: "k" } as Init, 1, credit);
  }

  drain(yields: Yields, result: unknown): Promise<void> {
    return yields.drain(result, () => new Error("nothing"), (_, send) => send(), () => []);
  }

  /** Waits until so many values have left, and whoever would send more has had the time to. */
  async came(count: number): Promise<void> {
    while (this.frames.length < count) await turn();
    for (let turns = 0; turns < 5; turns++) await turn();
  }

  get values(): unknown[] {
    return this.frames.map((frame) => (frame as { value: unknown }).value);
  }
}

function* upTo(count: number): Generator<number> {
  for (let value = 0; value < count; value++) yield value;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("Yields", () => {
  it("Yields sends each value before the iterator goes on, whatever it is", async () => {
    const bench = new Bench();
    const sent: number[] = [];
    const values = [1, 2n, undefined, new Map()];
    function* iterate(): Generator<unknown> {
      for (const value of values) {
        yield value;
        sent.push(bench.frames.length);
      }
    }
    await bench.drain(bench.yields(Infinity), iterate());
    expect([bench.values, sent]).toEqual([values, [1, 2, 3, 4]]);
  });

  it("Yields closes the iterator if a promise that it yields is rejected", async () => {
    const bench = new Bench();
    let closed = false;
    function* rejects(): Generator<unknown> {
      try {
        yield 1;
        yield Promise.reject(new Error("no value"));
      } finally {
        closed = true;
      }
    }
    await expect(bench.drain(bench.yields(5), rejects())).rejects.toThrow("no value");
    expect([bench.values, closed]).toEqual([[1], true]);
  });

  it("Yields says what is wrong with an iterator that gives no object", async () => {
    const bad = { [Symbol.iterator]: () => ({ next: () => undefined }) };
    await expect(new Bench().drain(new Bench().yields(5), bad)).rejects.toThrow("must give an object, gave undefined");
  });

  it("Yields goes no further than is wanted, value by value", async () => {
    const bench = new Bench();
    const yields = bench.yields(3);
    const ended = bench.drain(yields, upTo(7));
    await bench.came(3);
    expect(bench.values).toEqual([0, 1, 2]);
    yields.more(1);
    yields.more(1);
    await bench.came(5);
    expect(bench.values).toEqual([0, 1, 2, 3, 4]);
    yields.more(10);
    await ended;
    expect(bench.values).toHaveLength(7);
  });

  it.each([0, 3])("Yields.stop closes the iterator, whether it waits or not (credit %i)", async (credit) => {
    const bench = new Bench();
    const yields = bench.yields(credit);
    let closed = 0;
    const endless = {
      [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }), return: () => ({ done: ++closed > 0 }) }),
    };
    const ended = bench.drain(yields, endless);
    await turn();
    yields.stop();
    await ended;
    expect(closed).toBe(1);
  });

  it("Yields.stop closes an iterator that is promised later", async () => {
    const bench = new Bench();
    const yields = bench.yields(3);
    let closed = 0;
    let resolve: (late: unknown) => void = () => {};
    const ended = bench.drain(yields, new Promise((come) => resolve = come));
    yields.stop();
    resolve({ [Symbol.asyncIterator]: () => ({ next: () => ({}), return: () => Promise.resolve(++closed) }) });
    await ended;
    expect([closed, bench.frames]).toEqual([1, []]);
  });

  it("Yields closes the iterator if a value can't be sent, and rejects with why", async () => {
    const bench = new Bench();
    let closed = false;
    function* bad(): Generator<unknown> {
      try {
        yield () => {};
      } finally {
        closed = true;
      }
    }
    await expect(bench.drain(bench.yields(2), bad())).rejects.toMatchObject({ name: "DataCloneError" });
    expect(closed).toBe(true);
  });

  it.each([1, "text", null, {}])("Yields rejects with the given error for %j, which yields nothing", async (result) => {
    const bench = new Bench();
    await expect(bench.drain(bench.yields(2), result)).rejects.toThrow("nothing");
  });

  it("isIterator knows generators from values", () => {
    async function* slowly(): AsyncGenerator<number> {}
    expect([upTo(1), slowly(), [].values()].map(isIterator)).toEqual([true, true, true]);
    expect([[], "text", null, { next: () => {} }, new Map(), 3].map(isIterator)).toEqual(Array(6).fill(false));
  });
});
