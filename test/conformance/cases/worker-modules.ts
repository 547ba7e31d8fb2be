/** What a worker module may be, and what its world looks like. */

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, realpathSync } from "node:fs";
import { getPriority } from "node:os";
import { dirname, relative } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Case } from "../case.ts";
import { stripsTypes } from "../kit.ts";

export const workerModules: Case[] = [
  {
    name: "The original's own workers run unmodified",
    async run(kit) {
      assert.equal(await kit.value(kit.cluster("original/echo.js"), "hello"), "hello");
      assert.equal(await kit.value(kit.cluster("original/sleep.js"), 20), 20);
      process.env["CC_TEST_FOO"] = "bar";
      const answer = await kit.value(kit.cluster("original/getenv.js"), "CC_TEST_FOO");
      assert.deepEqual(answer, { key: "CC_TEST_FOO", value: "bar" });
    },
  },
  {
    name: "A worker sees the environment as it is when its job is enqueued",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      process.env["CC_TEST_LATE"] = "set after construction";
      try {
        assert.equal(await kit.value(cc, { op: "env", name: "CC_TEST_LATE" }), "set after construction");
      } finally {
        delete process.env["CC_TEST_LATE"];
      }
    },
  },
  {
    name: "env replaces the environment",
    needs: "env",
    async run(kit) {
      const before = { ...process.env };
      const cc = kit.cluster("handler.mjs", { env: { PATH: process.env["PATH"], ONLY: "this", GONE: undefined } });
      const { env } = await kit.value(cc, { op: "look" }) as { env: Record<string, string> };
      assert.equal(env["ONLY"], "this");
      assert.equal("GONE" in env, false);
      assert.equal("HOME" in env && before["HOME"] === env["HOME"], false);
      assert.deepEqual({ ...process.env }, before, "the program's own is not touched");
    },
    async otherwise(kit) {
      assert.throws(() => kit.cluster("handler.mjs", { env: {} }), {
        code: "CC_ERR_OPTION",
        message: /^env must not be given/,
      });
    },
  },
  {
    name: "Workers see nothing of the runtime's or our own plumbing",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { argv: ["--one", "two"] });
      const seen = await kit.value(cc, { op: "look", extra: 1 }) as Record<string, unknown>;
      const env = seen["env"] as Record<string, string>;
      for (const name of Object.keys(env)) {
        assert.doesNotMatch(name, /^NODE_(UNIQUE_ID|WORKER_ID|CHANNEL)|^COMPUTE_CLUSTER/);
      }
      assert.deepEqual((seen["argv"] as string[]).slice(1), ["--one", "two"]);
      assert.equal((seen["argv"] as string[])[0], realpathSync(fileURLToPath(kit.worker("handler.mjs"))));
      assert.ok(
        !(seen["execArgv"] as string[]).some((flag) => flag.includes("data:")),
        "no preload for processes of the worker's own",
      );
      assert.deepEqual(seen["keys"], ["op", "extra"]);
      assert.equal(seen["connected"], true);
    },
  },
  {
    name: "A worker process goes by the name of its module, unless it takes another",
    async run(kit) {
      if (kit.isolation === "thread") kit.notHere("about processes");
      const path = realpathSync(fileURLToPath(kit.worker("handler.mjs")));
      const title = async (worker: string, options = {}): Promise<unknown> => {
        const seen = await kit.value(kit.cluster(worker, options), { op: "look" });
        return (seen as Record<string, unknown>)["title"];
      };
      assert.equal(await title("handler.mjs"), `compute-cluster worker ${path}`);
      assert.equal(await title("titled.mjs"), "my own");
      if (kit.runtime === "node") assert.equal(await title("handler.mjs", { execArgv: ["--title=flag"] }), "flag");
    },
  },
  {
    name: "cwd is the worker's",
    needs: "cwd",
    async run(kit) {
      const folder = dirname(kit.file("x"));
      const cc = kit.cluster("handler.mjs", { cwd: folder });
      const { cwd } = await kit.value(cc, { op: "look" }) as { cwd: string };
      assert.equal(cwd, realpathSync(folder));
    },
    async otherwise(kit) {
      assert.throws(() => kit.cluster("handler.mjs", { cwd: "." }), { code: "CC_ERR_OPTION" });
    },
  },
  {
    name: "niceness is the worker's, and not the program's",
    needs: "niceness",
    async run(kit) {
      const before = getPriority();
      const cc = kit.cluster("handler.mjs", { niceness: 7 });
      const pid = await kit.value(cc, { op: "pid" }) as number;
      assert.deepEqual([getPriority(pid), getPriority()], [Math.max(7, before), before]);
      const usual = await kit.value(kit.cluster("handler.mjs"), { op: "pid" }) as number;
      assert.equal(getPriority(usual), before);
    },
    async otherwise(kit) {
      assert.throws(() => kit.cluster("handler.mjs", { niceness: 7 }), {
        code: "CC_ERR_OPTION",
        message: /^niceness must not be given/,
      });
    },
  },
  {
    name: "An executable that is not there fails the jobs",
    needs: "execPath",
    async run(kit) {
      const cc = kit.cluster("handler.mjs", { execPath: kit.file("no-such-runtime") });
      const error = await kit.error(cc, {});
      assert.equal(error["code"], "CC_ERR_WORKER_START");
      assert.equal((error.cause as { code?: string }).code, "ENOENT");
    },
    async otherwise(kit) {
      assert.throws(() => kit.cluster("handler.mjs", { execPath: process.execPath }), { code: "CC_ERR_OPTION" });
    },
  },
  {
    name: "Named exports are tasks, and nothing else is",
    async run(kit) {
      const cc = kit.cluster("handler.mjs");
      assert.equal(await kit.value(cc, 21, { task: "double" }), 42);
      assert.deepEqual(await kit.value(cc, null, { task: "context", id: "mine" }), {
        id: "mine",
        task: "context",
        attempt: 1,
        aborted: false,
      });
      for (const task of ["halve", "toString", "constructor", "__proto__", "notATask"]) {
        const error = await kit.error(cc, 1, { task });
        assert.equal(error["code"], "CC_ERR_OPTION");
        assert.ok(error.message.includes(JSON.stringify(task)) && error.message.includes("double"), error.message);
      }
      const old = await kit.error(kit.cluster("contract.mjs"), 1, { task: "double" });
      assert.equal(old["code"], "CC_ERR_OPTION");
    },
  },
  {
    name: "CommonJS workers export functions too",
    async run(kit) {
      assert.equal(await kit.value(kit.cluster("function.cjs"), 1), 2);
      const exports = kit.cluster("exports.cjs");
      assert.equal(await kit.value(exports, 1), 2);
      assert.equal(await kit.value(exports, 2, { task: "triple" }), 6);
      const object = kit.cluster("object.cjs");
      assert.equal(await kit.value(object, 2, { task: "triple" }), 6);
    },
  },
  {
    name: "A TypeScript worker runs as it is",
    async run(kit) {
      // Node before 22.18 takes TypeScript by a loader.
      const loader = !stripsTypes;
      if (loader && kit.isolation === "thread") kit.notHere("about processes, a loader is for processes");
      const cc = kit.cluster("typed.ts", loader ? { execArgv: ["--import", "tsx"] } : {});
      assert.equal(await kit.value(cc, { r: 2 }), Math.PI * 4);
      assert.equal(await kit.value(cc, "you", { task: "greet" }), "hello you");
    },
  },
  {
    name: "A module is found by relative path, absolute path, URL and URL text, whatever its name",
    async run(kit) {
      const url = kit.worker("original/echo.js");
      const path = fileURLToPath(url);
      const strange = kit.file(`a b/w 1%20#ü${kit.lacks("questionMark") ? "" : "?"}.mjs`);
      mkdirSync(dirname(strange));
      copyFileSync(fileURLToPath(kit.worker("interleaved.mjs")), strange);
      const modules = [relative(process.cwd(), path), path, url, url.href];
      for (const module of modules) {
        const cc = kit.cluster(url, { module });
        assert.equal(await kit.value(cc, "found"), "found");
        await cc.exit();
      }
      const cc = kit.cluster(pathToFileURL(strange));
      assert.equal(await kit.value(cc, { value: "strange", ms: 0 }), "strange");
    },
  },
  {
    name: "The user's module is the main one",
    needs: "main",
    async run(kit) {
      assert.equal(await kit.value(kit.cluster("main-module.cjs"), {}), true);
    },
    async otherwise(kit) {
      assert.equal(await kit.value(kit.cluster("main-module.cjs"), {}), false);
    },
  },
  {
    name: "A cluster works inside of a node:cluster worker",
    async run(kit) {
      const { code, stdout, stderr } = await kit.program("inside-cluster.ts").ended;
      assert.deepEqual([code, stdout.trim()], [0, JSON.stringify({ answers: [0, 1, 2, 3], uid: null })], stderr);
    },
  },
  {
    name: "A cluster works inside of a worker of another",
    async run(kit) {
      const cc = kit.cluster(new URL("../../programs/nested-worker.mjs", import.meta.url), {
        maxWorkers: 1,
        setupData: kit.isolation,
      });
      assert.equal(await kit.value(cc, 20), 21);
    },
  },
  {
    name: "permissions are never more than the program's",
    needs: "permissions",
    async run(kit) {
      const folder = dirname(fileURLToPath(kit.worker("handler.mjs")));
      const cc = kit.cluster("handler.mjs", { permissions: { read: [folder], env: ["CC_TEST_FOO"] } });
      assert.equal(await kit.value(cc, { op: "echo", value: 1 }), 1);
      const refused = await kit.error(cc, { op: "log", file: kit.file("x"), line: 1 });
      assert.match(refused.message, /write access/);
      const { stdout, stderr } = await kit.start([
        "run",
        "--no-prompt",
        "--allow-read",
        "--allow-env",
        "--allow-run",
        fileURLToPath(new URL("../../programs/least.ts", import.meta.url)),
        "process",
      ]).ended;
      assert.deepEqual(stdout.trim().split("\n"), ["answered 2", "write refused", "CC_ERR_OPTION"], stderr);
    },
    async otherwise(kit) {
      assert.throws(() => kit.cluster("handler.mjs", { permissions: { read: true } }), { code: "CC_ERR_OPTION" });
    },
  },
];
