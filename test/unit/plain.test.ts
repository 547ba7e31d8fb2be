import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyPlain, isJson, NOT_PLAIN } from "../../src/wire/plain.ts";

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withNullPrototype: true,
  withBoxedValues: true,
});

/** The kinds of values that are easily taken for plain. */
const ODD: Readonly<Record<string, () => unknown>> = {
  "a class's object": () =>
    new (class A {
      x = 1;
    })(),
  "an array with a hole": () => [1, , 3], // deno-lint-ignore-line no-sparse-arrays
  "an array with a name of its own": () => Object.assign([1, 2], { name: "x" }),
  "an array with a hole and a name": () => Object.assign([1, , 3], { name: "x" }), // deno-lint-ignore-line no-sparse-arrays
  "a proxy": () => new Proxy({ a: 1 }, {}),
  "an object that occurs twice": () => {
    const twice = { a: 1 };
    return [twice, twice];
  },
  "a cycle": () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    return cycle;
  },
  "a function inside": () => ({ list: [{ f() {} }] }),
  "a symbol": () => Symbol("s"),
  "a Map": () => new Map(),
  "a view": () => new Uint8Array(3),
  "an Error": () => new Error("e"),
};

describe("copyPlain", () => {
  it("copyPlain copies as structured clone does, or says that it doesn't (property)", () => {
    fc.assert(fc.property(anything, (value) => {
      const copy = copyPlain(value);
      if (copy === NOT_PLAIN) return;
      expect(isDeepStrictEqual(copy, structuredClone(value))).toBe(true);
    }));
  });

  it("copyPlain keeps what JSON loses", () => {
    const value = { a: undefined, b: NaN, c: -0, d: 1n, e: [undefined, Infinity], f: "\ud800", "": 0 };
    expect(isDeepStrictEqual(copyPlain(value), value)).toBe(true);
  });

  it("copyPlain shares nothing with what it copies", () => {
    const value = { list: [{ n: 1 }] };
    const copy = copyPlain(value) as typeof value;
    value.list[0]!.n = 2;
    value.list.push({ n: 3 });
    expect(copy).toEqual({ list: [{ n: 1 }] });
  });

  it.each(Object.entries(ODD))("copyPlain leaves %s to the transport", (_what, make) => {
    expect([copyPlain(make()), copyPlain({ inside: [make()] })]).toEqual([NOT_PLAIN, NOT_PLAIN]);
  });

  it.each([
    ["many values", () => Array(65).fill(1)],
    ["a long string", () => ({ text: "x".repeat(5_000) })],
    ["something deep", () => JSON.parse("[".repeat(70) + "]".repeat(70))],
    ["an own __proto__", () => JSON.parse('{"__proto__": 1}')],
  ])("copyPlain leaves %s to the transport", (_what, make) => {
    expect(copyPlain(make())).toBe(NOT_PLAIN);
  });

  it("copyPlain throws what a getter throws", () => {
    const value = {
      get broken(): never {
        throw new RangeError("broken");
      },
    };
    expect(() => copyPlain(value)).toThrow(RangeError);
  });
});

describe("isJson", () => {
  it("isJson says yes only to what JSON carries as structured clone does (property)", () => {
    fc.assert(fc.property(anything, (value) => {
      if (!isJson(value)) return;
      expect(isDeepStrictEqual(JSON.parse(JSON.stringify(value)), structuredClone(value))).toBe(true);
    }));
  });

  it("isJson says yes to what most jobs are", () => {
    const list = Array.from({ length: 1_000 }, () => ({ a: 1.5 }));
    expect(isJson({ id: 7, name: "x", tags: ["a", "b"], nested: { ok: true, none: null }, list })).toBe(true);
  });

  it.each([
    ["undefined", () => ({ a: undefined })],
    ["NaN", () => [NaN]],
    ["-0", () => -0],
    ["a bigint", () => 1n],
    ["toJSON", () => ({ toJSON: () => 1 })],
    ["a very long string", () => "x".repeat(100_000)],
    ["many strings", () => Array(100).fill("x".repeat(1_000))],
    ["long keys", () => Object.fromEntries(Array.from({ length: 100 }, (_, n) => [String(n).padEnd(1_000), n]))],
    ["a getter, which may give something else when it is read again", () => ({
      get a() {
        return 1;
      },
    })],
    ["very many values", () => Array(20_000).fill(1)],
    ...Object.entries(ODD),
  ])("isJson says no to %s", (_what, make) => {
    expect([isJson(make()), isJson({ inside: [make()] })]).toEqual([false, false]);
  });

  it("isJson does not read the keys of what is not plain: those of a large array would take half a minute", () => {
    expect(isJson({ bytes: new Uint8Array(100_000_000) })).toBe(false);
  });

  it("isJson says no where Object.prototype has a toJSON", () => {
    const prototype = Object.prototype as { toJSON?: unknown };
    prototype.toJSON = () => "polluted";
    try {
      expect(isJson({ a: 1 })).toBe(false);
    } finally {
      delete prototype.toJSON;
    }
  });
});
