/** Workers that will not stop. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import process from "node:process";
import { type Case, everyWay } from "../conformance/case.ts";
import { isAlive, type Kit, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";
import { codes } from "./outcomes.ts";

/** Whether a process stands still. Elsewhere than on Linux: whether it has had the time to. */
function isFrozen(pid: number): boolean {
  if (process.platform !== "linux") return true;
  return /^\d+ \(.*\) T/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

/** Waits for the line that a job writes before it gets stuck; gives the worker's pid. */
async function firstPid(kit: Kit, file: string): Promise<number> {
  await until(() => kit.lines(file).length > 0);
  return Number(kit.lines(file)[0]);
}

/** A job that has begun: one that runs into its timeout before that, because the system held its worker up, is enqueued anew. */
async function begun<T>(kit: Kit, file: string, enqueue: () => Promise<T>): Promise<{ job: Promise<T>; pid: number }> {
  for (;;) {
    const job = enqueue();
    await Promise.race([firstPid(kit, file), job]);
    const [pid] = kit.lines(file);
    if (pid !== undefined) return { job, pid: Number(pid) };
  }
}

/** A job that stops its process by SIGSTOP, after it wrote its pid. */
const freezing = (file: string): object => ({ op: "freeze", file });

const cases: Case[] = [
  ...everyWay("F-05 exit ends workers that ignore SIGTERM or are frozen", async (kit, worker, style) => {
    if (kit.isolation === "thread") kit.notHere("Threads get no signals");
    const killGrace = 300;
    const cc = kit.cluster(worker, { maxWorkers: 2, killGrace });
    const file = kit.file("frozen");
    const deaf = await kit.value(cc, { op: "deaf" }, undefined, style) as number;
    const stuck = kit.error(cc, freezing(file), undefined, style);
    const beside = kit.error(cc, { op: "sleep", ms: 20_000 }, undefined, style);
    const frozen = await firstPid(kit, file);
    await until(() => isFrozen(frozen));
    await cc.exit();
    assert.deepEqual([deaf, frozen].map(isAlive), [false, false]);
    assert.deepEqual([(await stuck)["code"], (await beside)["code"]], ["CC_ERR_CLOSED", "CC_ERR_CLOSED"]);
    assert.deepEqual(kit.faults, []);
  }),
  ...(["timeout", "signal"] as const).flatMap((how) =>
    everyWay(`F-05 A frozen worker is replaced (${how})`, async (kit, worker, style) => {
      if (kit.isolation === "thread") kit.notHere("Threads get no signals");
      const cc = kit.cluster(worker, { maxWorkers: 1 });
      await cc.ready();
      const file = kit.file("frozen");
      const controller = new AbortController();
      const options = how === "timeout" ? { timeout: 400 } : { signal: controller.signal };
      const { job: stuck, pid: frozen } = await begun(kit, file, () => kit.error(cc, freezing(file), options, style));
      const next = kit.value(cc, { op: "pid" }, undefined, style);
      controller.abort(Object.assign(new Error("given up"), { code: "E_GIVEN_UP" }));
      assert.equal((await stuck)["code"], how === "timeout" ? "CC_ERR_TIMEOUT" : "E_GIVEN_UP");
      assert.notEqual(await next, frozen);
      assert.equal(isAlive(frozen), false);
    })
  ),
  {
    name: "F-05 A worker that was frozen while it was idle does not hold up exit",
    async run(kit) {
      if (kit.isolation === "thread") kit.notHere("Threads get no signals");
      const cc = kit.cluster("contract.mjs", { maxWorkers: 1, killGrace: 200 });
      const pid = await kit.value(cc, { op: "pid" }) as number;
      process.kill(pid, "SIGSTOP");
      await until(() => isFrozen(pid));
      await cc.exit();
      assert.equal(isAlive(pid), false);
    },
  },
  {
    name: "F-05 A deaf worker that is idle for too long is killed, and replaced when needed",
    async run(kit) {
      if (kit.isolation === "thread") kit.notHere("Threads get no signals");
      const cc = kit.cluster("contract.cjs", { maxWorkers: 1, killGrace: 100, idleTimeout: 50 });
      const deaf = await kit.value(cc, { op: "deaf" }) as number;
      await until(() => !isAlive(deaf));
      assert.notEqual(await kit.value(cc, { op: "pid" }), deaf);
      assert.deepEqual(kit.faults, []);
    },
  },
  {
    name: "F-05 A teardown that does not end is cut short after killGrace",
    async run(kit) {
      const cc = kit.cluster("slow-teardown.mjs", { maxWorkers: 2, killGrace: 150 });
      // None still starts at the end.
      const meeting = { op: "meet", file: kit.file("met"), count: 2 };
      const pids = await Promise.all([1, 2].map(() => kit.value(cc, meeting)));
      await cc.close();
      if (kit.isolation === "process") assert.deepEqual(pids.map((pid) => isAlive(pid as number)), [false, false]);
      assert.deepEqual(kit.faults, []);
    },
  },
  {
    name: "F-05 A signal that is refused once is no unhandled error, and exit settles",
    async run(kit) {
      if (kit.isolation === "thread") kit.notHere("Threads get no signals");
      const { stdout, stderr, code } = await kit.program("refused-signals.ts").ended;
      assert.deepEqual([stdout.trim().split("\n"), code], [["CC_ERR_CLOSED", "refused 1, gone"], 0], stderr);
    },
  },

  ...(["exit", "timeout", "signal"] as const).flatMap((how) =>
    everyWay(`F-06 A busy loop is ended (${how})`, async (kit, worker, style) => {
      const cc = kit.cluster(worker, { maxWorkers: 1, killGrace: 200 });
      await cc.ready();
      const file = kit.file("pid");
      const controller = new AbortController();
      const reason = Object.assign(new Error("given up"), { code: "E_GIVEN_UP" });
      const options = how === "timeout" ? { timeout: 400 } : { signal: controller.signal };
      const args = { op: "spin", file, ...kit.stuck };
      const { job: stuck, pid } = await begun(kit, file, () => kit.job(cc, args, options, style));
      const queued = kit.job(cc, { op: "pid" }, undefined, style);
      if (how === "signal") controller.abort(reason);
      const exited = how === "exit" ? cc.exit() : null;
      const expected = { exit: "CC_ERR_CLOSED", timeout: "CC_ERR_TIMEOUT", signal: "E_GIVEN_UP" }[how];
      assert.deepEqual(codes(await Promise.all([stuck, queued])), [expected, exited ? expected : null]);
      await exited;
      if (kit.isolation === "process") assert.equal(isAlive(pid), false);
      const { abandoned } = cc.stats().lost;
      assert.deepEqual([abandoned, kit.faults.length], kit.lacks("kill") ? [1, 1] : [0, 0]);
    })
  ),
  ...["microtasks", "block"].flatMap((op) =>
    everyWay(`F-06 A worker whose event loop never runs is replaced (${op})`, async (kit, worker, style) => {
      const cc = kit.cluster(worker, { maxWorkers: 1 });
      await cc.ready();
      const stuck = kit.error(cc, { op, ...kit.stuck }, { timeout: 300 }, style);
      const next = kit.value(cc, { op: "echo", value: "next" }, undefined, style);
      assert.equal((await stuck)["code"], "CC_ERR_TIMEOUT");
      assert.equal(await next, "next");
      assert.equal(cc.stats().lost.abandoned, kit.lacks("kill") ? 1 : 0);
    })
  ),
  {
    name: "F-06 All workers spin, and exit ends them all",
    async run(kit) {
      const file = kit.file("pids");
      const cc = kit.cluster("slow-teardown.mjs", { maxWorkers: 2, killGrace: 200 });
      const jobs = [1, 2, 3].map(() => kit.job(cc, { op: "spin", file, ...kit.stuck }));
      await until(() => kit.lines(file).length === 2);
      await cc.exit();
      assert.deepEqual(codes(await Promise.all(jobs)), Array(3).fill("CC_ERR_CLOSED"));
      if (kit.isolation === "process") { for (const pid of kit.lines(file)) assert.equal(isAlive(Number(pid)), false); }
    },
  },
  {
    name: "F-06 A program that exited while its worker was busy ends by itself",
    needs: "kill",
    async run(kit) {
      const file = kit.file("life");
      const { code, stdout, stderr } = await kit.program("spins.ts", file).ended;
      assert.deepEqual([code, stdout.trim().split("\n"), stderr], [0, ["CC_ERR_CLOSED", "exited"], ""]);
      // The loop would have said so at its own end.
      assert.equal(kit.lines(file).includes("spun"), false);
      if (kit.isolation === "process") assert.equal(isAlive(Number(kit.lines(file)[0])), false);
    },
  },
];

registerSuites({ "a worker will not stop": cases });
