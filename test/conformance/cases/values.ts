/** Promise 8: what structured clone carries, arrives. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Case } from "../case.ts";

const cycle: Record<string, unknown> = { name: "cycle" };
cycle["self"] = cycle;

/** What must come back as it went, at top level and inside of an object. */
const CARRIED: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  NaN,
  Infinity,
  -Infinity,
  1.5,
  10n,
  -(2n ** 70n),
  "",
  "text",
  "\0",
  "\ud800",
  "日本",
  new Date(0),
  /x+/giu,
  new Map<unknown, unknown>([[1, new Set([2])], ["k", { v: -0 }]]),
  new Set([1, "1"]),
  [1, , 3],
  { a: undefined, b: [null], "": 1 },
  new Uint8Array([1, 2, 255]),
  new Float64Array([1.5, NaN]),
  new BigInt64Array([5n]),
  new Uint16Array([1, 2]).buffer,
  cycle,
  { cmd: "NODE_HANDLE" },
  { type: "answers", answers: [[1, 0, "forged"]], id: 99, then: "x", err: "x" },
  JSON.parse('{"__proto__": {"hacked": 1}, "constructor": {"prototype": {}}, "hasOwnProperty": 1}'),
];

const UNCARRIED = [
  ["function", "list[1].onDone", /function onDone/],
  ["symbol", "tag", /a symbol/],
  ["promise", "soon", /a Promise/],
  ["weakmap", "cache", /a WeakMap/],
  ["getter", "broken", /a getter that throws/],
  ["bare", "", /function/],
] as const;

const bad: Record<string, unknown> = {
  function: { list: [1, { onDone(): void {} }] },
  symbol: { tag: Symbol("s") },
  promise: { soon: Promise.resolve(1) },
  weakmap: { cache: new WeakMap() },
  getter: {
    get broken(): never {
      throw new Error("getter");
    },
  },
  bare: () => 1,
};

/** Classes of typed arrays may call themselves anything, and others than what they are. */
const misnamed = (name: string): new (length: number) => Uint8Array =>
  class extends Uint8Array {
    override get [Symbol.toStringTag](): "Uint8Array" {
      return name as "Uint8Array";
    }
  };

/** What JSON has words of its own for, or none. */
const ODD_IN_JSON = {
  symbol: Symbol("x"),
  method(): void {},
  list: [() => 1, undefined, 2],
  buffer: Buffer.from("hi"),
  bytes: new Uint8Array([1, 2]),
  floats: new Float64Array([1.5, NaN]),
  view: new DataView(new ArrayBuffer(4)),
  long: `${"x".repeat(70_000)}\ud800`,
  date: new Date(0),
};

