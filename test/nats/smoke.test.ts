import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ComputeCluster } from "../../mod.ts";
import { type Host, nats, serve } from "../../nats.ts";
import { Broker, versions } from "./broker.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);

describe.each(versions)("With NATS %s", (version) => {
  let broker: Broker;
  let host: Host;
  let cc: ComputeCluster;

  beforeAll(async () => {
    broker = await Broker.start({ version });
    host = await serve({ servers: broker.url, queue: "q", lease: 3_000, cluster: { module, maxWorkers: 2 } });
    cc = new ComputeCluster({ engine: nats({ servers: broker.url, queue: "q" }) });
  });

  afterAll(async () => {
    await cc?.exit();
    await host?.exit();
    await broker?.end();
  });

  it("a job is answered", async () => {
    const value = { map: new Map([[1n, new Uint8Array([1])]]), undefined };
    expect(await cc.enqueue({ op: "echo", value })).toEqual(value);
  });

  it("a value larger than a message is carried both ways", async () => {
    const value = new Uint8Array(3_000_000).fill(7);
    const answer = await cc.enqueue({ op: "echo", value }) as Uint8Array;
    expect(Buffer.compare(answer, value)).toBe(0);
  });
});
