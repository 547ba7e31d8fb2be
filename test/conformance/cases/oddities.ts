/** What few modules and few programs do, and what must come of it all the same. */

import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import type { Case } from "../case.ts";

export const oddities: Case[] = [
  ...([["revoked", "TypeError"], ["then", "Error"]] as const).map(([what, name]): Case => ({
    name: `An answer that can't be looked at fails its job alone (${what})`,
    async run(kit) {
      const cc = kit.cluster("odd.mjs", { maxWorkers: 1 });
      assert.equal((await kit.error(cc, what)).name, name);
      assert.equal(await kit.value(cc, 1, { task: "sleeps" }), "slept");
      assert.deepEqual(kit.faults, []);
    },
  })),
  {
    name: "An error arrives whatever its properties hold",
    async run(kit) {
      const cc = kit.cluster("odd.mjs", { maxWorkers: 1 });
      const shared = await kit.error(cc, "shared");
      const memory = shared["memory"];
      if (kit.isolation === "thread") assert.ok(memory instanceof SharedArrayBuffer);
      else assert.match(String(memory), /SharedArrayBuffer/);
      assert.ok(shared instanceof RangeError);
      assert.deepEqual([shared.message, shared["code"]], ["with memory", "E_MEM"]);
      const wide = await kit.error(cc, "wide");
      assert.ok(wide instanceof RangeError);
      assert.equal((wide["rows"] as number[]).at(-1), 299_999);
      assert.deepEqual(kit.faults, []);
    },
  },
  {
    name: "setupData that can't be sent fails the waiting jobs with the path, and leaves no worker",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { setupData: { list: [1, { onDone() {} }] } });
      const error = await kit.error(cc, {});
      assert.equal(error["code"], "CC_ERR_WORKER_START");
      const cause = error.cause as { code?: string; path?: string };
      assert.deepEqual([cause.code, cause.path], ["CC_ERR_NOT_CLONEABLE", "setupData.list[1].onDone"]);
      await cc.exit();
      assert.equal(Object.values(cc.stats().workers).reduce((sum, count) => sum + count), 0);
    },
  },
  {
    name: "An error that the module survives is not the cause of its later end",
    async run(kit) {
      const cc = kit.cluster("odd.mjs", { maxWorkers: 1 });
      const error = await kit.error(cc, null, { task: "survives" });
      assert.deepEqual([error["code"], error["exitCode"], error.cause], ["CC_ERR_WORKER_EXIT", 3, undefined]);
    },
  },
  {
    name: "An abort does not cost the neighbours of a handler that took no signal",
    async run(kit) {
      const cc = kit.cluster("odd.mjs", { maxWorkers: 1, concurrency: 3, killGrace: 1_000 });
      await cc.ready();
      const given = kit.error(cc, 20_000, { task: "sleeps", timeout: 20 });
      // They outlast killGrace.
      const neighbours = [1_500, 1_600].map((ms) => kit.value(cc, ms, { task: "sleeps" }));
      assert.equal((await given)["code"], "CC_ERR_TIMEOUT");
      assert.deepEqual(await Promise.all(neighbours), ["slept", "slept"]);
      assert.equal(await kit.value(cc, 1, { task: "sleeps" }), "slept");
    },
  },
  {
    name: "One signal ends any number of jobs, without a warning",
    async run(kit) {
      const warnings: Error[] = [];
      const warn = (warning: Error): number => warnings.push(warning);
      process.on("warning", warn);
      try {
        const cc = kit.cluster("odd.mjs", { maxBacklog: Infinity });
        const controller = new AbortController();
        const { signal } = controller;
        await Promise.all(Array.from({ length: 30 }, () => kit.value(cc, 0, { task: "sleeps", signal })));
        const jobs = Array.from({ length: 30 }, () => kit.error(cc, 20_000, { task: "sleeps", signal }));
        controller.abort("all of them");
        assert.deepEqual(await Promise.all(jobs), Array(30).fill("all of them"));
        await new Promise((resolve) => setImmediate(resolve));
      } finally {
        process.off("warning", warn);
      }
      assert.deepEqual(warnings, []);
    },
  },
  {
    name: "A message of what an earlier job started answers no job, and the terminal says so",
    async run(kit) {
      const program = await kit.program("strays.ts").ended;
      assert.deepEqual(program.stdout.trim().split("\n"), ["2", "CC_ERR_TIMEOUT"]);
      assert.match(program.stderr, /a message was dropped: process\.send was called by what job 1 had started/);
    },
  },
  {
    name: "What a module posts to the host itself is never taken for a frame of ours",
    async run(kit) {
      // A process has but `process.send`, which is the bootstrap's.
      if (kit.isolation === "process") kit.notHere("about threads");
      const cc = kit.cluster("forger.mjs", { maxWorkers: 1, concurrency: 2 });
      const [honest, slow] = await Promise.all([
        kit.value(cc, 9, { task: "forge" }),
        kit.value(cc, "its own", { task: "slow" }),
      ]);
      assert.deepEqual([honest, slow], ["honest", "its own"]);
      assert.equal(await kit.value(cc, "last"), "last");
      assert.ok(cc.stats().lost.messages >= 27, `${cc.stats().lost.messages}`);
    },
  },
  {
    name: "A worker that cuts its line fails its job and is replaced",
    async run(kit) {
      const cc = kit.cluster("forger.mjs", { maxWorkers: 1 });
      if (kit.runtime === "deno" && kit.isolation === "thread") {
        kit.notHere("a Deno Worker has no line to cut but `self.close`");
      }
      const cut = kit.error(cc, null, { task: "sever" });
      const next = kit.value(cc, "next");
      assert.equal((await cut)["code"], "CC_ERR_WORKER_EXIT");
      assert.equal(await next, "next");
    },
  },
  {
    name: "A program whose workers ended in the middle of a message ends by itself",
    async run(kit) {
      const program = await kit.program("cut-off.ts").ended;
      assert.deepEqual([program.code, program.stdout.trim(), program.stderr], [0, "settled", ""]);
    },
  },
  {
    name: "A module that stops listening says so",
    async run(kit) {
      const cc = kit.cluster("once.cjs", { maxWorkers: 1 });
      assert.equal(await kit.value(cc, "first"), "first");
      const error = await kit.error(cc, "second");
      assert.match(error.message, /message listener is gone/);
    },
  },
  {
    name: "A worker whose output goes nowhere does not wait for it to be read",
    async run(kit) {
      kit.needs("stdio");
      const cc = kit.cluster("odd.mjs", { maxWorkers: 1, stdio: "ignore" });
      assert.equal(await kit.value(cc, null, { task: "floods" }), "written");
    },
  },
  {
    name: "What can't be written as JSON is named",
    needs: "serialization",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { serialization: "json" });
      const error = await kit.error(cc, { op: "echo", f() {}, value: { n: 1n } });
      assert.deepEqual([error["code"], error["path"]], ["CC_ERR_NOT_CLONEABLE", "args.value.n"]);
    },
  },
  {
    name: "A job that comes after the end says which it was",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      await cc.close();
      const error = await kit.error(cc, {}, { id: "late" });
      assert.deepEqual([error["code"], error["job"]], ["CC_ERR_CLOSED", "late"]);
    },
  },
  {
    name: "Flags of the program's own keep no worker from starting",
    async run(kit) {
      if (kit.runtime !== "node") kit.notHere("about Node");
      const sets = [
        ["--max-old-space-size=300", "--expose-gc", "--title=mine", "--import", "data:text/javascript,0"],
        ["--cpu-prof", "--cpu-prof-dir", dirname(kit.file("profile")), "--no-warnings", "--stack-trace-limit=30"],
        ["--inspect=0", "--trace-uncaught"],
      ];
      for (const flags of sets) {
        const { code, stdout, stderr } = await kit.start(kit.command("flags.ts", [], flags)).ended;
        assert.deepEqual([code, stdout.trim()], [0, "answered"], stderr);
      }
    },
  },
  {
    name: "execArgv takes the place of the program's flags, and none takes the place of all",
    needs: "execArgv",
    async run(kit) {
      if (kit.runtime !== "node") kit.notHere("about Node");
      const seen = await kit.value(kit.cluster("handler.mjs", { execArgv: [] }), { op: "look" });
      assert.deepEqual((seen as { execArgv: string[] }).execArgv, []);
    },
  },
  {
    name: "Preloads of the user's own stay in execArgv, for processes that the module starts",
    async run(kit) {
      if (kit.runtime !== "node" || kit.isolation === "thread") kit.notHere("about processes, about Node");
      const execArgv = ["--import", "data:text/javascript,0"];
      const seen = await kit.value(kit.cluster("handler.mjs", { execArgv }), { op: "look" });
      assert.deepEqual((seen as { execArgv: string[] }).execArgv, execArgv);
    },
  },
  {
    name: "A module that is reached by a link finds its imports beside itself",
    async run(kit) {
      if (process.platform === "win32") kit.notHere("needs a POSIX system");
      const real = kit.file("real");
      mkdirSync(real);
      writeFileSync(`${real}/package.json`, '{"type":"module"}');
      writeFileSync(`${real}/part.js`, "export const part = 7;");
      writeFileSync(`${real}/worker.js`, 'import { part } from "./part.js"; export default () => part;');
      symlinkSync(`${real}/worker.js`, kit.file("link.js"));
      assert.equal(await kit.value(kit.cluster(pathToFileURL(kit.file("link.js"))), null), 7);
    },
  },
  {
    name: "A working directory that is not there is refused",
    needs: "cwd",
    async run(kit) {
      assert.throws(() => kit.cluster("handler.mjs", { cwd: kit.file("nowhere") }), {
        code: "CC_ERR_OPTION",
        message: /^cwd must be a folder that exists, got ".*nowhere"$/,
      });
    },
  },
  {
    name: "A worker that can't be stopped does not end a program that listens for no errors",
    async run(kit) {
      const program = await kit.program("gives-up.ts").ended;
      assert.deepEqual(program.stdout.trim().split("\n"), ["CC_ERR_TIMEOUT", "next", "closed"], program.stderr);
      assert.equal(program.code, 0);
      if (kit.lacks("kill")) assert.match(program.stderr, /can't stop it.*isolation: "process"/s);
      else assert.equal(program.stderr, "");
    },
  },
];
