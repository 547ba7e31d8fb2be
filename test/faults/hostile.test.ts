/** Workers that do their worst: the program survives, and only their own jobs may fail. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import process from "node:process";
import type { Case } from "../conformance/case.ts";
import { type Kit, until } from "../conformance/kit.ts";
import { registerSuites } from "../conformance/register.ts";
import { quietly } from "./quiet.ts";

const PATCHES = [
  "push",
  "iterator",
  "stringify",
  "parse",
  "toJSON",
  "toJSONs",
  "map",
  "then",
  "hasOwn",
  "clone",
  "send",
  "emit",
  "exit",
  "on",
  "memory",
  "timers",
  "error",
  "pollution",
];

/** A job of a hostile worker ends, and the next worker is an honest one. */
async function survives(
  kit: Kit,
  task: string,
  args: unknown,
  allowed: readonly unknown[],
  options: object = {},
): Promise<void> {
  const cc = kit.cluster("villain.mjs", { maxWorkers: 1, timeout: 5_000, killGrace: 100, ...options });
  const ended = await kit.job(cc, args, { task });
  const outcome = "ok" in ended ? ended.ok : (ended.error as { code?: unknown }).code;
  assert.ok(
    allowed.includes(outcome),
    `${task} ${String(args)}: ${String(outcome)} ${"error" in ended ? ended.error : ""}`,
  );
  // The same worker may serve on, crippled; whatever it does ends, and a fresh one is whole.
  await kit.job(cc, "meanwhile");
  await cc.exit();
  assert.equal(await kit.value(kit.cluster("villain.mjs", { maxWorkers: 1 }), "honest"), "honest");
}

