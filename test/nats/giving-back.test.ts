import { once } from "node:events";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Host } from "../../nats.ts";
import { Broker } from "./broker.ts";
import { Stage } from "./stage.ts";

describe("What a host has taken", () => {
  let broker: Broker;
  let stage: Stage;
  let shared: { servers: string; queue: string };

  beforeAll(async () => void (broker = await Broker.start()));
  afterAll(() => broker?.end());
  beforeEach(() => {
    stage = new Stage();
    shared = { servers: broker.url, queue: stage.queue() };
  });
  afterEach(() => stage.clean());

  function host(): Promise<Host> {
    return stage.host({ ...shared, maxDeliveries: 2, workers: { maxWorkers: 1 } });
  }

  it("ahead does not wait behind a long job while another host is free", async () => {
    await host();
    const cc = stage.cluster(shared);
    // So that it takes others ahead.
    await Promise.all(Array.from({ length: 300 }, () => cc.enqueue({ op: "echo" })));
    const controller = new AbortController();
    const started = once(cc, "job:started");
    const long = cc.enqueue({ op: "spin" }, { signal: controller.signal });
    await started;
    const short = Array.from({ length: 10 }, (_, value) => cc.enqueue({ op: "echo", value }));
    await host();
    expect(await Promise.all(short)).toEqual(Array.from({ length: 10 }, (_, value) => value));
    // It has not ended.
    controller.abort("enough");
    await expect(long).rejects.toBe("enough");
  });

  it("goes to another when it ends, however often, and does not count as lost", async () => {
    const cc = stage.cluster(shared);
    let job: Promise<unknown> | null = null;
    for (let times = 0; times < 4; times++) {
      const started = once(cc, "job:started");
      const served = await host();
      job ??= cc.enqueue({ op: "wait", file: stage.file("go"), value: "waited" }, { id: "often" });
      await started;
      await served.exit();
    }
    await host();
    stage.write("go");
    expect(await job).toBe("waited");
    expect(cc.stats().jobs.succeeded).toBe(1);
  });
});
