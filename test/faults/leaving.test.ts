/** Workers that leave by themselves, as users have them do against leaks. */

import assert from "node:assert/strict";
import { type Case, everyWay } from "../conformance/case.ts";
import { type Ended, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";
import { codes } from "./outcomes.ts";

/** Each job has its own answer, or met a worker that was leaving: it then fails once, and says so. */
function check(ended: readonly Ended[], faults: readonly Error[]): void {
  for (const [i, end] of ended.entries()) {
    if ("ok" in end) assert.equal(end.ok, i);
    else assert.deepEqual(codes([end]), ["CC_ERR_WORKER_EXIT"]);
  }
  const failed = codes(ended).filter((code) => code !== null).length;
  assert.equal(faults.length, failed, "an event for each job that was lost, and none for those that left while idle");
}

const cases: Case[] = [
  ...[0, 1, 5, 20].flatMap((delay) =>
    everyWay(`F-16 Workers that leave ${delay} ms after every second job stall nothing`, async (kit, worker, style) => {
      const cc = kit.cluster(worker, { maxWorkers: 2, maxBacklog: 100 });
      const jobs = Array.from(
        { length: 24 },
        (_, value) => kit.job(cc, { op: "last", value, every: 2, delay }, undefined, style),
      );
      check(await Promise.all(jobs), kit.faults);
      await cc.exit();
    })
  ),
  {
    name: "F-16 A worker that leaves after its only job costs nobody anything, one job at a time",
    async run(kit) {
      const cc = kit.cluster("contract.cjs", { maxWorkers: 1 });
      for (let value = 0; value < 6; value++) {
        const left = new Promise((resolve) => cc.once("worker:exit", resolve));
        assert.equal(await kit.value(cc, { op: "last", value }), value);
        await left;
      }
      assert.deepEqual([kit.faults, cc.stats().lost.workers, cc.stats().lost.starts], [[], 0, 0]);
    },
  },
  ...["exits", "throws"].flatMap((how) =>
    [undefined, "later"].map((task): Case => ({
      name: `F-16 A worker whose exit listener ${how}${task ? ", after an error," : ""} keeps no job waiting`,
      async run(kit) {
        const cc = kit.cluster("leaves-twice.mjs", { maxWorkers: 1 });
        for (let i = 0; i < 2; i++) {
          const error = await kit.error(cc, how, task ? { task } : undefined);
          // Where the runtime lets `process.exit` throw what the listener throws, that is what the job has thrown.
          assert.ok(error["code"] === "CC_ERR_WORKER_EXIT" || error.message === "in the exit listener", String(error));
        }
        await cc.close();
      },
    }))
  ),
  {
    name: "F-16 Workers that leave are replaced where they are kept warm",
    async run(kit) {
      const cc = kit.cluster("contract.mjs", { maxWorkers: 2, minWorkers: 2 });
      await cc.ready();
      let exits = 0;
      cc.on("worker:exit", () => exits++);
      for (const value of [1, 2]) await kit.job(cc, { op: "last", value });
      await until(() => exits >= 1 && cc.stats().workers.idle === 2);
      assert.equal(await kit.value(cc, { op: "echo", value: "still" }), "still");
    },
  },
  {
    name: "F-16 A worker that leaves with a code of failure while it is idle is one error event, and is replaced",
    async run(kit) {
      const cc = kit.cluster("contract.mjs", { maxWorkers: 1 });
      assert.equal(await kit.value(cc, { op: "last", value: 1, code: 3 }), 1);
      await until(() => kit.faults.length === 1);
      const { code, exitCode, job } = kit.faults[0] as Error & Record<string, unknown>;
      assert.deepEqual([code, exitCode, job], ["CC_ERR_WORKER_EXIT", 3, undefined]);
      assert.equal(await kit.value(cc, { op: "echo", value: "next" }), "next");
    },
  },
  {
    name: "F-16 A job that met a leaving worker runs again where retries allow it",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 2, maxBacklog: 100, retries: 20 });
      const jobs = Array.from({ length: 24 }, (_, value) => kit.value(cc, { op: "last", value, every: 2, delay: 0 }));
      assert.deepEqual(await Promise.all(jobs), Array.from({ length: 24 }, (_, i) => i));
    },
  },
  {
    name: "F-16 close settles while workers are leaving by themselves",
    async run(kit) {
      const cc = kit.cluster("contract.cjs", { maxWorkers: 2, maxBacklog: 100 });
      const jobs = Array.from({ length: 10 }, (_, value) => kit.job(cc, { op: "last", value, delay: 1 }));
      await cc.close();
      check(await Promise.all(jobs), kit.faults);
      assert.equal(cc.stats().state, "closed");
    },
  },
];

registerSuites({ "workers leave by themselves": cases });
