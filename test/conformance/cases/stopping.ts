/** Promise 4: timeouts and signals free the worker. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import process from "node:process";
import type { ComputeCluster } from "../../../mod.ts";
import { brokenSignal } from "../broken-signal.ts";
import type { Case } from "../case.ts";
import { deafUntil, type Failure, isAlive, type Kit, until } from "../kit.ts";

/** Starts a job that blocks its worker, and gives the worker's pid once it does. */
async function blocked(kit: Kit, start: (args: { op: string; file: string; while?: string }) => void): Promise<number> {
  const file = kit.file("pid");
  start({ op: "spin", file, ...kit.stuck });
  await until(() => kit.lines(file).length > 0);
  return Number(kit.lines(file)[0]);
}

/** A job that waits for a named pipe is given up, and `then` is called before the pipe says anything. */
async function waitsInTheSystem(kit: Kit, then: (cc: ComputeCluster) => Promise<void>): Promise<void> {
  if (process.platform === "win32") kit.notHere("Windows has no named pipes in its file system");
  const file = kit.file("pipe");
  execFileSync("mkfifo", [file]);
  const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
  const controller = new AbortController();
  const given = kit.error(cc, { op: "read", file }, { signal: controller.signal });
  const end = await writingEnd(file);
  try {
    controller.abort(new Error("enough"));
    assert.equal((await given).message, "enough");
    assert.equal(await kit.value(cc, { op: "echo", value: "next" }), "next");
    await then(cc);
  } finally {
    // Lets the thread go on, and end.
    closeSync(end);
  }
}

