/** Workers that can't be started. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmdirSync, symlinkSync, writeFileSync } from "node:fs";
import process from "node:process";
import type { ComputeClusterOptions } from "../../mod.ts";
import { type Case, everyWay, type Style } from "../conformance/case.ts";
import { type Failure, isAlive, type Kit, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";
import { codes, meet } from "./outcomes.ts";

const STYLES: readonly Style[] = ["promise", "callback"];

/** Options for a worker that loads as planned, once for each step. */
const planned = (kit: Kit, ...plan: string[]): Partial<ComputeClusterOptions> => ({
  argv: [kit.file("loads"), plan.join(",")],
});

/** How often such a worker was loaded. */
const loads = (kit: Kit): number => kit.lines(kit.file("loads"))[0]?.length ?? 0;

const NEVER_READY = ["slow-load.mjs", "slow-contract.mjs", "slow-contract.cjs", "slow-setup.mjs", "never-ready.mjs"];

/** A way to make starting impossible for a while. */
interface Obstacle {
  readonly code: string;
  options(kit: Kit): Partial<ComputeClusterOptions>;
  clear(kit: Kit): void;
}

const OBSTACLES: readonly Obstacle[] = [
  {
    code: "ENOENT",
    options: (kit) => ({ execPath: kit.file("runtime") }),
    clear: (kit) => symlinkSync(process.execPath, kit.file("runtime")),
  },
  {
    code: "EACCES",
    options(kit) {
      const execPath = kit.file("runtime");
      writeFileSync(execPath, `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o600 });
      return { execPath };
    },
    clear: (kit) => chmodSync(kit.file("runtime"), 0o700),
  },
  {
    code: "ENOENT",
    options(kit) {
      const cwd = kit.file("folder");
      mkdirSync(cwd);
      return { cwd };
    },
    clear: (kit) => mkdirSync(kit.file("folder")),
  },
];

const cases: Case[] = [
  ...[
    "throws-at-load.mjs",
    "throws-at-load.cjs",
    "syntax-error.mjs",
    "missing-import.mjs",
    "exits-at-load.mjs",
    "setup-fails.mjs",
  ].map((worker): Case => ({
    name: `F-10 A module that does not start fails all jobs once, after few starts, and is then left alone (${worker})`,
    async run(kit) {
      const { code, stdout, stderr } = await kit.program("bad-module.ts", worker).ended;
      const [ended, counted] = stdout.trim().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(ended, { jobs: 50, codes: ["CC_ERR_WORKER_START"], later: 0, live: 0, faults: 1 }, stderr);
      assert.ok(counted.starts >= 1 && counted.starts <= 8, `${counted.starts} starts`);
      assert.ok(counted.most <= 4, `${counted.most} at once`);
      assert.equal(code, 0);
    },
  })),
  ...["throws-and-listens.mjs", "throws-and-listens.cjs"].map((worker): Case => ({
    name: `F-10 A module that hears itself of what it throws at load fails its jobs with that (${worker})`,
    async run(kit) {
      const cc = kit.cluster(worker, { maxWorkers: 1, startTimeout: Infinity });
      const error = await kit.error(cc, 1);
      assert.deepEqual([error["code"], (error.cause as Failure)["code"]], ["CC_ERR_WORKER_START", "E_DATABASE"]);
    },
  })),
  ...STYLES.map((style): Case => ({
    name: `F-10 Jobs outlast starts that fail by chance (${style})`,
    async run(kit) {
      const cc = kit.cluster("load-plan.mjs", {
        maxWorkers: 1,
        maxBacklog: Infinity,
        ...planned(kit, "throws", "exits", "loads"),
      });
      const jobs = [1, 2, 3, 4, 5].map((value) => kit.value(cc, { op: "echo", value }, undefined, style));
      assert.deepEqual(await Promise.all(jobs), [1, 2, 3, 4, 5]);
      assert.equal(loads(kit), 3);
      assert.equal(cc.stats().lost.starts, 2);
    },
  })),
  {
    name: "F-10 A module that was mended serves the next job",
    async run(kit) {
      const cc = kit.cluster("load-plan.mjs", {
        maxWorkers: 1,
        ...planned(kit, "throws", "rejects", "throws", "loads"),
      });
      assert.equal((await kit.error(cc, {}))["code"], "CC_ERR_WORKER_START");
      assert.equal(loads(kit), 3);
      assert.equal(await kit.value(cc, { op: "echo", value: "mended" }), "mended");
    },
  },
  {
    name: "F-10 A worker that lives serves the jobs while no other can be started",
    async run(kit) {
      const cc = kit.cluster("load-plan.mjs", {
        maxWorkers: 3,
        maxBacklog: Infinity,
        ...planned(kit, "loads", "throws"),
      });
      await cc.ready();
      const jobs = Array.from({ length: 30 }, (_, value) => kit.value(cc, { op: "sleep", ms: 5, value }));
      assert.deepEqual(await Promise.all(jobs), Array.from({ length: 30 }, (_, i) => i));
    },
  },
  {
    name: "F-10 A module that dies just after it was loaded is not started for ever",
    async run(kit) {
      const cc = kit.cluster("load-plan.mjs", { maxWorkers: 2, minWorkers: 2, ...planned(kit, "dies") });
      // Where each has died before its host has heard that it was ready, whoever waits is told.
      const refused = await cc.ready().then(() => [], (error: Error) => [error]);
      const told = (): unknown[] => codes([...refused, ...kit.faults].map((error) => ({ error })));
      await until(() => told().includes("CC_ERR_WORKER_START"));
      assert.ok(loads(kit) <= 8, `${loads(kit)} loads`);
      await cc.exit();
    },
  },
  {
    name: "F-10 exit settles while a module is failing to start",
    async run(kit) {
      const cc = kit.cluster("load-plan.mjs", { maxWorkers: 2, maxBacklog: Infinity, ...planned(kit, "throws") });
      const failed = new Promise((resolve) => cc.once("worker:exit", resolve));
      const jobs = [1, 2, 3].map(() => kit.job(cc, {}));
      await failed;
      await cc.exit();
      const after = loads(kit);
      for (const code of codes(await Promise.all(jobs))) {
        assert.ok(code === "CC_ERR_CLOSED" || code === "CC_ERR_WORKER_START", String(code));
      }
      assert.equal((await kit.error(cc, {}))["code"], "CC_ERR_CLOSED");
      assert.equal(loads(kit), after);
    },
  },

  ...NEVER_READY.map((worker, i): Case => ({
    name: `F-11 exit does not wait for a worker that never gets ready (${worker})`,
    async run(kit) {
      const style = STYLES[i % 2];
      // Half of what it takes to load: a thread of Deno's is given up half a second after its grace, though it may be about to begin.
      const cc = kit.cluster(worker, { maxWorkers: 1, killGrace: 10_000 });
      const started = new Promise<string>((resolve) => cc.once("worker:starting", (fact) => resolve(fact.worker)));
      const job = kit.error(cc, {}, undefined, style);
      const pid = Number(await started);
      await cc.exit();
      assert.equal((await job)["code"], "CC_ERR_CLOSED");
      if (kit.isolation === "process") assert.equal(isAlive(pid), false);
      assert.deepEqual(kit.faults, []);
    },
  })),
  ...NEVER_READY.concat("spins-at-load.mjs").map((worker, i): Case => ({
    name: `F-11 A worker that never gets ready is killed after startTimeout, and its job told (${worker})`,
    async run(kit) {
      const style = STYLES[i % 2];
      const cc = kit.cluster(worker, { maxWorkers: 1, startTimeout: 500 });
      const started = new Promise<string>((resolve) => cc.once("worker:starting", (fact) => resolve(fact.worker)));
      const error = await kit.error(cc, {}, undefined, style);
      assert.deepEqual([error["code"], error["retryable"]], ["CC_ERR_WORKER_START", true]);
      assert.match(error.message, /startTimeout/);
      const pid = Number(await started);
      if (kit.isolation === "process") await until(() => !isAlive(pid));
      await cc.exit();
    },
  })),
  {
    name: "F-11 close and ready settle though no worker gets ready",
    async run(kit) {
      const cc = kit.cluster("slow-load.mjs", { maxWorkers: 1, startTimeout: 500 });
      const ready = cc.ready().then(() => "ready", (error) => error.code);
      const job = kit.error(cc, {});
      await cc.close();
      assert.equal((await job)["code"], "CC_ERR_WORKER_START");
      assert.equal(await ready, "CC_ERR_CLOSED");
    },
  },
  {
    name: "F-11 A job that waits for such a worker can be aborted",
    async run(kit) {
      const cc = kit.cluster("slow-load.mjs", { maxWorkers: 1, killGrace: 200 });
      const controller = new AbortController();
      const job = kit.error(cc, {}, { signal: controller.signal });
      await until(() => cc.stats().workers.starting === 1);
      const reason = new Error("tired of waiting");
      controller.abort(reason);
      assert.equal(await job, reason);
      await cc.exit();
    },
  },
  {
    name: "F-11 One worker that hangs as it loads holds up nobody",
    async run(kit) {
      const cc = kit.cluster("load-plan.mjs", {
        maxWorkers: 2,
        startTimeout: 10_000,
        maxBacklog: Infinity,
        ...planned(kit, "loads", "hangs", "loads"),
      });
      await cc.ready();
      const busy = kit.value(cc, { op: "sleep", ms: 50, value: "busy" });
      const jobs = Array.from({ length: 10 }, (_, value) => kit.value(cc, { op: "echo", value }));
      assert.equal(await busy, "busy");
      assert.deepEqual(await Promise.all(jobs), Array.from({ length: 10 }, (_, i) => i));
    },
  },

  ...OBSTACLES.flatMap((obstacle, i) =>
    everyWay(
      `F-12 Jobs are told why no worker can be started, and later ones are served (${obstacle.code} ${i + 1})`,
      async (kit, worker, style) => {
        if (kit.isolation === "thread" || process.platform === "win32") kit.notHere("Nothing is executed for a thread");
        const options = obstacle.options(kit);
        const cc = kit.cluster(worker, { maxWorkers: 3, ...options });
        if (options.cwd) rmdirSync(kit.file("folder"));
        const errors = await Promise.all([1, 2, 3, 4].map(() => kit.error(cc, { op: "pid" }, undefined, style)));
        for (const error of errors) {
          assert.deepEqual([error["code"], error["retryable"]], ["CC_ERR_WORKER_START", true]);
          assert.equal((error.cause as { code?: string }).code, obstacle.code);
        }
        assert.equal(kit.faults.length, 1);
        obstacle.clear(kit);
        const pids = await Promise.all(meet(kit, "met", 3).map((job) => kit.value(cc, job, undefined, style)));
        assert.equal(new Set(pids).size, 3, "capacity is back");
      },
    )
  ),
  ...([
    ["starved", "handler.mjs", "promise"],
    ["starved", "contract.cjs", "callback"],
    ["few", "handler.mjs", "promise"],
    ["few", "contract.cjs", "callback"],
    ["alive", "contract.mjs", "promise"],
    ["alive", "handler.mjs", "callback"],
  ] as const).map(([alive, worker, style]): Case => ({
    name: `F-12 A program without file descriptors tells its jobs so, and recovers (${alive}, ${worker}, ${style})`,
    // Deno's processes lack it for want of the last one only.
    ...alive === "few" ? {} : { needs: "outOfFiles" },
    async run(kit) {
      if (process.platform !== "linux") kit.notHere("prlimit is Linux's");
      if (alive === "few" && kit.isolation === "thread") kit.notHere("a thread may be content with few");
      const program = kit.program("starved.ts", worker, style, kit.file("met"), alive);
      const limit = Number(await program.line("limit"));
      const pid = String(program.child.pid);
      const setLimit = (soft: number): void => {
        const { status, error, stderr } = spawnSync("prlimit", ["--pid", pid, `--nofile=${soft}:`], {
          encoding: "utf8",
        });
        assert.equal(status, 0, error?.message ?? stderr);
      };
      setLimit(limit + 1);
      const starved = await program.line("starved");
      setLimit(limit + 5_000);
      // Node names only its own code for a thread.
      if (alive === "alive") assert.equal(starved, "1,2,3,4");
      else assert.match(starved, /^CC_ERR_WORKER_START (EMFILE|ERR_WORKER_INIT_FAILED)$/, alive);
      const { code, stdout, stderr } = await program.ended;
      const lines = stdout.trim().split("\n").slice(-3);
      assert.deepEqual(lines, ["fed 1,2,3,4", `met 3, faults ${alive === "alive" ? 0 : 1}`, "closed"], stderr);
      assert.equal(code, 0);
      assert.doesNotMatch(stdout, /uncaught|unhandled/);
    },
  })),
];

registerSuites({ "a worker can't be started": cases });
