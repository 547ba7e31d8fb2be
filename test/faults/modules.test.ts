/** F-35: where the module is. F-36: a module that takes its time to load misses no job. */

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, relative } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Case } from "../conformance/case.ts";
import { type Kit, stripsTypes } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";

/** Worker modules as text, of either contract. */
const SOURCES = {
  handler: "export default (m) => m;",
  contract: 'import process from "node:process"; process.on("message", (m) => process.send(m));',
} as const;

/** The same in CommonJS. */
const REQUIRED = {
  handler: "module.exports = (m) => m;",
  contract: 'process.on("message", (m) => process.send(m));',
} as const;

const KINDS = ["handler", "contract"] as const;

/** Writes a module into a folder of the case. */
function written(kit: Kit, name: string, source: string): string {
  const path = kit.file(name);
  writeFileSync(path, source);
  return path;
}

/** A module that the cluster finds, and that answers. */
async function assertFound(kit: Kit, module: string | URL): Promise<void> {
  const cc = kit.cluster("handler.mjs", { module, maxWorkers: 1 });
  assert.equal(await kit.value(cc, "found"), "found", String(module));
  await cc.exit();
}

/** Loads slowly, and then listens. */
const SLOW = {
  handler: (ms: number) =>
    `await new Promise((r) => setTimeout(r, ${ms})); await import("node:zlib"); ${SOURCES.handler}`,
  contract: (ms: number) =>
    `import process from "node:process"; await new Promise((r) => setTimeout(r, ${ms})); await import("node:zlib");
     process.on("message", (m) => process.send(m));`,
} as const;

