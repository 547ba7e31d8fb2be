/** Who outlives whom. */

import assert from "node:assert/strict";
import process from "node:process";
import type { Case, Contract } from "../conformance/case.ts";
import { everyWay } from "../conformance/case.ts";
import { isAlive, type Kit, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

/** How programs end, and what their workers are doing then. */
const ENDS: readonly [how: string, state: string, worker: Contract][] = [
  ["exit", "idle", "handler.mjs"],
  ["throw", "idle", "contract.mjs"],
  ["reject", "idle", "contract.cjs"],
  ["SIGTERM", "idle", "contract.mjs"],
  ["SIGHUP", "idle", "handler.mjs"],
  ["SIGKILL", "idle", "contract.mjs"],
  ["SIGKILL", "busy", "contract.cjs"],
  ["exit", "busy", "handler.mjs"],
  ["SIGKILL", "frozen", "handler.mjs"],
  ["SIGKILL", "starting", "handler.mjs"],
  ["SIGKILL", "stopping", "contract.mjs"],
];

/** Ends what a job started. */
function end(pid: number): void {
  if (isAlive(pid)) process.kill(pid, "SIGKILL");
}

/** Has a worker start a process, does something with both, and ends that process in the end. */
async function withGrandchild(
  kit: Kit,
  worker: Contract,
  run: (cc: ReturnType<Kit["cluster"]>, pids: { worker: number; child: number }) => Promise<void>,
): Promise<void> {
  const cc = kit.cluster(worker, { maxWorkers: 1 });
  const pids = await kit.value(cc, { op: "grandchild" }) as { worker: number; child: number };
  try {
    assert.equal(isAlive(pids.child), true);
    await run(cc, pids);
  } finally {
    end(pids.child);
  }
}

/** What a job has started is left alone, where the runtime does not end it. */
async function assertLives(kit: Kit, pid: number): Promise<void> {
  if (kit.lacks("children")) await until(() => !isAlive(pid));
  else assert.equal(isAlive(pid), true);
}

const cases: Case[] = [
  ...ENDS.map(([how, state, worker]): Case => ({
    name: `F-13 No worker outlives a program that ends by ${how} while they are ${state} (${worker})`,
    async run(kit) {
      if (kit.isolation === "thread") kit.notHere("Threads end with their process");
      if (process.platform === "win32" && how.startsWith("SIG")) kit.notHere("Windows has no signals");
      const file = kit.file("pids");
      const { stdout, stderr } = await kit.program("orphan-ways.ts", worker, file, how, state).ended;
      const ended = Date.now();
      const pids = kit.lines(file).map(Number);
      assert.equal(pids.length, 2, stderr);
      await until(() => !pids.some(isAlive));
      assert.ok(Date.now() - ended < 2_000, `${Date.now() - ended} ms`);
      assert.equal(stdout, "");
      if (how === "throw" || how === "reject") assert.match(stderr, /the program's own/);
      else assert.equal(stderr, "");
    },
  })),

  ...everyWay("F-14 exit does not wait for what a job has started, and leaves it alone", async (kit, worker, style) => {
    if (process.platform === "win32") kit.notHere("Windows has no `sleep`");
    await withGrandchild(kit, worker, async (cc, pids) => {
      if (style === "promise") await cc.exit();
      else await new Promise<void>((resolve) => cc.exit(() => resolve()));
      if (kit.isolation === "process") assert.equal(isAlive(pids.worker), false);
      await assertLives(kit, pids.child);
      assert.deepEqual(kit.faults, []);
    });
  }),
  ...everyWay(
    "F-14 A worker that is lost is replaced, though what it has started holds its output",
    async (kit, worker, style) => {
      if (process.platform === "win32") kit.notHere("Windows has no `sleep`");
      await withGrandchild(kit, worker, async (cc, pids) => {
        const how = kit.isolation === "process" ? { op: "kill", signal: "SIGKILL" } : { op: "exit", code: 9 };
        const lost = kit.error(cc, how, undefined, style);
        const next = kit.value(cc, { op: "echo", value: "next" }, undefined, style);
        assert.equal((await lost)["code"], "CC_ERR_WORKER_EXIT");
        assert.equal(await next, "next");
        await assertLives(kit, pids.child);
      });
    },
  ),
  {
    name: "F-14 The end of a worker's stderr is told, though what it has started holds the pipe",
    needs: "stderr",
    async run(kit) {
      if (process.platform === "win32") kit.notHere("Windows has no `sleep`");
      await withGrandchild(kit, "contract.mjs", async (cc) => {
        const error = await kit.error(cc, { op: "stderr", text: "last words", code: 5 });
        assert.deepEqual([error["exitCode"], error["stderr"]], [5, "last words"]);
      });
    },
  },
  {
    name: "F-14 A worker that runs into its timeout is replaced, though what it has started lives",
    async run(kit) {
      if (process.platform === "win32") kit.notHere("Windows has no `sleep`");
      await withGrandchild(kit, "handler.mjs", async (cc) => {
        const stuck = kit.error(cc, { op: "sleep", ms: 20_000 }, { timeout: 100 });
        assert.equal((await stuck)["code"], "CC_ERR_TIMEOUT");
        assert.equal(await kit.value(cc, { op: "echo", value: "next" }), "next");
      });
    },
  },
  {
    name: "F-14 A program ends by itself, though what its worker has started lives",
    async run(kit) {
      if (process.platform === "win32") kit.notHere("Windows has no `sleep`");
      const program = kit.program("grandparent.ts");
      const exited = new Promise((resolve) => program.child.once("exit", resolve));
      const child = Number(await program.line("child"));
      try {
        // `ended` would wait for the end of an output that the grandchild holds.
        assert.equal(await exited, 0);
        await program.line("closed");
        await assertLives(kit, child);
      } finally {
        end(child);
      }
    },
  },
];

registerSuites({ "who outlives whom": cases });