/** Opens a named pipe once somebody reads it: there is nothing to open before. */
async function writingEnd(file: string): Promise<number> {
  for (;;) {
    try {
      return openSync(file, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as { code?: string }).code !== "ENXIO") throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/**
 * Gives up a job that heeds it or not, and hears nothing for a while, and no answer before the worker has: so none is too late.
 * What goes over a network can't be sent meanwhile.
 */
async function abortedWhileDeaf(kit: Kit, cc: ComputeCluster, heeds: boolean): Promise<Failure> {
  const controller = new AbortController();
  const file = kit.file("notes");
  const aborted = kit.error(cc, { file, heeds }, { task: "notes", signal: controller.signal });
  await until(() => kit.lines(file).includes("begun"));
  controller.abort(new Error("enough"));
  // Deno sends a little later.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const start = performance.now();
  const waited = (): number => performance.now() - start;
  deafUntil(() => waited() > 400 && (kit.lines(file).includes("heard") || waited() > 2_000));
  return await aborted;
}

export const stopping: Case[] = [
  {
    name: "timeout ends a busy loop, and the next job runs on a new worker",
    needs: "kill",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, timeout: 250 });
      await cc.ready();
      const stuck = kit.error(cc, { op: "spin" }, { id: "stuck" });
      const next = kit.value(cc, { op: "echo", value: "next" }, { timeout: 20_000 });
      const error = await stuck;
      assert.equal(error["code"], "CC_ERR_TIMEOUT");
      assert.equal(error["limit"], 250);
      assert.equal(error["job"], "stuck");
      assert.equal(await next, "next");
      assert.deepEqual(kit.faults, [], "a worker that was killed on purpose is no error");
    },
    async otherwise(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, timeout: 250 });
      await cc.ready();
      const stuck = kit.error(cc, { op: "spin", ...kit.stuck });
      const next = kit.value(cc, { op: "echo", value: "next" }, { timeout: 20_000 });
      assert.equal((await stuck)["code"], "CC_ERR_TIMEOUT");
      assert.equal(await next, "next");
      assert.equal(cc.stats().lost.abandoned, 1);
      assert.equal(kit.faults.length, 1);
      assert.match(kit.faults[0]?.message ?? "", /isolation: "process"/);
    },
  },
  {
    name: "signal ends a busy loop, and the job fails with its reason",
    needs: "kill",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const controller = new AbortController();
      const reason = new Error("no longer wanted");
      let error: Promise<unknown> = Promise.resolve();
      const pid = await blocked(kit, (args) => error = kit.error(cc, args, { signal: controller.signal }));
      const next = kit.value(cc, { op: "pid" });
      controller.abort(reason);
      assert.equal(await error, reason);
      await next;
      if (kit.isolation === "process") assert.equal(isAlive(pid), false);
    },
    async otherwise(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const controller = new AbortController();
      let error: Promise<unknown> = Promise.resolve();
      await blocked(kit, (args) => error = kit.error(cc, args, { signal: controller.signal }));
      controller.abort("over");
      assert.equal(await error, "over");
      assert.equal(await kit.value(cc, { op: "echo", value: 1 }), 1);
    },
  },
  {
    name: "A job in code that is not JavaScript fails on time, and its worker is replaced",
    needs: "native",
    async run(kit) {
      await waitsInTheSystem(kit, async (cc) => {
        assert.equal(cc.stats().lost.abandoned, 0);
        await cc.exit();
        assert.equal(kit.faults.length, 0);
      });
    },
    async otherwise(kit) {
      await waitsInTheSystem(kit, async (cc) => {
        assert.deepEqual([cc.stats().lost.abandoned, kit.faults.length], [1, 1]);
        assert.match(kit.faults[0]!.message, /isolation: "process"/);
        await cc.exit();
      });
    },
  },
  {
    name: "A busy host fails no job that was answered on time, and costs no worker that has shown its loop to be free",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      await cc.ready();
      const file = kit.file("runs");
      const answered = kit.value(cc, { op: "spin", ms: 20, file, after: "done" }, { timeout: 1_000 });
      await until(() => kit.lines(file).length > 0);
      const later = performance.now() + 1_500;
      deafUntil(() => kit.lines(file).includes("done") && performance.now() > later);
      assert.equal(await answered, "spun");
      let exits = 0;
      cc.on("worker:exit", () => exits++);
      assert.equal((await abortedWhileDeaf(kit, cc, true)).message, "enough");
      assert.equal(await kit.value(cc, 4, { task: "double" }), 8);
      assert.equal(exits, 0);
    },
  },
  {
    name: "A handler that heeds its signal keeps its worker",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      await cc.ready();
      const error = await kit.error(cc, 20_000, { task: "patient", timeout: 100 });
      assert.equal(error["code"], "CC_ERR_TIMEOUT");
      assert.equal(await kit.value(cc, 4, { task: "double" }), 8);
      assert.equal(cc.stats().lost.workers, 0);
      let exits = 0;
      cc.on("worker:exit", () => exits++);
      assert.equal(await kit.value(cc, 5, { task: "double" }), 10);
      assert.equal(exits, 0);
    },
  },
  {
    name: "A job that waits beyond its deadline is dropped, and never runs",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const first = kit.value(cc, { op: "wait", file: kit.file("go"), value: "first" });
      await until(() => cc.stats().jobs.running === 1);
      const ran = kit.file("ran");
      const error = await kit.error(cc, { op: "log", file: ran, line: "ran" }, { deadline: 100, id: "late" });
      assert.equal(error["code"], "CC_ERR_DEADLINE");
      assert.deepEqual([error["job"], error["limit"], error["retryable"]], ["late", 100, true]);
      kit.write(kit.file("go"));
      assert.equal(await first, "first");
      assert.equal(await kit.value(cc, { op: "echo", value: "next" }, { deadline: 20_000 }), "next");
      assert.deepEqual(kit.lines(ran), []);
    },
  },
  {
    name: "A job that runs beyond its deadline is given up, and the next job runs on a new worker",
    needs: "kill",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      await cc.ready();
      const error = await kit.error(cc, { op: "spin" }, { deadline: 250 });
      assert.deepEqual([error["code"], error["retryable"]], ["CC_ERR_DEADLINE", false]);
      assert.equal(await kit.value(cc, { op: "echo", value: "next" }), "next");
      assert.deepEqual(kit.faults, []);
    },
  },
  {
    name: "A handler that ignores its signal loses its worker after abortGrace, and not before",
    async run(kit) {
      const patient = kit.cluster("handler.mjs", { maxWorkers: 1, abortGrace: 20_000, killGrace: 1 });
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, abortGrace: 100, killGrace: 20_000 });
      await Promise.all([patient.ready(), cc.ready()]);
      assert.equal((await abortedWhileDeaf(kit, patient, false)).message, "enough");
      const exit = new Promise<{ expected: boolean }>((resolve) => cc.once("worker:exit", resolve));
      const error = await kit.error(cc, 20_000, { task: "stubborn", timeout: 100 });
      assert.equal(error["code"], "CC_ERR_TIMEOUT");
      assert.equal((await exit).expected, true);
      assert.equal(await kit.value(cc, 4, { task: "double" }), 8);
      assert.deepEqual([patient.stats().workers.busy, patient.stats().workers.stopping], [1, 0]);
    },
  },
  {
    name: "With concurrency, an aborted job's neighbours finish",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1, concurrency: 2, abortGrace: 50, killGrace: 20_000 });
      await cc.ready();
      const stubborn = kit.error(cc, 20_000, { task: "stubborn", timeout: 50 });
      const neighbour = kit.value(cc, { op: "sleep", ms: 400, value: "finished" });
      assert.equal((await stubborn)["code"], "CC_ERR_TIMEOUT");
      assert.equal(await neighbour, "finished");
      assert.equal(await kit.value(cc, 4, { task: "double" }), 8);
    },
  },
  {
    name: "A job that waits and is aborted never runs",
    async run(kit) {
      const file = kit.file("ran");
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const controller = new AbortController();
      const first = kit.value(cc, { op: "sleep", ms: 50, value: 1 });
      const aborted = kit.error(cc, { op: "log", file, line: "aborted" }, { signal: controller.signal });
      const last = kit.value(cc, { op: "log", file, line: "last" });
      controller.abort();
      assert.equal((await aborted).name, "AbortError");
      assert.deepEqual([await first, await last], [1, "last"]);
      assert.deepEqual(kit.lines(file), ["last"]);
    },
  },
  {
    name: "A signal that is aborted already refuses the job",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      const reason = { why: "too late" };
      for (const style of ["promise", "callback"] as const) {
        assert.equal(await kit.error(cc, { op: "echo" }, { signal: AbortSignal.abort(reason) }, style), reason);
      }
      assert.equal(cc.stats().jobs.accepted, 0);
    },
  },
  {
    name: "A signal of another make that throws neither loses a job's answer nor makes enqueue throw",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      for (const style of ["promise", "callback"] as const) {
        for (const name of ["reason", "removeEventListener"] as const) {
          assert.equal(await kit.value(cc, { op: "echo", value: 1 }, { signal: brokenSignal(name) }, style), 1);
          const error = await kit.error(cc, { op: "throw", what: "Error" }, { signal: brokenSignal(name) }, style);
          assert.doesNotMatch(error.message, /broken/);
        }
        const signal = brokenSignal("addEventListener");
        assert.equal((await kit.error(cc, { op: "echo" }, { signal }, style)).message, "broken addEventListener");
      }
      const mapped = cc.map([{ op: "echo", value: 3 }], { signal: brokenSignal("addEventListener") });
      await assert.rejects(mapped.next(), /broken/);
      const { accepted, succeeded, failed } = cc.stats().jobs;
      assert.deepEqual([accepted, succeeded, failed], [8, 4, 4]);
    },
  },
  {
    name: "timeout does not count the time in the queue",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { maxWorkers: 1 });
      const first = kit.value(cc, { op: "sleep", ms: 2_100, value: 1 });
      const second = kit.value(cc, { op: "echo", value: 2 }, { timeout: 2_000 });
      assert.deepEqual(await Promise.all([first, second]), [1, 2]);
    },
  },
  {
    name: "A timeout longer than a timer can count is no timeout",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { timeout: 2 ** 31, idleTimeout: 1e12, startTimeout: Infinity });
      assert.equal(await kit.value(cc, { op: "sleep", ms: 20, value: 1 }), 1);
    },
  },
];
