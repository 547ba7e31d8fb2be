/** Workers that have served long enough are replaced, and no job is lost. */

import assert from "node:assert/strict";
import type { Case } from "../case.ts";
import { until } from "../kit.ts";

interface Served {
  readonly value: unknown;
  readonly served: number;
  readonly pid: number;
}

export const recycling: Case[] = [
  {
    name: "maxJobsPerWorker 1 gives every job a worker of its own",
    async run(kit) {
      const cc = kit.cluster("leaky.mjs", { maxJobsPerWorker: 1, killGrace: 10_000 });
      const answers = await Promise.all(Array.from({ length: 6 }, (_, value) => kit.value(cc, { value })));
      assert.deepEqual(
        (answers as Served[]).map(({ value, served }) => [value, served]),
        [0, 1, 2, 3, 4, 5].map((i) => [i, 1]),
      );
      if (kit.isolation === "process") assert.equal(new Set((answers as Served[]).map(({ pid }) => pid)).size, 6);
      await cc.close();
      assert.equal(cc.stats().recycled, 6);
      assert.deepEqual(kit.faults, []);
    },
  },
  {
    name: "maxJobsPerWorker with a queue, with retries and with close",
    async run(kit) {
      const cc = kit.cluster("leaky.mjs", { maxJobsPerWorker: 3, retries: 5, maxBacklog: Infinity });
      const jobs = Array.from({ length: 30 }, (_, value) => kit.value(cc, { value, exit: value % 10 === 0 }));
      const closed = cc.close();
      const answers = await Promise.all(jobs) as Served[];
      await closed;
      assert.deepEqual(answers.map(({ value }) => value), Array.from({ length: 30 }, (_, i) => i));
      assert.ok(Math.max(...answers.map(({ served }) => served)) <= 3);
      assert.ok(cc.stats().recycled >= 8, `${cc.stats().recycled}`);
      assert.equal(Object.values(cc.stats().workers).reduce((sum, count) => sum + count), 0);
    },
  },
  {
    name: "maxWorkerMemory replaces a worker that leaks",
    async run(kit) {
      const cc = kit.cluster("leaky.mjs", { maxWorkers: 1, maxWorkerMemory: 150e6, maxBacklog: Infinity });
      // 16 bytes and more each: some 30 jobs fill a worker, however small it begins.
      let jobs = 0;
      const exits: (string | null)[] = [];
      cc.on("worker:exit", ({ recycled }) => exits.push(recycled));
      while (cc.stats().recycled < 2) {
        const { value } = await kit.value(cc, { value: ++jobs, keep: 200_000, ms: 50 }) as Served;
        assert.equal(value, jobs);
      }
      assert.deepEqual([exits, kit.faults], [["memory", "memory"], []]);
    },
  },
  {
    name: "maxWorkerAge replaces busy workers one at a time, the successor first",
    async run(kit) {
      const cc = kit.cluster("leaky.mjs", {
        maxWorkers: 3,
        minWorkers: 2,
        maxWorkerAge: 150,
        maxBacklog: Infinity,
        killGrace: 10_000,
      });
      await cc.ready();
      let most = 0;
      cc.on("job:settled", () => {
        const { retiring, stopping } = cc.stats().workers;
        most = Math.max(most, retiring + stopping);
      });
      let value = 0;
      const keepBusy = async (): Promise<void> => {
        while (cc.stats().recycled < 4) {
          const sent = value++;
          assert.equal((await kit.value(cc, { value: sent, ms: 5 }) as Served).value, sent);
        }
      };
      await Promise.all([keepBusy(), keepBusy()]);
      assert.equal(most, 1);
      assert.deepEqual([cc.stats().jobs.failed, kit.faults], [0, []]);
    },
  },
  {
    name: "maxWorkerAge ends a worker that rests, and starts none without need",
    async run(kit) {
      const setupData = { file: kit.file("life") };
      const cc = kit.cluster("life.mjs", { maxWorkerAge: 50, killGrace: 20_000, setupData });
      await cc.ready();
      await until(() => cc.stats().recycled === 1);
      assert.equal(Object.values(cc.stats().workers).reduce((sum, count) => sum + count), 0);
      assert.deepEqual(kit.lines(setupData.file), ["setup", "teardown"]);
    },
  },
];
