/** F-31: the order of jobs under load. F-32: calls from inside of callbacks, and callbacks that throw. */

import assert from "node:assert/strict";
import type { ComputeCluster } from "../../mod.ts";
import { type Case, everyWay } from "../conformance/case.ts";
import { type Kit, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

/** The names of jobs in the order in which they start. */
function starts(cc: ComputeCluster): string[] {
  const names: string[] = [];
  cc.on("job:started", ({ job }) => names.push(job));
  return names;
}

/** Clients that each enqueue their next job when the one before has ended; gives the names as they were enqueued. */
async function load(
  kit: Kit,
  cc: ComputeCluster,
  jobs: number,
  args: (i: number) => unknown,
  style?: "promise" | "callback",
): Promise<string[]> {
  const names: string[] = [];
  const client = async (): Promise<void> => {
    for (let i = names.length; i < jobs; i = names.length) {
      names.push(String(i));
      await kit.job(cc, args(i), { id: String(i) }, style);
    }
  };
  await Promise.all(Array.from({ length: 20 }, client));
  return names;
}

/** Keeps the one worker busy until it is let go of. */
async function occupied(kit: Kit, cc: ComputeCluster): Promise<() => void> {
  const controller = new AbortController();
  const started = new Promise((resolve) => cc.once("job:started", resolve));
  const held = kit.error(cc, 20_000, { task: "patient", signal: controller.signal, id: "holds" });
  await started;
  return () => {
    controller.abort("let go");
    void held;
  };
}

const cases: Case[] = [
  ...everyWay("F-31 Under load that never ends, jobs run in the order they came", async (kit, worker, style) => {
    const file = kit.file("order");
    const cc = kit.cluster(worker, { maxWorkers: 1, maxBacklog: 100 });
    const started = starts(cc);
    const enqueued = await load(kit, cc, 300, (line) => ({ op: "log", file, line }), style);
    assert.equal(enqueued.length, 300);
    assert.deepEqual(started, enqueued);
    assert.deepEqual(kit.lines(file), enqueued);
  }),
  ...everyWay("F-31 A crash sends nobody to the end of the line", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 1, maxBacklog: 100 });
    const started = starts(cc);
    const enqueued = await load(
      kit,
      cc,
      100,
      (i) => i % 25 === 7 ? { op: "exit", code: 1 } : { op: "echo", value: i },
      style,
    );
    assert.deepEqual(started, enqueued);
    assert.equal(cc.stats().lost.workers, 4);
  }),
  ...([["of any length", { prefetch: 0 }, 0], ["too long to be sent ahead", {}, 4]] as const).map((
    [what, options, shortest],
  ): Case => ({
    // Short jobs that were sent ahead of a worker wait while the system has it stand still, however many others run meanwhile.
    name: `F-31 With several workers no job ${what} is overtaken`,
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 3, maxBacklog: 100, ...options });
      const started = starts(cc);
      const enqueued = await load(
        kit,
        cc,
        200,
        (i) => i % 50 === 7 ? { op: "exit", code: 1 } : { op: "sleep", ms: shortest + i % 4 },
      );
      assert.deepEqual(started, enqueued);
    },
  })),
  {
    name: "F-31 With several jobs in each worker they start in the order they came",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, concurrency: 4, maxBacklog: 100 });
      const started = starts(cc);
      assert.deepEqual(await load(kit, cc, 100, (i) => ({ op: "sleep", ms: i % 5 })), started);
    },
  },
  {
    name: "F-31 A job that is run again keeps its place before those that came later",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: 100, retries: 2 });
      const started = starts(cc);
      const jobs = [0, 1, 2, 3].map((i) =>
        kit.job(cc, i === 1 ? { op: "exit", code: 1 } : { op: "echo" }, { id: `${i}` })
      );
      const [, poison] = await Promise.all(jobs);
      assert.equal((poison as { error: { code: string } }).error.code, "CC_ERR_POISON");
      assert.deepEqual(started, ["0", "1", "1", "1", "2", "3"]);
    },
  },
  {
    name: "F-31 Jobs that are given up while they wait leave the others in order",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: 12 });
      const letGo = await occupied(kit, cc);
      const started = starts(cc);
      const controller = new AbortController();
      const options = (i: number) => ({ id: `${i}`, ...(i % 3 === 1 ? { signal: controller.signal } : {}) });
      const jobs = Array.from({ length: 14 }, (_, i) => kit.job(cc, { op: "echo", value: i }, options(i)));
      controller.abort("given up");
      letGo();
      const ended = await Promise.all(jobs);
      assert.deepEqual(started, ["0", "2", "3", "5", "6", "8", "9", "11"]);
      for (const i of [1, 4, 7, 10]) assert.deepEqual(ended[i], { error: "given up" });
      // Full before any was given up.
      assert.deepEqual(
        [12, 13].map((i) => (ended[i] as { error: { code?: string } }).error.code),
        Array(2).fill("CC_ERR_BACKLOG_FULL"),
      );
    },
  },

  {
    name: "F-32 Callbacks and listeners that throw are heard of once each, and break nothing",
    async run(kit) {
      const { code, stdout, stderr } = await kit.program("throws-back.ts").ended;
      // Answers that come together are told together, before what their callbacks throw.
      const [first, ...others] = stdout.trim().split("\n");
      assert.deepEqual([first, ...others.splice(0, 2).sort(), ...others], [
        "uncaught first callback",
        "third 3",
        "uncaught second callback",
        "uncaught refused",
        "uncaught failed",
        "uncaught error listener",
        "uncaught exit",
        "calls 1,1,1,1,1,1",
      ], stderr);
      assert.equal(code, 0, stderr);
    },
  },
  ...everyWay("F-32 exit from inside of a callback ends what waits, and itself", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 1 });
    const jobs: Promise<unknown>[] = [];
    const exited = new Promise<void>((resolve) => {
      cc.enqueue({ op: "echo" }, () => void cc.exit().then(resolve));
      for (let i = 0; i < 5; i++) jobs.push(kit.error(cc, { op: "sleep", ms: 20_000 }, undefined, style));
    });
    await exited;
    const codes = (await Promise.all(jobs)).map((error) => (error as { code: string }).code);
    assert.deepEqual(codes, Array(5).fill("CC_ERR_CLOSED"));
    assert.equal((await kit.error(cc, {}, undefined, style))["code"], "CC_ERR_CLOSED");
  }),
  {
    name: "F-32 close from inside of a callback finishes what waits",
    async run(kit) {
      const cc = kit.cluster("contract.mjs", { maxWorkers: 1 });
      let closed: Promise<void> | undefined;
      const first = new Promise<void>((resolve) => {
        cc.enqueue({ op: "echo" }, () => {
          closed = cc.close();
          resolve();
        });
      });
      const jobs = [1, 2, 3].map((value) => kit.value(cc, { op: "echo", value }));
      await first;
      await closed;
      assert.deepEqual(await Promise.all(jobs), [1, 2, 3]);
    },
  },
  ...everyWay("F-32 An error listener may enqueue, and is served", async (kit, worker, style) => {
    const cc = kit.cluster(worker, { maxWorkers: 1 });
    const served = new Promise((resolve) => {
      cc.once("error", () => resolve(kit.value(cc, { op: "echo", value: "served" }, undefined, style)));
    });
    assert.equal((await kit.error(cc, { op: "exit", code: 2 }, undefined, style))["exitCode"], 2);
    assert.equal(await served, "served");
  }),
  {
    name: "F-32 A job enqueued when another is cut off by exit is refused, so that exit ends",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, killGrace: 100 });
      await cc.ready();
      const again: Promise<unknown>[] = [];
      const once = () => void again.push(kit.error(cc, {}));
      const jobs = [0, 1, 2].map(() => kit.error(cc, { op: "sleep", ms: 20_000 }).then(once));
      await cc.exit();
      await Promise.all(jobs);
      const codes = (await Promise.all(again)).map((error) => (error as { code: string }).code);
      assert.deepEqual(codes, Array(3).fill("CC_ERR_CLOSED"));
    },
  },
  {
    name: "F-32 No callback is called before enqueue has returned, whatever refuses the job",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, maxBacklog: 0 });
      const code = async (args: unknown, options?: object): Promise<unknown> =>
        (await kit.error(cc, args, options, "callback"))["code"];
      await cc.ready();
      assert.equal(await code({ op: "echo", f() {} }), "CC_ERR_NOT_CLONEABLE");
      assert.equal(await code({ op: "echo" }, { timeout: -1 }), "CC_ERR_OPTION");
      const aborted = await kit.error(cc, {}, { signal: AbortSignal.abort(new Error("gone")) }, "callback");
      assert.equal(aborted.message, "gone");
      const [, refused] = await Promise.all([kit.job(cc, { op: "echo" }), code({ op: "echo" })]);
      assert.equal(refused, "CC_ERR_BACKLOG_FULL");
      await cc.exit();
      assert.equal(await code({ op: "echo" }), "CC_ERR_CLOSED");
    },
  },
  {
    name: "F-32 Listeners for facts may enqueue, and end the cluster, in the midst of anything",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 2 });
      const more: Promise<unknown>[] = [];
      for (const event of ["job:queued", "worker:starting", "worker:ready", "job:started", "job:settled"] as const) {
        cc.once(event, () => void more.push(kit.value(cc, { op: "echo", value: event })));
      }
      assert.equal(await kit.value(cc, { op: "echo", value: 0 }), 0);
      await until(() => more.length === 5);
      assert.equal(new Set(await Promise.all(more)).size, 5);
      let ended: Promise<void> | undefined;
      cc.once("job:started", () => ended = cc.exit());
      assert.equal((await kit.error(cc, { op: "sleep", ms: 20_000 }))["code"], "CC_ERR_CLOSED");
      await ended;
    },
  },
];

registerSuites({ "in which order": cases });
