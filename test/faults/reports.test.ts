/** What the caller is told of a lost worker, and of a module that can't be loaded. */

import assert from "node:assert/strict";
import { type Case, everyWay } from "../conformance/case.ts";
import { type Failure, type Kit, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

/** Keeps what workers say off the terminal, where that can be asked for. */
const quiet = (kit: Kit): { stdio?: "ignore" } => kit.lacks("stdio") ? {} : { stdio: "ignore" };

/** What every error of a lost worker tells. */
function assertComplete(kit: Kit, error: Failure, job: string): void {
  assert.ok(error instanceof Error);
  assert.deepEqual([error.name, error["code"], error["job"]], ["ClusterError", "CC_ERR_WORKER_EXIT", job]);
  assert.match(String(error["worker"]), /^\d+$/);
  if (kit.isolation === "process") assert.equal(String(error["pid"]), error["worker"]);
  assert.equal(typeof error["stderr"], "string");
  assert.match(error.message, /^compute (process|thread) \(\d+\) dies with code: /);
}

const HOSTILE = ["null", "undefined", "symbol", "bare", "getters", "text", "proxy", "caller", "class"];

const cases: Case[] = [
  ...everyWay("F-17 What ended a worker is the cause of its job's error", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 1, ...quiet(kit) });
    for (const op of ["throw later", "reject later"]) {
      const error = await kit.error(cc, { op, what: "subclass" }, { id: op }, style);
      assertComplete(kit, error, op);
      assert.deepEqual([error["exitCode"], error["signal"]], [1, null]);
      const cause = error.cause as Failure;
      assert.ok(cause instanceof TypeError);
      assert.deepEqual([cause.name, cause.message, cause["field"]], ["InputError", "not a date", "born"]);
      assert.match(String(cause.stack), /perform\.mjs/);
      assert.ok(cause.cause instanceof RangeError);
    }
    await until(() => kit.faults.length === 2);
    for (const fault of kit.faults) assert.equal((fault.cause as Error).message, "not a date");
  }),
  ...everyWay("F-17 An exit and a signal are told apart", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 1, ...quiet(kit) });
    const left = await kit.error(cc, { op: "exit", code: 7 }, { id: "left" }, style);
    assertComplete(kit, left, "left");
    assert.deepEqual([left["exitCode"], left["signal"], left.cause], [7, null, undefined]);
    // A signal to a thread is one to the program.
    if (kit.isolation === "thread") kit.notHere("about processes");
    const signalled = await kit.error(cc, { op: "kill", signal: "SIGABRT" }, { id: "signalled" }, style);
    assertComplete(kit, signalled, "signalled");
    assert.deepEqual([signalled["exitCode"], signalled["signal"]], [null, "SIGABRT"]);
    assert.match(signalled.message, /signal: SIGABRT$/);
  }),
  ...["missing-import.mjs", "syntax-error.mjs", "setup-fails.mjs"].flatMap((worker) =>
    (["promise", "callback"] as const).map((style): Case => ({
      name: `F-17 A module that can't be loaded is no lost worker, and its error is the cause (${worker}, ${style})`,
      async run(kit) {
        const cc = kit.cluster(worker, { maxWorkers: 1, ...quiet(kit) });
        const [error, other] = await Promise.all([1, 2].map((id) => kit.error(cc, {}, { id: String(id) }, style)));
        assert.ok(error instanceof Error && other instanceof Error);
        assert.notEqual(error, other, "no two jobs share an error");
        assert.deepEqual([error["code"], error["retryable"], error["job"]], ["CC_ERR_WORKER_START", true, "1"]);
        assert.ok(error.cause instanceof Error);
        assert.ok(error.cause.message !== "" && error.message.endsWith(error.cause.message), error.message);
      },
    }))
  ),
  ...["throw", "reject", "later"].map((how): Case => ({
    name: `F-17 Whatever a listener throws, it is the loss of that job alone (${how})`,
    async run(kit) {
      const cc = kit.cluster("throws.mjs", { maxWorkers: 1, ...quiet(kit) });
      for (const what of ["error", ...HOSTILE]) {
        const [error, next] = await Promise.all([
          kit.error(cc, { how, what }, { id: what }),
          kit.value(cc, { n: 1 }),
        ]);
        assertComplete(kit, error, what);
        assert.deepEqual(next, { n: 1 });
        if (what === "error") assert.equal((error.cause as Failure)["code"], "E_BAD");
      }
      assert.equal(cc.stats().lost.workers, HOSTILE.length + 1);
      await until(() => kit.faults.length === HOSTILE.length + 1);
    },
  })),
  ...["throw", "reject"].flatMap((how) =>
    (["promise", "callback"] as const).map((style): Case => ({
      name: `F-17 Whatever a handler throws reaches the caller, and the worker lives (${how}, ${style})`,
      async run(kit) {
        const cc = kit.cluster("throws-handler.mjs", { maxWorkers: 1 });
        for (const what of HOSTILE) {
          const ended = await kit.job(cc, { how, what }, undefined, style);
          assert.ok("error" in ended, what);
          if (style === "callback") assert.ok(ended.error, what);
          else if (what === "null") assert.equal(ended.error, null);
        }
        const error = await kit.error(cc, { how, what: "error" }, undefined, style);
        assert.deepEqual([error.name, error.message, error["code"]], ["TypeError", "bad input 42", "E_BAD"]);
        assert.deepEqual(await kit.value(cc, { n: 1 }, undefined, style), { n: 1 });
        assert.equal(cc.stats().lost.workers, 0);
      },
    }))
  ),
  {
    name: "F-17 The end of what a process said is in its error, cut where that was long",
    needs: "stderr",
    async run(kit) {
      const cc = kit.cluster("contract.mjs", { maxWorkers: 1, ...quiet(kit) });
      const error = await kit.error(cc, { op: "stderr", text: `${"é".repeat(40_000)} last words`, code: 3 });
      assert.deepEqual([error["exitCode"], String(error["stderr"]).endsWith(" last words")], [3, true]);
      assert.ok(String(error["stderr"]).length <= 4096);
      const [fault] = kit.faults as Failure[];
      assert.deepEqual([fault?.["code"], fault?.["exitCode"]], ["CC_ERR_WORKER_EXIT", 3]);
    },
    async otherwise(kit) {
      const cc = kit.cluster("contract.mjs", { maxWorkers: 1 });
      assert.equal((await kit.error(cc, { op: "exit", code: 3 }))["stderr"], "");
    },
  },
  {
    name: "F-17 What a process said before it aborted is in its error, and nothing of the bootstrap's text",
    needs: "stderr",
    async run(kit) {
      // A core file may be written where it runs.
      const cc = kit.cluster("contract.mjs", { maxWorkers: 1, cwd: kit.file("."), ...quiet(kit) });
      const error = await kit.error(cc, { op: "abort", text: "last words" });
      assert.match(String(error["stderr"]), /last words/);
      assert.doesNotMatch(String(error["stderr"]), /node:worker_threads/);
      if (kit.runtime === "node") assert.match(String(error["stderr"]), /perform\.mjs:\d/);
    },
    async otherwise(kit) {
      assert.equal((await kit.error(kit.cluster("contract.mjs", { maxWorkers: 1 }), { op: "exit" }))["stderr"], "");
    },
  },
];

registerSuites({ "what callers are told": cases });