const cases: Case[] = [
  {
    name: "A module that is gone when a worker starts is named in few words",
    async run(kit) {
      const file = written(kit, "gone.mjs", SOURCES.handler);
      const cc = kit.cluster(pathToFileURL(file), kit.isolation === "process" ? { stdio: "ignore" } : {});
      rmSync(file);
      const { message, cause } = await kit.error(cc, 1);
      assert.match(message, /gone\.mjs/);
      assert.ok(message.length < 1_000, message);
      assert.ok(String((cause as Error).stack).length < 4_000);
    },
  },
  ...KINDS.map((kind): Case => ({
    name: `F-35 A module is found in every way to name it (${kind})`,
    async run(kit) {
      mkdirSync(kit.file("a b"));
      for (const name of ["w.mjs", "a b/w 1%20#ü%2520.mjs"]) {
        const path = written(kit, name, SOURCES[kind]);
        const url = pathToFileURL(path);
        for (const module of [relative(process.cwd(), path), path, url, url.href]) await assertFound(kit, module);
      }
    },
  })),
  ...KINDS.map((kind): Case => ({
    name: `F-35 A module is found whatever its kind (${kind})`,
    async run(kit) {
      await assertFound(kit, written(kit, "w.cjs", REQUIRED[kind]));
      await assertFound(kit, written(kit, "w.js", REQUIRED[kind]));
      // Without the runtime's own TypeScript a loader is needed: the user's flag.
      if (stripsTypes) {
        await assertFound(kit, written(kit, "w.ts", `const seen: number = 1; void seen; ${SOURCES[kind]}`));
      }
    },
  })),
  {
    name: "F-35 What names no module is refused at once, with where it was looked for",
    async run(kit) {
      const refused = (module: unknown, message: RegExp): void => {
        assert.throws(() => kit.cluster("handler.mjs", { module: module as string }), {
          code: "CC_ERR_OPTION",
          message,
        });
      };
      const gone = kit.file("gone.mjs");
      for (const module of [gone, relative(process.cwd(), gone), pathToFileURL(gone), pathToFileURL(gone).href]) {
        refused(module, new RegExp(`a file that exists, got ".*${basename(gone)}"`));
        assert.throws(() => kit.cluster("handler.mjs", { module }), (error: Error) => error.message.includes(gone));
      }
      mkdirSync(kit.file("folder"));
      refused(kit.file("folder"), /a file, not a folder/);
      refused("", /module/);
      refused("data:text/javascript,1", /a path or a file: URL/);
      refused(new URL("ftp://localhost/w.mjs"), /a path or a file: URL/);
      refused("file://elsewhere/w.mjs", /module/);
      refused(undefined, /required/);
      refused(7, /module/);
    },
  },
  {
    name: "F-35 A name that was encoded once is not encoded again, nor decoded",
    async run(kit) {
      copyFileSync(fileURLToPath(kit.worker("interleaved.mjs")), kit.file("a%20b.mjs"));
      writeFileSync(kit.file("a b.mjs"), "export default () => 'the other';");
      const encoded = kit.cluster(pathToFileURL(kit.file("a%20b.mjs")), { maxWorkers: 1 });
      assert.equal(await kit.value(encoded, { value: "this", ms: 0 }), "this");
      assert.equal(await kit.value(kit.cluster(pathToFileURL(kit.file("a b.mjs"))), null), "the other");
    },
  },
  {
    name: "F-35 A relative path is that of the moment when the cluster was made",
    async run(kit) {
      const { stdout, stderr } = await kit.program("moves.ts", kit.file("elsewhere")).ended;
      assert.deepEqual(stdout.trim().split("\n"), ["answered 1", "answered 2"], stderr);
    },
  },
  ...KINDS.flatMap((kind) =>
    [0, 50, 700].map((ms): Case => ({
      name: `F-36 A module that loads for ${ms} ms misses no job (${kind})`,
      async run(kit) {
        const path = written(kit, "slow.mjs", SLOW[kind](ms));
        for (const style of ["promise", "callback"] as const) {
          const cc = kit.cluster("handler.mjs", { module: path, maxWorkers: 4 });
          const jobs = Array.from({ length: 8 }, (_, i) => kit.value(cc, { i }, undefined, style));
          assert.deepEqual(await Promise.all(jobs), Array.from({ length: 8 }, (_, i) => ({ i })));
          await cc.exit();
        }
        assert.deepEqual(kit.faults, []);
      },
    }))
  ),
  ...KINDS.map((kind): Case => ({
    name: `F-36 While its worker loads, a job does not run: no timeout, and no prediction, counts that (${kind})`,
    async run(kit) {
      const path = written(kit, "slow.mjs", SLOW[kind](3_500));
      const cc = kit.cluster("handler.mjs", { module: path, maxWorkers: 1, timeout: 3_000, maxLatency: 3_000 });
      const jobs = [1, 2, 3, 4].map((i) => kit.value(cc, i));
      assert.deepEqual(await Promise.all(jobs), [1, 2, 3, 4]);
      assert.ok(cc.stats().expectedRun < 3_000);
    },
  })),
  {
    name: "F-36 A module that takes its arguments out of process.argv is loaded",
    async run(kit) {
      const cc = kit.cluster("shifts-argv.cjs", { maxWorkers: 1 });
      assert.equal(await kit.value(cc, 1), "answer");
    },
  },
  {
    name: "F-36 A module that listens only after it has loaded, and blocks first, is no crash",
    async run(kit) {
      const path = written(
        kit,
        "late.cjs",
        "const end = Date.now() + 300; while (Date.now() < end); setTimeout(() => process.on('message', (m) => process.send(m)), 100);",
      );
      const cc = kit.cluster("handler.mjs", { module: path });
      assert.deepEqual(await Promise.all([1, 2, 3].map((i) => kit.value(cc, i))), [1, 2, 3]);
      assert.deepEqual([cc.stats().lost.workers, cc.stats().lost.starts, kit.faults], [0, 0, []]);
    },
  },
  {
    name: "F-36 A job that is given up while its worker loads never runs, and its neighbours do",
    async run(kit) {
      const file = kit.file("ran");
      const log = `import { appendFileSync } from "node:fs"; await new Promise((r) => setTimeout(r, 300));
        export default ({ file, line }) => appendFileSync(file, line + "\\n");`;
      const cc = kit.cluster("handler.mjs", { module: written(kit, "log.mjs", log), maxWorkers: 1 });
      const controller = new AbortController();
      const given = kit.error(cc, { file, line: "given up" }, { signal: controller.signal });
      const kept = kit.value(cc, { file, line: "kept" });
      controller.abort("given up");
      assert.equal(await given, "given up");
      await kept;
      assert.deepEqual(kit.lines(file), ["kept"]);
    },
  },
];

registerSuites({ "where the module is": cases });
