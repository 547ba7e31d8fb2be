/** F-40: bytes that were not sent do not arrive. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type Case, everyWay } from "../conformance/case.ts";
import type { Kit } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

/** What is in the memory behind a view. */
const behind = ({ buffer }: ArrayBufferView): string => Buffer.from(buffer as ArrayBuffer).toString("latin1");

/** Memory that holds more than the three bytes of this view. */
const sliced = (): Uint8Array => new TextEncoder().encode("SECRET-abc-SECRET").subarray(7, 10);

// deno-lint-ignore no-explicit-any
type Any = Record<string, any>;

/** Nothing but the view's bytes has arrived. */
function assertOwn(kit: Kit, view: ArrayBufferView, bytes = "abc"): void {
  const { buffer, byteOffset, byteLength } = view;
  assert.equal(Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("latin1"), bytes);
  // Otherwise a view was sent as its bytes, and is of memory that is the receiver's.
  if (kit.lacks("aliases")) return;
  assert.equal(buffer.byteLength, byteLength);
  assert.ok(!behind(view).includes("SECRET"));
}

const cases: Case[] = [
  {
    name: "F-40 A small Buffer does not carry the pool that it is a view of",
    async run(kit) {
      const cc = kit.cluster("bytes.mjs", { maxWorkers: 1 });
      const secret = Buffer.from(`SECRET-${"k".repeat(20)}`);
      const seen = await kit.value(cc, { view: Buffer.from("abc") }) as Record<string, unknown>;
      assert.deepEqual([seen["length"], String(seen["text"]).includes("SECRET")], [3, false]);
      if (!kit.lacks("aliases")) assert.equal(seen["backing"], 3);
      assert.equal(`${secret} ${Buffer.from("abc")}`, `SECRET-${"k".repeat(20)} abc`, "the pool is as it was");
    },
  },
  ...everyWay("F-40 A view of a part of some memory comes and goes alone", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 1 });
    const view = sliced();
    const back = await kit.value(cc, { op: "echo", value: view }, undefined, style) as Uint8Array;
    assertOwn(kit, back);
    assert.equal(behind(view), "SECRET-abc-SECRET", "the caller's is as it was");
  }),
  {
    name: "F-40 An answer takes along nothing of the worker's memory",
    async run(kit) {
      const { deep } = await kit.value(kit.cluster("bytes.mjs"), null, { task: "secret" }) as {
        deep: [Map<string, Uint8Array>];
      };
      assertOwn(kit, deep[0].get("view")!);
    },
  },
  {
    name: "F-40 setupData takes along nothing of the program's memory",
    async run(kit) {
      const cc = kit.cluster("bytes.mjs", { setupData: { view: sliced() } });
      const seen = await kit.value(cc, null, { task: "given" }) as { text: string; backing: number };
      assert.ok(!seen.text.includes("SECRET"));
      if (!kit.lacks("aliases")) assert.equal(seen.backing, 3);
    },
  },
  {
    name: "F-40 Views are found wherever they stand, and stay what they are",
    async run(kit) {
      const cc = kit.cluster("bytes.mjs");
      class Packet {
        payload = sliced();
      }
      const memory = new TextEncoder().encode("SECRET0000000000SECRET00").buffer;
      const value = Object.assign(Object.create(null), {
        list: [1, , sliced()],
        map: new Map<unknown, unknown>([[sliced(), { deep: sliced() }]]),
        set: new Set([sliced()]),
        packet: new Packet(),
        doubles: new Float64Array(memory, 8, 1),
        data: new DataView(memory, 8, 3),
        long: Array.from({ length: 100 }, () => [sliced()]),
        ["__proto__"]: sliced(),
      });
      const back = await kit.value(cc, value, { task: "pick" }) as Any;
      assert.ok(!(1 in back["list"]));
      const [key, inner] = [...back["map"]][0];
      const [member] = back["set"];
      const views = [back["list"][2], key, inner.deep, member, back["packet"].payload, back["long"][99][0]];
      for (const view of [...views, Object.getOwnPropertyDescriptor(back, "__proto__")!.value]) assertOwn(kit, view);
      assert.ok(back["doubles"] instanceof Float64Array && back["data"] instanceof DataView);
      assertOwn(kit, back["doubles"], "00000000");
      assertOwn(kit, back["data"], "000");
    },
  },
  {
    name: "F-40 What is shared stays shared, and cycles stay cycles",
    async run(kit) {
      const cc = kit.cluster("bytes.mjs");
      const view = sliced();
      const value: Record<string, unknown> = { a: view, b: { view }, at: new Date(5), error: new RangeError("x") };
      value["self"] = value;
      const back = await kit.value(cc, value, { task: "pick" }) as Any;
      assert.equal(back["self"], back);
      assert.equal(back["a"], back["b"].view);
      assert.deepEqual([back["at"], back["error"].message], [new Date(5), "x"]);
      assertOwn(kit, back["a"]);
    },
  },
  {
    name: "F-40 Memory that is sent as a whole is sent once, with the views on it",
    needs: "aliases",
    async run(kit) {
      const memory = new ArrayBuffer(8);
      const value = { memory, head: new Uint8Array(memory, 0, 2), tail: new Uint8Array(memory, 2) };
      const back = await kit.value(kit.cluster("bytes.mjs"), value, { task: "pick" }) as typeof value;
      assert.equal(back.head.buffer, back.memory);
      assert.equal(back.tail.buffer, back.memory);
    },
    async otherwise(kit) {
      const memory = new Uint8Array([1, 2, 3]).buffer;
      const value = { memory, tail: new Uint8Array(memory, 1) };
      const back = await kit.value(kit.cluster("bytes.mjs"), value, { task: "pick" }) as typeof value;
      assert.deepEqual([new Uint8Array(back.memory), [...back.tail]], [new Uint8Array([1, 2, 3]), [2, 3]]);
    },
  },
  {
    name: "F-40 A view of shared memory is left alone",
    async run(kit) {
      if (kit.isolation === "process") kit.notHere("about threads");
      const shared = new Uint8Array(new SharedArrayBuffer(8), 2, 3);
      const back = await kit.value(kit.cluster("bytes.mjs"), { own: sliced(), shared }, { task: "pick" }) as {
        shared: Uint8Array;
      };
      shared[0] = 9;
      assert.deepEqual([back.shared[0], back.shared.length], [9, 3]);
    },
  },
  {
    name: "F-40 Nothing is taken from the caller unless it is given, and what is given can't be given twice",
    needs: "transfer",
    async run(kit) {
      const cc = kit.cluster("bytes.mjs", { maxWorkers: 1 });
      const memory = new ArrayBuffer(8);
      for (let i = 0; i < 2; i++) await kit.value(cc, memory, { task: "pick" });
      assert.equal(memory.byteLength, 8);
      const view = new Uint8Array(memory, 2, 3);
      const back = await kit.value(cc, { view }, { task: "pick", transfer: [memory] }) as { view: Uint8Array };
      assert.deepEqual([back.view.length, view.length], [3, 0]);
      const again = await kit.error(cc, memory, { task: "pick", transfer: [memory] });
      assert.equal(again["code"], "CC_ERR_NOT_CLONEABLE");
      assert.equal(await kit.value(cc, 1, { task: "pick" }), 1);
      assert.deepEqual(kit.faults, []);
    },
    async otherwise(kit) {
      const cc = kit.cluster("bytes.mjs", { maxWorkers: 1 });
      const memory = new ArrayBuffer(8);
      for (let i = 0; i < 2; i++) await kit.value(cc, memory, { task: "pick", transfer: [memory] });
      assert.equal(memory.byteLength, 8);
    },
  },
  {
    name: "F-40 What can't be sent is named, also beside a view",
    async run(kit) {
      const cc = kit.cluster("bytes.mjs", { maxWorkers: 1 });
      const error = await kit.error(cc, { view: sliced(), list: [{ onDone() {} }] }, { task: "pick" });
      assert.deepEqual([error["code"], error["path"]], ["CC_ERR_NOT_CLONEABLE", "args.list[0].onDone"]);
      const chain: Record<string, unknown> = { view: sliced() };
      assert.ok(await kit.value(cc, [chain, chain, chain], { task: "pick" }));
    },
  },
];

registerSuites({ "memory of others": cases });