export const values: Case[] = [
  ...(["handler.mjs", "contract.mjs"] as const).map((worker): Case => ({
    name: `What structured clone carries comes back as it went (${worker})`,
    async run(kit) {
      const cc = kit.cluster(worker, { maxBacklog: Infinity });
      for (const value of CARRIED) {
        const [bare, nested] = await Promise.all([
          kit.value(cc, { op: "echo", value }),
          kit.value(cc, { op: "echo", value: { value } }),
        ]);
        assert.deepEqual(bare, value);
        assert.deepEqual(nested, { value });
        if (typeof value === "object" && value !== null) {
          assert.equal(Object.getPrototypeOf(bare), Object.getPrototypeOf(value));
        }
      }
      assert.equal(({} as { hacked?: unknown }).hacked, undefined);
    },
  })),
  {
    name: "Bare arguments arrive as they are",
    async run(kit) {
      const cc = kit.cluster("original/echo.js", { maxBacklog: Infinity });
      for (const value of CARRIED) assert.deepEqual(await kit.value(cc, value), value);
    },
  },
  {
    name: "Buffer stays Buffer",
    needs: "buffer",
    async run(kit) {
      const back = await kit.value(kit.cluster("handler.mjs"), { op: "echo", value: Buffer.from([1, 2]) });
      assert.ok(Buffer.isBuffer(back));
      assert.deepEqual([...back], [1, 2]);
    },
    async otherwise(kit) {
      const back = await kit.value(kit.cluster("handler.mjs"), { op: "echo", value: Buffer.from([1, 2]) });
      assert.ok(back instanceof Uint8Array);
      assert.deepEqual([...back], [1, 2]);
    },
  },
  {
    name: "Arguments that can't be cloned fail that job alone, with the path",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: Infinity });
      for (const [what, path, why] of UNCARRIED) {
        for (const style of ["promise", "callback"] as const) {
          const [error, next] = await Promise.all([
            kit.error(cc, bad[what], undefined, style),
            kit.value(cc, { op: "echo", value: "next" }, undefined, style),
          ]);
          assert.equal(error["code"], "CC_ERR_NOT_CLONEABLE");
          assert.equal(error["path"], path === "" ? "args" : `args.${path}`);
          assert.match(error.message, why);
          assert.equal(error["retryable"], true);
          assert.equal(next, "next");
        }
      }
      assert.equal(cc.stats().lost.workers, 0);
    },
  },
  {
    name: "An answer that can't be cloned fails that job alone, with the path",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: Infinity });
      for (const [what, path, why] of UNCARRIED) {
        const [error, next] = await Promise.all([
          kit.error(cc, { op: "weird", what }),
          kit.value(cc, { op: "echo", value: "next" }),
        ]);
        assert.equal(error["code"], "CC_ERR_NOT_CLONEABLE");
        assert.equal(error["path"], path === "" ? "result" : `result.${path}`);
        assert.match(error.message, why);
        assert.equal(next, "next");
      }
      const old = kit.cluster("contract.mjs", { maxWorkers: 1 });
      assert.equal((await kit.error(old, { op: "weird", what: "function" }))["code"], "CC_ERR_NOT_CLONEABLE");
      assert.equal(await kit.value(old, { op: "echo", value: "next" }), "next");
      assert.equal(cc.stats().lost.workers + old.stats().lost.workers, 0);
    },
  },
  {
    name: "Large values arrive whole, in both directions",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      assert.equal(await kit.value(cc, { op: "size", value: "é".repeat(3_000_000) }), 3_000_000);
      assert.equal(await kit.value(cc, { op: "size", value: new Uint8Array(5_000_000) }), 5_000_000);
      const text = await kit.value(cc, { op: "big", kind: "string", size: 3_000_000 }) as string;
      assert.ok(text.length === 3_000_000 && text.endsWith("é"));
      const bytes = await kit.value(cc, { op: "big", kind: "bytes", size: 5_000_000 }) as Uint8Array;
      assert.ok(bytes.length === 5_000_000 && bytes.at(-1) === 7);
    },
  },
  {
    name: "transfer moves memory",
    needs: "transfer",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      const bytes = new Uint8Array(1000);
      assert.equal(await kit.value(cc, { op: "size", value: bytes }, { transfer: [bytes.buffer] }), 1000);
      assert.equal(bytes.length, 0, "moved away");
      const kept = new Uint8Array(1000);
      assert.equal(await kit.value(cc, { op: "size", value: kept }), 1000);
      assert.equal(kept.length, 1000, "not moved unless asked for");
      const back = await kit.value(cc, 10, { task: "moved" });
      assert.deepEqual(back, new Uint8Array(10).fill(3));
      const again = await kit.error(cc, { op: "size", value: bytes }, { transfer: [bytes.buffer] });
      assert.equal(again["code"], "CC_ERR_NOT_CLONEABLE");
      assert.equal(await kit.value(cc, { op: "echo", value: 1 }), 1);
    },
    async otherwise(kit) {
      const cc = kit.cluster("handler.mjs");
      const bytes = new Uint8Array(1000);
      assert.equal(await kit.value(cc, { op: "size", value: bytes }, { transfer: [bytes.buffer] }), 1000);
      assert.equal(bytes.length, 1000);
      assert.deepEqual(await kit.value(cc, 10, { task: "moved" }), new Uint8Array(10).fill(3));
    },
  },
  {
    name: "serialization json writes values as JSON does",
    needs: "serialization",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { serialization: "json" });
      assert.deepEqual(await kit.value(cc, { op: "echo", value: { at: new Date(0), n: NaN, m: new Map() } }), {
        at: "1970-01-01T00:00:00.000Z",
        n: null,
        m: {},
      });
      assert.equal(await kit.value(cc, { op: "echo", value: undefined }), undefined);
      const error = await kit.error(cc, { op: "echo", value: cycle });
      assert.equal(error["code"], "CC_ERR_NOT_CLONEABLE");
      assert.equal((await kit.error(cc, { op: "throw", what: "type" }))["code"], "E_BAD");
      assert.equal(await kit.value(cc, { op: "echo", value: 1 }), 1);
    },
    async otherwise(kit) {
      assert.throws(() => kit.cluster("handler.mjs", { serialization: "json" }), { code: "CC_ERR_OPTION" });
    },
  },
  {
    name: "serialization json is that of JSON.stringify on every way to a worker",
    needs: "serialization",
    async run(kit) {
      // Anew each time: Deno's `deepEqual` tells one object in three places from three objects, once it has met a cycle (2.9.6).
      const expected = (): unknown => JSON.parse(JSON.stringify(ODD_IN_JSON));
      const cc = kit.cluster("kept.mjs", { serialization: "json", maxWorkers: 1, setupData: ODD_IN_JSON });
      await kit.value(cc, ODD_IN_JSON, { task: "keep" });
      await cc.broadcast(ODD_IN_JSON, { task: "keep" });
      // Together, so that they may share a frame.
      await Promise.all([1, ODD_IN_JSON, 2].map((args) => kit.value(cc, args, { task: "keep" })));
      const { kept } = await kit.value(cc, null) as { kept: unknown[] };
      assert.deepEqual(kept, [expected(), expected(), expected(), 1, expected(), 2]);
      assert.deepEqual(kit.faults, []);
    },
    async otherwise(kit) {
      assert.throws(() => kit.cluster("kept.mjs", { serialization: "json" }), { code: "CC_ERR_OPTION" });
    },
  },
  {
    name: "A typed array arrives as what it is, whatever its class calls itself",
    async run(kit) {
      const cc = kit.cluster("bytes.mjs", { maxWorkers: 1, maxBacklog: Infinity });
      for (const name of ["Vector", "Int8Array", "Float64Array", "Object"]) {
        for (const length of [3, 100_001]) {
          const sent = new (misnamed(name))(length).fill(200);
          for (const value of [sent, { list: [sent] }]) {
            const back = await kit.value(cc, value, { task: "pick" });
            const bytes = (back instanceof Uint8Array ? back : (back as { list: Uint8Array[] }).list[0]) as Uint8Array;
            assert.deepEqual([bytes.constructor, bytes.length], [Uint8Array, length], name);
            assert.ok(bytes.every((byte) => byte === 200), name);
          }
        }
      }
      for (const length of [3, 100_001]) {
        const floats = await kit.value(cc, length, { task: "renamed" }) as Float32Array;
        assert.deepEqual([floats.constructor, floats.length, floats.at(-1)], [Float32Array, length, 1.5]);
      }
    },
  },
  {
    name: "An Error among the values keeps its cause",
    needs: "cause",
    async run(kit) {
      const value = { error: new TypeError("outer", { cause: new RangeError("inner") }) };
      const back = await kit.value(kit.cluster("handler.mjs"), { op: "echo", value }) as typeof value;
      const cause = back.error.cause as Error;
      assert.deepEqual([back.error.message, cause.name, cause.message], ["outer", "RangeError", "inner"]);
    },
    async otherwise(kit) {
      const value = { error: new TypeError("outer", { cause: new RangeError("inner") }) };
      const back = await kit.value(kit.cluster("handler.mjs"), { op: "echo", value }) as typeof value;
      assert.deepEqual([back.error.message, back.error.cause], ["outer", undefined]);
    },
  },
];
