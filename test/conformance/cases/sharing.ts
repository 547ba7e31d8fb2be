/** Clusters that share a budget. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { Budget, type ComputeCluster } from "../../../mod.ts";
import type { Case } from "../case.ts";
import { type Kit, until } from "../kit.ts";

/** Workers that have not exited. */
const live = (cc: ComputeCluster): number => Object.values(cc.stats().workers).reduce((sum, count) => sum + count);

/** Jobs that run until their file is there. */
const wait = (kit: Kit, cc: ComputeCluster, ...names: string[]): Promise<unknown[]> =>
  Promise.all(names.map((name) => kit.value(cc, { op: "wait", file: kit.file(name), value: name })));

const running = (cc: ComputeCluster): number => cc.stats().jobs.running;

export const sharing: Case[] = [
  {
    name: "Clusters with a budget have no more workers together, and each has what it has work for",
    async run(kit) {
      const budget = new Budget({ workers: 3 });
      const [one, two] = [1, 2].map(() => kit.cluster("handler.mjs", { maxWorkers: 5, budget })) as [
        ComputeCluster,
        ComputeCluster,
      ];
      const first = wait(kit, one, "a", "b", "c", "d");
      await until(() => running(one) === 3);
      const second = wait(kit, two, "e", "f");
      // Its first is everybody's right.
      await until(() => running(two) === 1);
      assert.deepEqual([live(one), live(two)], [3, 1]);
      kit.write(kit.file("a"));
      await until(() => live(one) === 2);
      assert.deepEqual([running(one), live(two)], [2, 1]);
      kit.write(kit.file("b"));
      // The fourth takes the place of the second: two are one's share.
      await until(() => one.stats().jobs.waiting === 0);
      for (const name of ["c", "d", "e", "f"]) kit.write(kit.file(name));
      assert.deepEqual(await first, ["a", "b", "c", "d"]);
      assert.deepEqual(await second, ["e", "f"]);
      assert.deepEqual(kit.faults, []);
    },
  },
  {
    name: "An idle cluster gives its workers to one that has work, warm ones too",
    async run(kit) {
      const budget = new Budget({ workers: 2 });
      const idle = kit.cluster("handler.mjs", { maxWorkers: 2, minWorkers: 2, budget });
      await idle.ready();
      assert.equal(live(idle), 2);
      const busy = kit.cluster("handler.mjs", { maxWorkers: 2, budget });
      const jobs = wait(kit, busy, "a", "b");
      await until(() => running(busy) === 2);
      assert.equal(live(idle), 0);
      // It may have one all the same.
      assert.equal(await kit.value(idle, { op: "echo", value: 1 }), 1);
      for (const name of ["a", "b"]) kit.write(kit.file(name));
      await jobs;
      await busy.close();
      await until(() => live(idle) === 2);
      assert.deepEqual(kit.faults, []);
    },
  },
  {
    name: "More clusters than a budget has workers have one each",
    async run(kit) {
      const budget = new Budget({ workers: 1 });
      const clusters = [1, 2, 3].map(() => kit.cluster("handler.mjs", { budget }));
      const jobs = clusters.map((cc, i) => wait(kit, cc, `${i}`, `${i} too`));
      await until(() => clusters.every((cc) => running(cc) === 1));
      assert.deepEqual(clusters.map(live), [1, 1, 1]);
      for (const i of clusters.keys()) for (const name of [`${i}`, `${i} too`]) kit.write(kit.file(name));
      await Promise.all(jobs);
    },
  },
  {
    name: "Many budgets at a time are one folder for their sockets, and none in the end",
    async run(kit) {
      const clusters = Array.from({ length: 3 }, () => kit.cluster("handler.mjs", { budget: new Budget() }));
      const folders = async (): Promise<string[]> => {
        const jobs = clusters.map((cc) => kit.value(cc, { op: "look" }) as Promise<{ env: Record<string, string> }>);
        return (await Promise.all(jobs)).map(({ env }) =>
          dirname(env["COMPUTE_CLUSTER_BUDGET"] ?? "1:/none/x").slice(2)
        );
      };
      const [folder = "", ...others] = new Set(await folders());
      assert.deepEqual(others, []);
      if (!kit.lacks("env")) assert.equal(existsSync(folder), true);
      await Promise.all(clusters.map((cc) => cc.close()));
      assert.equal(existsSync(folder), false);
    },
  },
  {
    name: "A budget that is none is refused, and so is one that makes no sense",
    async run(kit) {
      for (const budget of [{}, 2, "machine", true, null, Budget]) {
        assert.throws(() => kit.cluster("handler.mjs", { budget: budget as never }), {
          code: "CC_ERR_OPTION",
          message: /^budget must be a Budget, such as Budget\.machine, got /,
        });
      }
      for (const workers of [0, -1, 1.5, NaN, Infinity, "2", null]) {
        assert.throws(() => new Budget({ workers } as never), {
          code: "CC_ERR_OPTION",
          message: /^workers must be an integer of at least 1, got /,
        });
      }
      for (const options of [null, 4, "4"]) {
        assert.throws(() => new Budget(options as never), { code: "CC_ERR_OPTION" });
      }
      assert.throws(() => new Budget({ worker: 1 } as never), /did you mean workers\?/);
    },
  },
  {
    name: "A budget changes nothing in the program's environment",
    async run(kit) {
      const before = { ...process.env };
      const cc = kit.cluster("handler.mjs", { budget: new Budget({ workers: 1 }) });
      const { env } = await kit.value(cc, { op: "look" }) as { env: Record<string, string> };
      if (!kit.lacks("env")) assert.match(env["COMPUTE_CLUSTER_BUDGET"] ?? "", /^1:./);
      assert.deepEqual({ ...process.env }, before);
    },
  },
];
