/** Jobs that are sent ahead: exactly those that had begun are lost with their worker, the rest run once. */

import assert from "node:assert/strict";
import process from "node:process";
import type { ComputeCluster } from "../../mod.ts";
import type { Case } from "../conformance/case.ts";
import { type Ended, type Kit, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";
import { random } from "../core/random.ts";
import { quietly } from "./quiet.ts";

const JOBS = 600;

/** How the worker is written, and which of its functions runs. */
const WAYS: readonly [worker: string, task: string | undefined, concurrency: number][] = [
  ["logs-and-dies.mjs", "run", 1],
  ["logs-and-dies.mjs", "asynchronous", 1],
  ["logs-and-dies.mjs", "asynchronous", 3],
  ["logs-and-dies.cjs", undefined, 1],
];

const seed = Number(process.env["SEED"] ?? Date.now() % 1e6);

function deaths(prefetch: number | "auto"): Case[] {
  return WAYS.map(([worker, task, concurrency]) => ({
    name: `Workers that die at random lose the jobs that they ran, and no other runs twice ` +
      `(${worker} ${task ?? ""}, ${concurrency} at once, prefetch ${prefetch}, SEED=${seed})`,
    run: (kit) =>
      quietly(async () => {
        const { once, pick } = random(seed);
        const file = kit.file("begun");
        const cc = kit.cluster(worker, { maxBacklog: Infinity, prefetch, concurrency });
        // They are known to be short.
        await Promise.all(Array.from({ length: 300 }, (_, n) => run(kit, cc, task, { file, n: `warm ${n}` })));
        const dying = new Map<number, string>();
        for (let n = 0; n < JOBS; n++) if (once(60)) dying.set(n, pick(["exit", "kill"]));
        const ended = await Promise.all(
          Array.from({ length: JOBS }, (_, n) => run(kit, cc, task, { file, n, dies: dying.get(n) })),
        );
        const begun = kit.lines(file).filter((line) => !line.startsWith("warm")).map(Number);
        assert.deepEqual(begun.toSorted((a, b) => a - b), ended.map((_, n) => n), "each job has begun once");
        ended.forEach((end, n) => {
          if ("ok" in end) return assert.deepEqual(end.ok, { n });
          assert.equal((end.error as { code?: unknown }).code, "CC_ERR_WORKER_EXIT");
          // With others at once in the worker those that ran beside it are lost too.
          if (concurrency === 1) assert.ok(dying.has(n), `job ${n} was lost, and did not end its worker`);
        });
        for (const n of dying.keys()) assert.ok("error" in ended[n]!, `job ${n}`);
        // Two may end the same worker.
        assert.ok(concurrency === 1 ? cc.stats().lost.workers === dying.size : cc.stats().lost.workers <= dying.size);
      }),
  }));
}

function run(kit: Kit, cc: ComputeCluster, task: string | undefined, args: object): Promise<Ended> {
  return kit.job(cc, args, task === undefined ? undefined : { task });
}

registerSuites({
  "jobs sent ahead": [
    ...deaths("auto"),
    ...deaths(20),
    {
      name: "The first long job after thousands of short ones holds up no other, sent or ended before it",
      async run(kit) {
        const file = kit.file("begun");
        const cc = kit.cluster("logs-and-dies.mjs", { maxBacklog: Infinity });
        await Promise.all(Array.from({ length: 3_000 }, (_, n) => run(kit, cc, "run", { file, n })));
        const gate = kit.file("gate");
        const tiny = (name: string): Promise<Ended> => run(kit, cc, "run", { file, n: name });
        const before = Array.from({ length: 30 }, (_, n) => tiny(`before ${n}`));
        const long = run(kit, cc, "run", { file, n: "long", until: gate });
        const after = Array.from({ length: 60 }, (_, n) => tiny(`after ${n}`));
        // The long job blocks its worker until all others have ended.
        for (const ended of await Promise.all([...before, ...after])) assert.ok("ok" in ended);
        kit.write(gate);
        assert.deepEqual(await long, { ok: { n: "long" } });
        assert.equal(new Set(kit.lines(file)).size, kit.lines(file).length, "none has begun twice");
      },
    },
    {
      name: "A free worker takes over what stands ahead of another, though that one answers now and then",
      async run(kit) {
        const file = kit.file("begun");
        const cc = kit.cluster("logs-and-dies.mjs", {
          minWorkers: 2,
          maxWorkers: 2,
          maxBacklog: Infinity,
          prefetch: 128,
        });
        await cc.ready();
        await until(() => cc.stats().workers.idle === 2);
        const spinning = new Map<string, number>();
        cc.on("job:settled", ({ job, worker }) => {
          if (Number(job) % 2 === 1) spinning.set(String(worker), (spinning.get(String(worker)) ?? 0) + 1);
        });
        const rounds: number[][] = [];
        const isShared = (counts: number[]): boolean => counts.length === 2 && Math.min(...counts) >= 30;
        // More than one only where the system has the free worker stand still meanwhile.
        while (!rounds.some(isShared)) {
          assert.ok(rounds.length < 20, `in no round: ${JSON.stringify(rounds)}`);
          spinning.clear();
          // They are dealt out in turn: one worker gets all that take time.
          const jobs = Array.from({ length: 240 }, (_, n) => {
            return kit.job(cc, { file, n, spins: n % 2 === 1 ? 1 : 0 }, { task: "run", id: String(n) });
          });
          assert.deepEqual(await Promise.all(jobs), jobs.map((_, n) => ({ ok: { n } })));
          rounds.push([...spinning.values()]);
          assert.equal(kit.lines(file).length, 240 * rounds.length);
        }
      },
    },
    ...[1, 4].map((concurrency): Case => ({
      name: `A listener that throws, in a module that survives it, holds up no other job (${concurrency} at once)`,
      async run(kit) {
        const cc = kit.cluster("survives-throwing.mjs", {
          maxWorkers: 1,
          maxBacklog: Infinity,
          concurrency,
          prefetch: 20,
        });
        await cc.ready();
        const jobs = Array.from({ length: 60 }, (_, n) => kit.job(cc, { n, throws: n % 7 === 3 }));
        const ended = await Promise.all(jobs);
        assert.deepEqual(ended, jobs.map((_, n) => ({ ok: n % 7 === 3 ? { n, late: true } : { n } })));
        assert.equal(cc.stats().lost.workers, 0);
      },
    })),
    ...[100, 100_000].flatMap((size) =>
      [1, 4].map((concurrency): Case => ({
        name:
          `Each job arrives whole in a module that survives whatever it throws (${size} bytes, ${concurrency} at once)`,
        async run(kit) {
          const cc = kit.cluster("survives-anything.mjs", { maxWorkers: 1, maxBacklog: Infinity, concurrency });
          await cc.ready();
          const ways = ["tick", "listener", "microtask", "event", "immediate", "rejection"];
          const jobs = Array.from({ length: 48 }, (_, n) => {
            const fill = String(n % 10);
            return kit.value(cc, { n, fill, size, text: fill.repeat(size), way: ways[n % ways.length] });
          });
          assert.deepEqual(await Promise.all(jobs), jobs.map((_, n) => ({ n, whole: true })));
          assert.deepEqual([cc.stats().lost.workers, cc.stats().lost.messages], [0, 0]);
        },
      }))
    ),
    {
      name: "A job that is aborted while it waits in a worker never begins, and the worker stays",
      async run(kit) {
        const file = kit.file("begun");
        const cc = kit.cluster("logs-and-dies.mjs", { maxWorkers: 1, maxBacklog: Infinity, prefetch: 20 });
        await cc.ready();
        let exits = 0;
        cc.on("worker:exit", () => exits++);
        const controller = new AbortController();
        const gate = kit.file("gate");
        const first = run(kit, cc, "run", { file, n: "first", until: gate });
        const aborted = Array.from(
          { length: 10 },
          (_, n) => kit.job(cc, { file, n: `aborted ${n}` }, { task: "run", signal: controller.signal }),
        );
        const last = run(kit, cc, "run", { file, n: "last" });
        await new Promise((resolve) => setImmediate(resolve));
        controller.abort("not wanted");
        for (const end of await Promise.all(aborted)) assert.deepEqual(end, { error: "not wanted" });
        kit.write(gate);
        assert.deepEqual([await first, await last], [{ ok: { n: "first" } }, { ok: { n: "last" } }]);
        assert.deepEqual([kit.lines(file), exits], [["first", "last"], 0]);
      },
    },
    {
      name: "exit says of each job whether it had begun",
      async run(kit) {
        const file = kit.file("begun");
        const cc = kit.cluster("logs-and-dies.mjs", { maxWorkers: 1, maxBacklog: Infinity, prefetch: 20 });
        await cc.ready();
        const gate = kit.file("gate");
        const blocks = kit.lacks("kill") ? { until: gate } : { spins: 20_000 };
        const jobs = Array.from({ length: 10 }, (_, n) => kit.error(cc, { file, n, ...blocks }, { task: "run" }));
        await until(() => kit.lines(file).length > 0);
        await cc.exit();
        kit.write(gate);
        const errors = await Promise.all(jobs);
        assert.deepEqual(errors.map((error) => error["retryable"]), [false, ...Array(9).fill(true)]);
        assert.deepEqual(kit.lines(file), ["0"]);
      },
    },
  ],
});
