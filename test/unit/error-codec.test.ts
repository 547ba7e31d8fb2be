import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClusterError } from "../../src/core/errors.ts";
import { decodeThrown, encodeThrown } from "../../src/wire/error-codec.ts";

/** There and back, as a transport carries it. */
const carried = (thrown: unknown): unknown => decodeThrown(structuredClone(encodeThrown(thrown)));

describe("error codec", () => {
  it("keeps class, message, stack and own properties", () => {
    const error = Object.assign(new RangeError("too far"), { code: "E_FAR", at: { x: 1n } });
    const back = carried(error) as typeof error;
    expect(back).toBeInstanceOf(RangeError);
    expect([back.message, back.code, back.at, back.stack]).toEqual(["too far", "E_FAR", { x: 1n }, error.stack]);
    expect(Object.keys(back)).toEqual(["code", "at"]);
  });

  it("keeps a cluster's own error, also out of a minified bundle", () => {
    const error = new ClusterError("CC_ERR_BACKLOG_FULL", "full", { limit: 3, retryable: true });
    const back = carried(error) as ClusterError;
    expect(back).toBeInstanceOf(ClusterError);
    expect([back.code, back.limit, back.retryable, back.name]).toEqual([
      "CC_ERR_BACKLOG_FULL",
      3,
      true,
      "ClusterError",
    ]);
  });

  it("keeps errors in arrays, cycles and shared causes", () => {
    const shared = new Error("shared");
    const error = new AggregateError([shared, new TypeError("b", { cause: shared })], "all") as AggregateError & {
      first?: Error;
    };
    error.first = shared;
    shared.cause = error;
    const back = carried(error) as typeof error;
    expect(back.errors[0]).toBe(back.first);
    expect(back.errors[1].cause).toBe(back.first);
    expect((back.first as Error).cause).toBe(back);
  });

  it("keeps lists of errors that have holes", () => {
    const failures: unknown[] = [];
    failures[2] = new RangeError("item 2");
    const back = carried(Object.assign(new Error("batch failed"), { failures })) as Error & { failures: unknown[] };
    expect([back.message, back.failures.length, back.failures[0]]).toEqual(["batch failed", 3, undefined]);
    expect(back.failures[2]).toEqual(new RangeError("item 2"));
  });

  it("keeps a code that the class gives, and the list of an AggregateError of whatever", () => {
    class Coded extends Error {
      get code(): string {
        return "E_CODED";
      }
    }
    const back = carried(new Error("around", { cause: new Coded("x") })) as Error & { cause: Coded };
    expect([back.cause.code, Object.keys(back.cause)]).toEqual(["E_CODED", []]);
    const { errors } = carried(new AggregateError(["text", () => {}, 7])) as AggregateError;
    expect(errors).toEqual(
      ["text", "[a function]", 7].map((item) => item === "[a function]" ? expect.any(String) : item),
    );
    const aborted = new DOMException("x", "AbortError");
    expect((carried(aborted) as DOMException).code).toBe(aborted.code);
  });

  it("gives no stack of its own to an error that has none", () => {
    const error = new Error("bare");
    delete error.stack;
    expect((carried(error) as Error).stack).toBeUndefined();
  });

  it("drops the bootstrap's frames from the stack", () => {
    const error = new Error("x");
    error.stack =
      "Error: x\n    at mine (file:///w.js:1:1)\n    at a (compute-cluster-worker.js:3:1)\n    at data:text/javascript,import:1:2\n    at [eval]:1:2";
    expect((carried(error) as Error).stack).toBe("Error: x\n    at mine (file:///w.js:1:1)");
  });

  it("survives whatever an error's parts do", () => {
    const hostile = new Proxy(new Error("x"), {
      get() {
        throw new Error("get");
      },
      ownKeys() {
        throw new Error("ownKeys");
      },
      getPrototypeOf() {
        throw new Error("getPrototypeOf");
      },
    });
    expect(() => encodeThrown(hostile)).not.toThrow();
    let deep = new Error("0");
    for (let i = 0; i < 5000; i++) deep = new Error(String(i), { cause: deep });
    expect(carried(deep)).toBeInstanceOf(Error);
    expect(carried(Object.assign(new Error("p"), { ["__proto__x"]: 1 }))).toBeInstanceOf(Error);
    const own = new Error("own");
    Object.defineProperty(own, "__proto__", { value: { hacked: 1 }, enumerable: true });
    expect(({} as { hacked?: number }).hacked).toBeUndefined();
    expect(Object.getPrototypeOf(carried(own))).toBe(Error.prototype);
  });

  it("describes what can't be carried", () => {
    expect(carried(() => 1)).toMatch(/^\[a function\]$/);
    expect(carried({ a: { b: Symbol("s") } })).toBe("[object with a symbol (Symbol(s)) at .a.b]");
  });

  it("carries any value that is no error (property)", () => {
    fc.assert(fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }), (value) => {
      expect(carried(value)).toEqual(structuredClone(value));
    }));
  });

  it("carries any message, name and properties (property)", () => {
    const properties = fc.dictionary(
      fc.string().filter((key) => !["name", "message", "stack"].includes(key)),
      fc.jsonValue(),
    );
    fc.assert(fc.property(fc.string(), fc.string(), properties, (message, name, given) => {
      const error = new TypeError(message);
      for (const [key, value] of Object.entries(given)) Object.defineProperty(error, key, { value, enumerable: true });
      Object.defineProperty(error, "name", { value: name });
      const back = carried(error) as Error;
      expect([back.message, back.name]).toEqual([message, name]);
      for (const [key, value] of Object.entries(given)) {
        expect(Object.getOwnPropertyDescriptor(back, key)?.value).toEqual(structuredClone(value));
      }
    }));
  });

  it("never throws at what a hostile worker sends (property)", () => {
    const leaf = fc.anything();
    const shape = fc.record({
      is: fc.constantFrom("error", "list", "again", "value", "x"),
      error: leaf,
      items: leaf,
      number: leaf,
      value: leaf,
    }, { requiredKeys: [] });
    fc.assert(fc.property(fc.oneof(leaf, shape), (sent) => {
      expect(() => decodeThrown(sent)).not.toThrow();
    }));
  });
});
