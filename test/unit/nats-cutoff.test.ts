import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { ComputeCluster } from "../../mod.ts";
import { submitApart } from "../../src/submit-apart.ts";
import { until } from "../conformance/kit.ts";
import { Cutoff, CutShort } from "../../src/nats/cutoff.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);

const run = (cc: ComputeCluster, cutoff: Cutoff, args: unknown): Promise<unknown> =>
  cutoff.run((done) => submitApart(cc, args, {}, done));

it("A cutoff ends a run before it is submitted, while it runs, and not after; what was said first counts", async () => {
  await using cc = new ComputeCluster({ module, maxWorkers: 1, killGrace: 0 });
  const before = new Cutoff();
  before.end("withdrawn");
  before.end("lost");
  await expect(run(cc, before, { op: "echo" })).rejects.toEqual(new CutShort("withdrawn"));
  expect(cc.stats().jobs.accepted).toBe(0);
  const during = new Cutoff();
  const started = once(cc, "job:started");
  const job = run(cc, during, { op: "spin" });
  await started;
  during.end("lost");
  during.end("withdrawn");
  await expect(job).rejects.toEqual(new CutShort("lost"));
  const after = new Cutoff();
  expect(await run(cc, after, { op: "echo", value: 1 })).toBe(1);
  after.end("lost");
});

it("A cutoff of a run that waits ends none that has begun; it may be ended otherwise then", async () => {
  await using cc = new ComputeCluster({ module, maxWorkers: 1, prefetch: 4, maxBacklog: -1, killGrace: 0 });
  await cc.ready();
  const values = ["first", "second", "third"];
  const cutoffs = values.map(() => new Cutoff());
  const folder = mkdtempSync(join(tmpdir(), "compute-cluster-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [begun, go] = [join(folder, "begun"), join(folder, "go")];
  const slow = (value: string): object => ({
    op: "log",
    file: begun,
    line: value,
    next: { op: "wait", file: go, value },
  });
  const args = (value: string, at: number): object => at === 1 ? slow(value) : { op: "echo", value };
  const jobs = values.map((value, at) => run(cc, cutoffs[at] as Cutoff, args(value, at)));
  const ends = Promise.allSettled(jobs);
  // Whether the host has heard of that is the scheduler's to know.
  await until(() => existsSync(begun));
  for (const cutoff of cutoffs) cutoff.end("waits");
  writeFileSync(go, "");
  expect(await ends).toEqual([
    { status: "fulfilled", value: "first" },
    { status: "fulfilled", value: "second" },
    { status: "rejected", reason: new CutShort("waits") },
  ]);
  expect(cc.stats().lost.workers).toBe(0);

  const started = once(cc, "job:started");
  const spinning = new Cutoff();
  const job = run(cc, spinning, { op: "spin" });
  await started;
  spinning.end("waits");
  expect(cc.stats().jobs.running).toBe(1);
  spinning.end("withdrawn");
  await expect(job).rejects.toEqual(new CutShort("withdrawn"));
});
