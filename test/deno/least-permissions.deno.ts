/**
 * Threads on Deno with no right but to read this project. Run by `deno test`, whose sanitizers find workers, timers and
 * other resources that are left.
 */

import assert from "node:assert/strict";
import { ComputeCluster } from "../../mod.ts";

declare const Deno: { test(name: string, run: () => Promise<void>): void };

const module = new URL("../workers/handler.mjs", import.meta.url);

Deno.test("Threads need no right but to read their module", async () => {
  await using cc = new ComputeCluster({ module, maxWorkers: 2 });
  assert.equal(await cc.enqueue(21, { task: "double" }), 42);
  assert.equal(cc.stats().adapter, "deno thread");
});

Deno.test("A cluster that has ended leaves no resource", async () => {
  const cc = new ComputeCluster({ module, maxWorkers: 2, minWorkers: 2, timeout: 60_000 });
  cc.on("error", () => {});
  await cc.ready();
  await assert.rejects(cc.enqueue({ op: "exit", code: 3 }), { code: "CC_ERR_WORKER_EXIT", exitCode: 3 });
  await assert.rejects(cc.enqueue({ op: "throw", what: "type" }), { code: "E_BAD" });
  const aborted = cc.enqueue(20_000, { task: "patient", signal: AbortSignal.abort() });
  await assert.rejects(aborted, { name: "AbortError" });
  await cc.exit();
});

Deno.test("A module that may not be read fails its jobs", async () => {
  await using cc = new ComputeCluster({ module: new URL("../workers/missing-import.mjs", import.meta.url) });
  cc.on("error", () => {});
  await assert.rejects(cc.enqueue(1), { code: "CC_ERR_WORKER_START" });
});
