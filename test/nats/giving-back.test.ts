import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ComputeCluster } from "../../mod.ts";
import { type Host, nats, serve } from "../../nats.ts";
import { Broker } from "./broker.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);

describe("What a host has taken", () => {
  let broker: Broker;
  const hosts: Host[] = [];
  const clusters: ComputeCluster[] = [];

  beforeAll(async () => {
    broker = await Broker.start();
  });

  afterAll(async () => {
    await Promise.all(clusters.map((cc) => cc.exit()));
    await Promise.all(hosts.map((host) => host.exit()));
    await broker?.end();
  });

  async function host(queue: string): Promise<Host> {
    const cluster = { module, maxWorkers: 1, killGrace: 0 };
    const served = await serve({ servers: broker.url, queue, maxDeliveries: 2, cluster });
    hosts.push(served);
    return served;
  }

  function cluster(queue: string): ComputeCluster {
    const cc = new ComputeCluster({ engine: nats({ servers: broker.url, queue }) });
    clusters.push(cc);
    return cc;
  }

  it("ahead does not wait behind a long job while another host is free", async () => {
    await host("long");
    const cc = cluster("long");
    // So that it takes others ahead.
    await Promise.all(Array.from({ length: 300 }, () => cc.enqueue({ op: "echo" })));
    const ended: string[] = [];
    const started = once(cc, "job:started");
    const long = cc.enqueue({ op: "spin", ms: 4_000 }).then(() => ended.push("long"));
    await started;
    const short = Array.from({ length: 10 }, async () => {
      await cc.enqueue({ op: "echo" });
      ended.push("short");
    });
    await host("long");
    await Promise.all([long, ...short]);
    expect(ended).toEqual([...Array(10).fill("short"), "long"]);
  });

  it("goes to another when it ends, however often, and does not count as lost", async () => {
    const cc = cluster("often");
    let job: Promise<unknown> | null = null;
    for (let times = 0; times < 4; times++) {
      const served = await host("often");
      const started = once(cc, "job:started");
      job ??= cc.enqueue({ op: "sleep", ms: 2_000, value: "slept" }, { id: "often" });
      await started;
      await served.exit();
    }
    await host("often");
    await job;
    expect(cc.stats().jobs.succeeded).toBe(1);
  });
});
