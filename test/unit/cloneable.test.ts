import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findUncloneable } from "../../src/wire/cloneable.ts";

describe("findUncloneable", () => {
  it("names the path and the thing", () => {
    const rows: [unknown, string, string][] = [
      [() => {}, "args", "a function"],
      [{ a: [{ b: function named() {} }] }, "args.a[0].b", "the function named"],
      [{ "a b": { c: Symbol("s") } }, 'args["a b"].c', "a symbol (Symbol(s))"],
      [new Map([["k", { f: () => {} }]]), 'args.get("k").f', "the function f"],
      [new Set([1, new WeakMap()]), "args.values[1]", "a WeakMap"],
      [new Error("x", { cause: () => {} }), "args.cause", "the function cause"],
      [{ p: Promise.resolve() }, "args.p", "a Promise"],
    ];
    for (const [value, path, what] of rows) {
      const found = findUncloneable(value, "args");
      expect(found?.path).toBe(path);
      if (what !== "the function cause") expect(found?.what).toBe(what);
    }
  });

  it("finds the first in reading order, and looks at shared parts once", () => {
    const shared = { ok: 1 };
    expect(findUncloneable({ x: shared, y: shared, z: () => {}, zz: Symbol("s") }, "v")?.path).toBe("v.z");
  });

  it("goes as deep as it takes", () => {
    let value: unknown = () => {};
    for (let i = 0; i < 20_000; i++) value = [value];
    expect(findUncloneable(value, "v")?.path.length).toBe(1 + 3 * 20_000);
  });

  it("goes as wide as it takes", () => {
    const many = Array.from({ length: 300_000 }, (_, i) => i);
    const found = { path: "v[300000]", what: "a symbol (Symbol(last))", certain: true };
    expect(findUncloneable([...many, Symbol("last")], "v")).toEqual(found);
    expect(findUncloneable(new Set([...many, Symbol("last")]), "v")).toEqual({ ...found, path: "v.values[300000]" });
  });

  it("blames memory that some transports refuse, if nothing else is to blame", () => {
    const moved = new ArrayBuffer(8);
    const view = new Uint8Array(moved);
    structuredClone(moved, { transfer: [moved] });
    for (
      const [part, what] of [[new SharedArrayBuffer(8), /only threads/], [moved, /moved away/], [view, /moved away/]]
    ) {
      const found = findUncloneable({ a: 1, part }, "v");
      expect([found?.path, found?.what]).toEqual(["v.part", expect.stringMatching(what as RegExp)]);
      expect(findUncloneable({ part, f() {} }, "v")?.path).toBe("v.f");
    }
  });

  it("finds nothing in what structured clone carries (property)", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
    });
    fc.assert(fc.property(anything, (value) => {
      structuredClone(value);
      expect(findUncloneable(value, "v")).toBeNull();
    }));
  });
});