const cases: Case[] = [
  ...["text", "zeros", "long", "short", "json", "much"].map((what): Case => ({
    name: `F-39 Bytes on the line that are no message cost one worker at most (${what})`,
    async run(kit) {
      // A thread has no line of its own in the process; descriptors are found by /proc.
      if (kit.isolation === "thread" || process.platform !== "linux") kit.notHere("about processes, needs Linux");
      await quietly(async () => {
        for (const serialization of ["advanced", "json"] as const) {
          const cc = kit.cluster("villain.mjs", { maxWorkers: 1, timeout: 10_000, serialization });
          const ended = await kit.job(cc, what, { task: "junk" });
          if ("error" in ended) assert.equal((ended.error as { code?: unknown }).code, "CC_ERR_WORKER_EXIT");
          else assert.equal(ended.ok, "after");
          assert.equal(await kit.value(cc, "next"), "next");
        }
      });
    },
  })),
  {
    name: "F-39 On Node the cause says that the line was written to",
    async run(kit) {
      if (kit.runtime !== "node" || kit.isolation === "thread" || process.platform !== "linux") {
        kit.notHere("about processes, needs Linux, about Node");
      }
      const error = await kit.error(kit.cluster("villain.mjs", { maxWorkers: 1 }), "text", { task: "junk" });
      assert.equal(error["code"], "CC_ERR_WORKER_EXIT");
      assert.match(String((error.cause as Error).message), /something other than the worker wrote to its line/);
    },
  },
  {
    name: "hostile: a worker that closes every descriptor ends its own job",
    async run(kit) {
      // Threads share the program's descriptors: closing them is the program's own end.
      if (kit.isolation === "thread") kit.notHere("about processes");
      await survives(kit, "closeAll", null, ["after", "CC_ERR_WORKER_EXIT", "CC_ERR_TIMEOUT"]);
    },
  },
  ...([["closeShared", null], ["closeShared", "exit"], ["closeShared", "console"], ["spoilShared", null]] as const).map(
    (
      [task, how],
    ): Case => ({
      name: `hostile: a worker that ruins what it shares with its host costs its own jobs (${task}, ${how})`,
      async run(kit) {
        // Threads share the program's descriptors: closing them is the program's own end.
        if (kit.isolation === "thread") kit.notHere("about processes");
        await quietly(async () => {
          // Where it is not noticed at once, a job that can't begin has its time.
          const timeout = task === "spoilShared" || kit.runtime !== "node" ? { timeout: 2_000 } : {};
          const cc = kit.cluster("villain.mjs", { maxWorkers: 1, killGrace: 100, ...timeout });
          assert.equal(await kit.value(cc, how, { task }), "after");
          const bytes = new Uint8Array(1 << 20).fill(7);
          for (let n = 0; n < 3; n++) {
            const ended = await kit.job(cc, bytes);
            if ("ok" in ended) assert.equal(Buffer.compare(ended.ok as Uint8Array, bytes), 0);
            else assert.match(String((ended.error as { code?: unknown }).code), /^CC_ERR_(?:WORKER_EXIT|TIMEOUT)$/);
          }
          await cc.exit();
          assert.equal(await kit.value(kit.cluster("villain.mjs", { maxWorkers: 1 }), "honest"), "honest");
        });
      },
    }),
  ),
  {
    name: "hostile: a worker that has a file of its own in the place of what it shares keeps that file as it is",
    async run(kit) {
      // Only long frames look whose file it is; what is short is at its start.
      if (kit.runtime !== "node" || kit.isolation === "thread") kit.notHere("about long frames in shared memory");
      await quietly(async () => {
        const path = kit.file("precious");
        const cc = kit.cluster("villain.mjs", { maxWorkers: 1, killGrace: 100, prefetch: 0 });
        const bytes = new Uint8Array(1 << 20).fill(7);
        assert.equal(await kit.value(cc, path, { task: "takeShared" }), "after");
        for (let n = 0; n < 3; n++) await kit.job(cc, bytes);
        assert.deepEqual(kit.lines(path), ["precious"]);
      });
    },
  },
  {
    name: "hostile: a hundred thousand messages at once are one answer, and the rest is counted",
    async run(kit) {
      const cc = kit.cluster("villain.mjs", { maxWorkers: 1 });
      assert.equal(await kit.value(cc, 100_000, { task: "chatter" }), 0);
      assert.equal(await kit.value(cc, "next"), "next");
      await until(() => cc.stats().lost.messages >= 99_999);
      assert.equal(cc.stats().lost.messages, 99_999);
    },
  },
  ...["gone", "patched"].map((way): Case => ({
    name: `hostile: a module that takes the global process away is served as any other (${way})`,
    async run(kit) {
      if (way === "gone" && kit.runtime === "bun" && kit.isolation === "process") {
        kit.notHere("Bun's own process.send reads the global process (1.4.5)");
      }
      const cc = kit.cluster("no-process.mjs", { setupData: way, maxWorkers: 1, maxWorkerMemory: 2 ** 40 });
      const values = [1, { plain: [true] }, new Map([[1, new Set([2n])]]), new Uint8Array(100_000).fill(7), undefined];
      for (const value of values) assert.deepEqual(await kit.value(cc, value), value);
      await new Promise((resolve) => cc.close(resolve));
      assert.deepEqual(kit.faults, []);
    },
  })),
  ...PATCHES.map((what): Case => ({
    name: `hostile: a module that patches what everybody uses harms nobody else (${what})`,
    run: (kit) => quietly(() => survives(kit, "patch", what, ["patched", "CC_ERR_WORKER_EXIT", "CC_ERR_TIMEOUT"])),
  })),
  {
    name: "hostile: a module that gives all objects a toJSON answers as any other",
    async run(kit) {
      const json = kit.lacks("serialization") ? {} : { serialization: "json" as const };
      const cc = kit.cluster("all-to-json.mjs", { maxWorkers: 1, ...json });
      assert.equal(await kit.value(cc, 2), 3);
      const told: unknown[] = [];
      assert.equal(await kit.value(cc, 3, { onProgress: (value) => told.push(value) }), 4);
      assert.deepEqual(told, ["half"]);
    },
  },
];

registerSuites({ "hostile workers": cases });
