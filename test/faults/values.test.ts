/** Values that can't be sent, and values that must not change on the way. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import { type Case, everyWay, type Style } from "../conformance/case.ts";
import type { Ended, Failure, Kit } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";
import { quietly } from "./quiet.ts";

const cycle: Record<string, unknown> = {};
cycle["me"] = cycle;

function revoked<T extends object>(target: T): T {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function deep(levels: number, innermost: object = {}): object {
  let value = innermost;
  for (let i = 0; i < levels; i++) value = { value };
  return value;
}

/** What can't be sent, and where the part stands that is to blame. */
const REFUSED: readonly (readonly [value: unknown, path: string])[] = [
  [() => 1, "args"],
  [Symbol("x"), "args"],
  [
    {
      get a(): never {
        throw new Error("getter");
      },
    },
    "args.a",
  ],
  [{ toJSON: (): never => assert.fail("toJSON") }, "args.toJSON"],
  [new Map([["k", new Set([Symbol("in a set")])]]), 'args.get("k").values[0]'],
  [[1, { "two words": new WeakRef({}) }], 'args[1]["two words"]'],
  [revoked({}), "args"],
  [{ call: revoked(() => {}) }, "args.call"],
  [Object.defineProperty(() => 1, "name", { value: Symbol("no text") }), "args"],
  [{ p: new Proxy({ bytes: Buffer.from("pooled") }, {}) }, "args.p"],
];

/** The same in a worker of each kind: a handler, and listeners that send with and without a callback. */
const ANSWERING: readonly (readonly [worker: string, style: Style])[] = [
  ["answers.mjs", "promise"],
  ["answers.mjs", "callback"],
  ["sends.mjs", "promise"],
  ["sends.cjs", "callback"],
];

const answering = (name: string, run: (kit: Kit, worker: string, style: Style) => Promise<void>): Case[] =>
  ANSWERING.map(([worker, style]) => ({
    name: `${name} (${worker}, ${style})`,
    run: (kit) => quietly(() => run(kit, worker, style)),
  }));

/** Values that arrive, with what they call themselves on the other side. */
const CARRIED: readonly (readonly [value: unknown, tag: string])[] = [
  [undefined, "Undefined"],
  [null, "Null"],
  [false, "Boolean"],
  [0, "Number"],
  [-0, "Number"],
  [NaN, "Number"],
  [-Infinity, "Number"],
  ["", "String"],
  ["\0", "String"],
  ["\ud800", "String"],
  [10n, "BigInt"],
  [new Date(0), "Date"],
  [/x+/giu, "RegExp"],
  [new Map([[{ key: 1 }, -0]]), "Map"],
  [new Set([NaN]), "Set"],
  [[1, , 3], "Array"],
  [Object.assign([1], { extra: true }), "Array"],
  [{ a: undefined }, "Object"],
  [new Float64Array([1.5, -0]), "Float64Array"],
  [new Uint8Array([1, 2, 3, 4]).subarray(1, 3), "Uint8Array"],
  [new DataView(new ArrayBuffer(4), 1, 2), "DataView"],
  [new ArrayBuffer(0), "ArrayBuffer"],
  [Object(1), "Number"],
  [Object("text"), "String"],
  [cycle, "Object"],
];

/** Values with something beside them that structured clone does not look at. */
const UNSEEN: readonly (readonly [value: unknown, tag: string])[] = [
  [Object.assign(/x/, { shared: new SharedArrayBuffer(4) }), "RegExp"],
  [Object.assign(Object("text"), { blob: new Blob([]) }), "String"],
  [Object.assign(new ArrayBuffer(1), { blob: new Blob([]) }), "ArrayBuffer"],
  [Object.defineProperty(new Error("x"), "cause", { get: () => assert.fail("a getter of cause") }), "Error"],
];

const { THREAD_ONLY } = createRequire(import.meta.url)("../workers/thread-only.cjs") as {
  readonly THREAD_ONLY: readonly (readonly [path: string, make: () => unknown])[];
};

