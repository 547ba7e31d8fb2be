import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { read, write } from "../../src/nats/values.ts";

const there = (value: unknown): unknown => read(write(value));

class Point {
  x = 1;
  #secret = 2;
  get sum(): number {
    return this.x + this.#secret;
  }
}

describe("Values on the way to another machine", () => {
  it.each([
    ["undefined", undefined],
    ["null", null],
    ["an empty string", ""],
    ["NaN", NaN],
    ["-0", -0],
    ["-0 inside", { a: -0 }],
    ["Infinity", [Infinity, -Infinity]],
    ["undefined inside", { a: undefined }],
    ["a BigInt", { a: 2n ** 200n, b: -1n }],
    ["a Date", new Date(0)],
    ["an invalid Date", new Date(NaN)],
    ["a RegExp", /a+\/"/giu],
    ["a Map of Maps", new Map([[{ k: 1 }, new Map([[1, 2]])]])],
    ["a Set", new Set([1, "a", [2]])],
    ["a sparse array", [1, , 3]], // oxlint-disable-line no-sparse-arrays
    ["boxed values", [Object(1), Object("s"), Object(true), Object(3n)]],
    ["typed arrays", [new Uint8Array([1, 2]), new Float64Array([0.5]), new BigInt64Array([-1n])]],
    ["an empty buffer", new ArrayBuffer(0)],
    ["a DataView", new DataView(new ArrayBuffer(3))],
    ["lone surrogates", ["\ud800", { "\udfff": 1 }]],
    ["10 MB of text", "ä".repeat(5_000_000)],
  ])("carry %s", (_, value) => {
    expect(there(value)).toStrictEqual(value);
  });

  it("carry what refers to itself, and the same object twice", () => {
    const value: Record<string, unknown> = { list: [] as unknown[], map: new Map() };
    value["self"] = value;
    (value["list"] as unknown[]).push(value, value["list"]);
    (value["map"] as Map<unknown, unknown>).set(value, value);
    const copy = there(value) as typeof value;
    expect(copy["self"]).toBe(copy);
    expect(copy["list"]).toEqual([copy, copy["list"]]);
    expect((copy["map"] as Map<unknown, unknown>).get(copy)).toBe(copy);
  });

  it("carry no more of a buffer than the view shows, in memory of its own", () => {
    const secret = new Uint8Array([9, 9, 1, 2, 9]);
    const written = write({ part: secret.subarray(2, 4), other: new Uint8Array([7]) });
    expect(written.bytes.includes(9)).toBe(false);
    const { part, other } = read(written) as { part: Uint8Array; other: Uint8Array };
    expect([...part, ...other]).toEqual([1, 2, 7]);
    expect(part.buffer.byteLength).toBe(2);
  });

  it("carry a Buffer as a Buffer, and an instance of a class as its properties, as structured clone does", () => {
    expect(there(Buffer.from("ab"))).toEqual(Buffer.from("ab"));
    expect(Buffer.isBuffer(there([Buffer.from("ab")]) && (there([Buffer.from("ab")]) as Buffer[])[0])).toBe(true);
    const point = new Point();
    expect(there({ point, null: Object.create(null), [Symbol("s")]: 1 })).toEqual({ point: { x: 1 }, null: {} });
  });

  it("carry a property that is called __proto__ as one, and nothing's prototype is changed by it", () => {
    const value = JSON.parse('{ "__proto__": { "isAdmin": true }, "a": { "__proto__": 1 } }') as object;
    for (
      const rich of [value, { value, n: 1n }, new Set([value]), Object.assign(Object.create(null), { value, n: 1n })]
    ) {
      expect(there(rich)).toStrictEqual(structuredClone(rich));
    }
    const copy = (there([value, 1n]) as [object])[0];
    expect(Object.keys(copy)).toEqual(["__proto__", "a"]);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect("isAdmin" in copy).toBe(false);
    Object.defineProperty(value, "self", { value, enumerable: true });
    const round = there([value, 1n]) as [{ self: unknown }];
    expect(round[0].self).toBe(round[0]);
  });

  it("carry errors inside values", () => {
    const cause = new RangeError("in");
    const error = Object.assign(new TypeError("out", { cause }), { code: "E", bytes: new Uint8Array([1]) });
    const copy = (there({ error }) as { error: typeof error }).error;
    expect(copy).toBeInstanceOf(TypeError);
    expect(copy.message).toBe("out");
    expect(copy.code).toBe("E");
    expect([...copy.bytes]).toEqual([1]);
    expect(copy.cause).toBeInstanceOf(RangeError);
    expect(copy.stack).toBe(error.stack);
  });

  it.each([
    ["a function", { f() {} }],
    ["a symbol", [Symbol("s")]],
    ["a Promise", { p: Promise.resolve() }],
    ["a WeakMap", new WeakMap()],
    ["a Proxy", { p: new Proxy({}, {}) }],
    ["shared memory", new SharedArrayBuffer(1)],
    ["a view of shared memory", new Uint8Array(new SharedArrayBuffer(1))],
  ])("refuse %s", (_, value) => {
    expect(() => write(value)).toThrow();
  });

  it("carry whatever structured clone carries, as it does", () => {
    const leaf = fc.oneof(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withSparseArray: true,
        withBoxedValues: true,
        key: fc.oneof(fc.string(), fc.constantFrom("__proto__", "~__proto__", "~~__proto__")),
      }),
    );
    fc.assert(
      fc.property(leaf, (value) => {
        expect(there(value)).toStrictEqual(structuredClone(value));
      }),
      { numRuns: 500 },
    );
  });

  it("throw for bytes that are no value, and make nothing else of them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom("json", "rich"), (bytes, encoding) => {
        try {
          read({ encoding, bytes });
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
    expect(() => read({ encoding: "rich", bytes: write({ a: new Uint8Array(9) }).bytes.subarray(0, -1) })).toThrow();
  });
});
