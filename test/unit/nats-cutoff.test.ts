import { once } from "node:events";
import { expect, it } from "vitest";
import { ComputeCluster } from "../../mod.ts";
import { Cutoff } from "../../src/nats/cutoff.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);

it("A cluster heeds a cutoff as an AbortSignal: before a job, while it runs, and not after; what was said first counts", async () => {
  await using cc = new ComputeCluster({ module, maxWorkers: 1, killGrace: 0 });
  const run = (cutoff: Cutoff, args: unknown): Promise<unknown> =>
    cc.enqueue(args, { signal: cutoff as unknown as AbortSignal });
  const before = new Cutoff();
  expect([before.aborted, before.reason]).toEqual([false, undefined]);
  before.end("withdrawn");
  before.end("lost");
  await expect(run(before, { op: "echo" })).rejects.toBe("withdrawn");
  const during = new Cutoff();
  const started = once(cc, "job:started");
  const job = run(during, { op: "spin" });
  await started;
  during.end("waits");
  await expect(job).rejects.toBe("waits");
  const after = new Cutoff();
  expect(await run(after, { op: "echo", value: 1 })).toBe(1);
  after.end("lost");
  expect([after.aborted, after.reason]).toEqual([true, "lost"]);
});