const cases: Case[] = [
  {
    name: "F-20 What structured clone does not look at keeps no value from being sent",
    async run(kit) {
      const cc = kit.cluster("answers.mjs", { maxWorkers: 1 });
      for (const [value, tag] of UNSEEN) {
        assert.equal(await kit.value(cc, { what: "tag", value }), `[object ${tag}]`);
      }
    },
  },
  {
    name: "F-18 An Error that its cause leads back to arrives, or fails its job alone",
    run: (kit) =>
      quietly(async () => {
        const cc = kit.cluster("answers.mjs", { maxWorkers: 1, maxBacklog: Infinity });
        const own = new RangeError("own");
        own.cause = own;
        const around = { deep: [new Error("around")] };
        around.deep[0]!.cause = around;
        for (const value of [own, around, [1n, own]]) {
          for (const job of [{ what: "tag", value }, { what: "ownCause" }]) {
            const ended = await kit.job(cc, job) as { ok?: unknown; error?: Failure };
            assert.ok("ok" in ended || ended.error!["code"] === "CC_ERR_NOT_CLONEABLE");
          }
        }
        const thrown = await kit.error(cc, { what: "throwsOwnCause" });
        assert.deepEqual([thrown.message, thrown["code"]], ["thrown", "E_OWN"]);
        assert.equal(thrown.cause, thrown);
        assert.deepEqual([cc.stats().lost.workers, kit.faults], [0, []]);
      }),
  },
  ...["answers.mjs", "sends.cjs"].map((worker): Case => ({
    name: `F-18 What only threads can be sent fails its job alone in processes (${worker})`,
    run: (kit) =>
      quietly(async () => {
        const cc = kit.cluster(worker, { maxWorkers: 1, maxBacklog: Infinity });
        for (const [at, [path, make]] of THREAD_ONLY.entries()) {
          const sent = await kit.job(cc, { what: "tag", value: make() });
          const answered = await kit.job(cc, { what: "threadOnly", at });
          // What a listener throws ends its worker.
          if (worker === "answers.mjs") {
            const thrown = await kit.error(cc, { what: "throwsThreadOnly", at });
            assert.deepEqual([thrown.message, thrown["code"]], ["thrown", "E_ONLY"]);
          }
          if (kit.isolation === "thread") {
            assert.ok("ok" in sent && "ok" in answered);
            continue;
          }
          for (const [ended, where] of [[sent, "args.value"], [answered, "result"]] as const) {
            const { error } = ended as unknown as { error: Failure };
            assert.deepEqual([error["code"], error["path"]], ["CC_ERR_NOT_CLONEABLE", where + path]);
          }
        }
        assert.deepEqual(await kit.value(cc, { what: "value", value: 10n }), 10n);
        assert.deepEqual([cc.stats().lost.workers, kit.faults], [0, []]);
      }),
  })),
  ...everyWay(
    "F-18 Arguments that can't be sent fail their job, and hold no place",
    (kit, worker, style) =>
      quietly(async () => {
        const cc = kit.cluster(worker, { maxWorkers: 1, maxBacklog: Infinity });
        for (const [value, path] of REFUSED) {
          // Behind one that runs, and before one that waits.
          const [before, error, after] = await Promise.all([
            kit.job(cc, { op: "sleep", ms: 1, value: "before" }, undefined, style),
            kit.error(cc, value, undefined, style),
            kit.job(cc, { op: "echo", value: "after" }, undefined, style),
          ]);
          assert.deepEqual([error["code"], error["path"]], ["CC_ERR_NOT_CLONEABLE", path]);
          assert.deepEqual([before, after], [{ ok: "before" }, { ok: "after" }] satisfies Ended[]);
        }
        const { jobs, workers, lost } = cc.stats();
        assert.deepEqual([jobs.waiting, jobs.running, jobs.failed], [0, 0, REFUSED.length]);
        assert.deepEqual([workers.idle, lost.workers], [1, 0]);
      }),
  ),
  ...everyWay(
    "F-18 A cluster that has had nothing but bad arguments works and ends",
    (kit, worker, style) =>
      quietly(async () => {
        const cc = kit.cluster(worker, { maxWorkers: 1, maxBacklog: Infinity });
        const errors = await Promise.all(REFUSED.map(([value]) => kit.error(cc, value, undefined, style)));
        assert.deepEqual(errors.map((error) => error["code"]), REFUSED.map(() => "CC_ERR_NOT_CLONEABLE"));
        const echoed = { op: "echo", value: [cycle, 10n, undefined] };
        assert.deepEqual(await kit.value(cc, echoed, undefined, style), [cycle, 10n, undefined]);
        const waiting = REFUSED.map(([value]) => kit.error(cc, value, undefined, style));
        const [ended] = await Promise.all([Promise.all(waiting), cc.exit()]);
        for (const error of ended) assert.ok(["CC_ERR_CLOSED", "CC_ERR_NOT_CLONEABLE"].includes(String(error["code"])));
      }),
  ),
  {
    name: "F-18 Arguments that are nested without end fail or arrive, and cost no worker",
    run: (kit) =>
      quietly(async () => {
        const cc = kit.cluster("answers.mjs", { maxWorkers: 1 });
        const ended = await kit.job(cc, { what: "plain", deep: deep(200_000) });
        if ("error" in ended) assert.equal((ended.error as Failure)["code"], "CC_ERR_NOT_CLONEABLE");
        else assert.equal(ended.ok, "plain");
        assert.equal(await kit.value(cc, { what: "plain" }), "plain");
        assert.equal(cc.stats().lost.workers, 0);
      }),
  },
  ...answering(
    "F-18 What is nested deeper than whoever gets it could read fails its job alone, whoever sends it",
    async (kit, worker, style) => {
      const cc = kit.cluster(worker, { maxWorkers: 1, concurrency: 2, maxBacklog: Infinity });
      for (const levels of [500, 2_000, 2_500, 3_000, 6_000, 30_000]) {
        const wrong = levels > 1_200;
        const [answer, args, neighbour] = await Promise.all([
          kit.job(cc, { what: "deep", levels }, undefined, style),
          kit.job(cc, { what: "plain", deep: deep(levels, new Date()) }, undefined, style),
          kit.job(cc, { what: "plain" }, undefined, style),
        ]);
        assert.deepEqual(neighbour, { ok: "plain" });
        for (const ended of [answer, args]) {
          if (!wrong) assert.ok("ok" in ended);
          else assert.equal("error" in ended && (ended.error as Failure)["code"], "CC_ERR_NOT_CLONEABLE");
        }
        // What a listener throws is its process's.
        if (worker !== "answers.mjs") continue;
        assert.equal((await kit.error(cc, { what: "throwsDeep", levels }, undefined, style))["code"], "E_DEEP");
      }
      assert.equal(cc.stats().lost.workers, 0);
      assert.deepEqual(kit.faults, []);
    },
  ),
  ...answering("F-19 An answer is carried, or fails its job alone", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 1 });
    const carried = { cycle: { n: 1, round: null as unknown }, big: { n: 1n }, undefined: undefined };
    carried.cycle.round = carried.cycle;
    for (const [what, value] of Object.entries(carried)) {
      assert.deepEqual(await kit.value(cc, { what }, undefined, style), value);
    }
    const refused = { function: "result", nested: 'result.list[0].get("k").f', caller: "result.proxy" };
    for (const [what, path] of Object.entries(refused)) {
      const [error, next] = await Promise.all([
        kit.error(cc, { what }, undefined, style),
        kit.value(cc, { what: "plain" }, undefined, style),
      ]);
      assert.deepEqual([error["code"], error["path"], next], ["CC_ERR_NOT_CLONEABLE", path, "plain"]);
    }
    assert.equal(cc.stats().lost.workers, 0);
  }),
  ...answering(
    "F-19 An answer that is nested without end fails or arrives, and costs no worker",
    async (kit, worker, style) => {
      const cc = kit.cluster(worker, { maxWorkers: 1 });
      const ended = await kit.job(cc, { what: "deep" }, undefined, style);
      if ("error" in ended) assert.equal((ended.error as Failure)["code"], "CC_ERR_NOT_CLONEABLE");
      assert.equal(await kit.value(cc, { what: "plain" }, undefined, style), "plain");
      assert.equal(cc.stats().lost.workers, 0);
    },
  ),
  {
    name: "F-19 What a module sends after a refused answer is nobody's",
    async run(kit) {
      const cc = kit.cluster("sends.mjs", { maxWorkers: 1 });
      const answers = await Promise.all([
        kit.error(cc, { what: "function", apologizes: true }).then((error) => error["code"]),
        kit.value(cc, { what: "plain" }),
      ]);
      assert.deepEqual(answers, ["CC_ERR_NOT_CLONEABLE", "plain"]);
    },
  },
  ...answering("F-20 Values are the same on the other side, and back", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 1 });
    for (const [value, tag] of CARRIED) {
      assert.equal(await kit.value(cc, { what: "tag", value }, undefined, style), `[object ${tag}]`);
      const back = await kit.value(cc, { what: "value", value }, undefined, style);
      assert.deepEqual(back, value);
      assert.equal(Object.prototype.toString.call(back), `[object ${tag}]`);
    }
    const never = await kit.value(cc, { what: "value", value: new Date(NaN) }, undefined, style) as Date;
    assert.equal(never.getTime(), NaN);
    const twice = { n: 1 };
    const [one, other] = await kit.value(cc, { what: "value", value: [twice, twice] }, undefined, style) as object[];
    assert.equal(one, other, "one object stays one");
    const error = await kit.value(cc, { what: "value", value: new RangeError("as a value") }, undefined, style);
    assert.ok(error instanceof RangeError);
    assert.equal(error.message, "as a value");
    const bytes = await kit.value(cc, { what: "value", value: Buffer.from([1, 2]) }, undefined, style);
    assert.ok(bytes instanceof Uint8Array);
    assert.equal(Buffer.isBuffer(bytes), !kit.lacks("buffer"));
    assert.deepEqual([...bytes], [1, 2]);
  }),
  ...["answers.mjs", "sends.mjs", "sends.cjs"].map((worker): Case => ({
    name: `F-20 A falsy answer is an answer, and a callback gets it as it is (${worker})`,
    async run(kit) {
      const cc = kit.cluster(worker, { maxWorkers: 1 });
      for (const value of [0, -0, "", false, null, undefined, NaN, 0n]) {
        const heard = await new Promise((resolve) => {
          cc.enqueue({ what: "value", value }, (...args: unknown[]) => resolve(args));
        });
        assert.deepEqual(heard, [null, value]);
        assert.ok(Object.is(await kit.value(cc, { what: "value", value }), value));
      }
    },
  })),
];

registerSuites({ "values": cases });
