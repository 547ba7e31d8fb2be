/** Jobs that were sent and have not begun: they never cost anything, and are never thought to have run. */

import assert from "node:assert/strict";
import type { Case } from "../conformance/case.ts";
import { type Failure, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";
import { quietly } from "./quiet.ts";

const WORKER = "comes-and-goes.mjs";

/** A job can't be told from one that has begun without a shared file: Deno needs a permission for it, Windows has none. */
const WAYS = [["auto", 1], [0, 1], [0, 4], ["auto", 4]] as const;

const cases: Case[] = [
  ...WAYS.map(([prefetch, concurrency]): Case => ({
    name: `A worker that leaves after an answer takes no job along that has not begun (${prefetch}, ${concurrency})`,
    run: (kit) =>
      quietly(async () => {
        const cc = kit.cluster(WORKER, { maxWorkers: 1, maxBacklog: Infinity, prefetch, concurrency });
        const jobs = Array.from({ length: 20 }, (_, n) => kit.job(cc, n, { task: "leave" }));
        assert.deepEqual(await Promise.all(jobs), jobs.map((_, n) => ({ ok: n })));
        assert.deepEqual(kit.faults, []);
      }),
  })),
  // It was long silent, so that jobs were taken back, and hears of that no more. After a second it is given another regardless.
  ...[200, 1_600].map((takes): Case => ({
    name: `A worker that leaves slowly after a long job takes no job along that has not begun (${takes} ms)`,
    run: (kit) =>
      quietly(async () => {
        const cc = kit.cluster(WORKER, { maxWorkers: 1, maxBacklog: Infinity, prefetch: 3 });
        const jobs = Array.from({ length: 6 }, (_, n) =>
          n % 3 === 1 ? kit.job(cc, { value: n, takes }, { task: "leaveSlowly" }) : kit.job(cc, n));
        assert.deepEqual(await Promise.all(jobs), jobs.map((_, n) => ({ ok: n })));
        assert.deepEqual(kit.faults, []);
      }),
  })),
  ...WAYS.map(([prefetch, concurrency]): Case => ({
    name: `A worker that dies in a job takes no other along that has not begun (${prefetch}, ${concurrency})`,
    run: (kit) =>
      quietly(async () => {
        const cc = kit.cluster(WORKER, { maxWorkers: 1, maxBacklog: Infinity, prefetch, concurrency });
        const file = kit.file("begun");
        await kit.value(cc, 1);
        const jobs = Array.from(
          { length: 12 },
          (_, n) => n % 4 === 0 ? kit.job(cc, n, { task: "die" }) : kit.job(cc, { file, n }, { task: "note" }),
        );
        const ended = await Promise.all(jobs);
        const failed = ended.flatMap((end, n) => "error" in end ? [n] : []);
        assert.deepEqual(failed, [0, 4, 8]);
        assert.deepEqual(kit.lines(file).map(Number), [1, 2, 3, 5, 6, 7, 9, 10, 11]);
      }),
  })),
  {
    name: "A job of whose arguments workers die before they begin it fails alone",
    run: (kit) =>
      quietly(async () => {
        // A small heap is the way to it.
        if (kit.runtime !== "node" || kit.isolation === "thread") kit.notHere("needs a limit on a process' heap");
        const execArgv = ["--max-old-space-size=30"];
        const cc = kit.cluster(WORKER, { maxWorkers: 1, maxBacklog: Infinity, execArgv, stdio: "ignore" });
        await kit.value(cc, 1);
        const large = Array.from({ length: 600_000 }, (_, i) => ({ i, text: `text ${i}` }));
        const ended = await Promise.all([large, 2, 3].map((args) => kit.job(cc, args)));
        const [failed, ...others] = ended as [{ error: Failure }, unknown, unknown];
        assert.deepEqual([failed.error["code"], failed.error["retryable"]], ["CC_ERR_WORKER_EXIT", false]);
        assert.deepEqual(others, [{ ok: 2 }, { ok: 3 }]);
      }),
  },
  {
    name: "Jobs of workers that leave before they begin anything fail, and the cluster closes",
    run: (kit) =>
      quietly(async () => {
        const cc = kit.cluster("leaves-at-once.mjs", { maxWorkers: 1, maxBacklog: Infinity });
        const ended = await Promise.all([1, 2].map((args) => kit.job(cc, args)));
        // A worker may be quick enough to take one.
        for (const [i, end] of ended.entries()) {
          if ("ok" in end) assert.equal(end.ok, i + 1);
          else assert.match((end.error as Failure)["code"] as string, /^CC_ERR_WORKER_(?:EXIT|START)$/);
        }
        await cc.close();
      }),
  },
  {
    name: "An aborted job that waits inside of a worker costs its neighbours nothing, and never begins",
    async run(kit) {
      for (const prefetch of [0, "auto"] as const) {
        const cc = kit.cluster(WORKER, {
          maxWorkers: 1,
          concurrency: 3,
          prefetch,
          // Longer than a busy machine takes from the abort to the end of the blocked job.
          killGrace: 10_000,
          maxBacklog: Infinity,
        });
        const [free, done, begun, file] = [
          kit.file(`free ${prefetch}`),
          kit.file(`done ${prefetch}`),
          kit.file(`blocks ${prefetch}`),
          kit.file(`begun ${prefetch}`),
        ];
        await kit.value(cc, 1);
        const neighbour = kit.job(cc, done, { task: "wait" });
        // The next two go in one frame, so that the worker has the second in its hands while the first blocks its loop.
        await until(() => cc.stats().jobs.running === 1);
        const blocked = kit.job(cc, { begun, file: free }, { task: "block" });
        const abort = new AbortController();
        const unwanted = kit.job(cc, { file, n: 1 }, { task: "note", signal: abort.signal });
        await until(() => kit.lines(begun).length === 1);
        abort.abort(new Error("not wanted"));
        assert.equal(((await unwanted) as { error: Error }).error.message, "not wanted");
        kit.write(free);
        assert.deepEqual(await blocked, { ok: "blocked" });
        assert.equal(await kit.value(cc, "next"), "next");
        kit.write(done);
        assert.deepEqual(await neighbour, { ok: "waited" });
        assert.equal(cc.stats().lost.workers, 0);
        // Deno reads its processes' channel beside the loop (2.9.6): the job may begin first, and is told then.
        if (kit.runtime !== "deno" || kit.isolation === "thread") assert.deepEqual(kit.lines(file), []);
      }
    },
  },
  {
    name: "A job that can't be written costs no other of its frame",
    async run(kit) {
      // A thread gets values, not text.
      if (kit.isolation === "thread") kit.notHere("about processes");
      const cc = kit.cluster(WORKER, { maxWorkers: 1, serialization: "json", maxBacklog: Infinity });
      await Promise.all(Array.from({ length: 50 }, (_, n) => kit.value(cc, n)));
      const ended = await Promise.all([1, 2n, 3, [4n], 5].map((args) => kit.job(cc, args)));
      assert.deepEqual(
        ended.map((end) => "error" in end ? (end.error as Failure)["code"] : end.ok),
        [1, "CC_ERR_NOT_CLONEABLE", 3, "CC_ERR_NOT_CLONEABLE", 5],
      );
    },
  },
  {
    name: "Answers that a dead worker had sent, but its host had not read, arrive",
    run: (kit) =>
      quietly(async () => {
        const cc = kit.cluster(WORKER, { maxWorkers: 1, prefetch: 1_000, maxBacklog: Infinity });
        await kit.value(cc, 1);
        // More than a socket holds, each small enough to be sent with others.
        const pad = "p".repeat(3_500);
        const jobs = Array.from(
          { length: 600 },
          (_, n) => n === 400 ? kit.job(cc, null, { task: "die" }) : kit.job(cc, { n, pad }),
        );
        // They are sent at the end of the tick. Then nothing is read while the worker fills its line, and dies.
        await new Promise((resolve) => setImmediate(resolve));
        const end = performance.now() + 400;
        while (performance.now() < end);
        const failed = (await Promise.all(jobs)).flatMap((ended, n) => "error" in ended ? [n] : []);
        assert.deepEqual(failed, [400]);
      }),
  },
];

registerSuites({ "jobs that have not begun": cases });
