import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClusterError, ComputeCluster } from "../../mod.ts";
import { type Host, type HostReport, Monitor, nats, serve } from "../../nats.ts";
import { Names } from "../../src/nats/names.ts";
import { Broker, versions } from "./broker.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);

describe.each(versions)("With NATS %s", { timeout: 60_000 }, (version) => {
  let broker: Broker;
  let connection: NatsConnection;
  const hosts: Host[] = [];
  const clusters: ComputeCluster[] = [];

  beforeAll(async () => {
    broker = await Broker.start({ version });
    connection = await connect({ servers: broker.url });
  });

  afterAll(async () => {
    await Promise.allSettled(clusters.map((cc) => cc.exit()));
    await Promise.allSettled(hosts.map((host) => host.exit()));
    await connection?.close();
    await broker?.end();
  });

  async function host(queue: string, name: string, maxWorkers = 1): Promise<Host> {
    const served = await serve({
      servers: broker.url,
      queue,
      host: name,
      version: "1.2",
      cluster: { module, maxWorkers, killGrace: 0 },
    });
    hosts.push(served);
    return served;
  }

  function cluster(queue: string, options: { maxLatency?: number } = {}): ComputeCluster {
    const cc = new ComputeCluster({ ...options, engine: nats({ servers: broker.url, queue }) });
    clusters.push(cc);
    return cc;
  }

  /** What hosts say, as it is said. */
  async function* said(queue: string): AsyncGenerator<HostReport, void, undefined> {
    for await (const message of connection.subscribe(new Names(queue).host("*"))) yield message.json<HostReport>();
  }

  it("a host tells how it is, again and again, when it drains, and when it goes; and nothing of it is kept", async () => {
    const reports = said("told");
    const first = reports.next();
    await connection.flush();
    const served = await host("told", "one", 2);
    expect((await first).value).toMatchObject({
      queue: "told",
      host: "one",
      pid: process.pid,
      runtime: expect.stringMatching(/^(?:node|bun|deno) \d+\.\d+/),
      library: "1.0.0",
      version: "1.2",
      state: "serving",
      slots: 2,
      free: 2,
      held: 0,
      done: 0,
    });
    const cc = cluster("told");
    await cc.enqueue({ op: "echo" });
    await cc.enqueue({ op: "throw", message: "no" }).catch(() => {});
    const started = once(cc, "job:started");
    const file = join(broker.folder, "told");
    const long = cc.enqueue({ op: "wait", file });
    await started;
    let last = (await reports.next()).value as HostReport;
    // What it says meanwhile.
    while (last.done + last.failed < 2 || last.held < 1) last = (await reports.next()).value as HostReport;
    expect(last).toMatchObject({ state: "serving", done: 1, failed: 1, held: 1, free: 1, waiting: 0 });
    expect(last.rate).toBeGreaterThan(0);
    const drained = served.drain();
    while (last.state === "serving") last = (await reports.next()).value as HostReport;
    expect(last).toMatchObject({ state: "draining", held: 1 });
    writeFileSync(file, "");
    while (last.state === "draining") last = (await reports.next()).value as HostReport;
    expect(last).toMatchObject({ state: "gone", held: 0, done: 2 });
    await long;
    expect(await drained).toBe(0);
    const jsm = await jetstreamManager(connection);
    const subjects = (await jsm.streams.list().next()).flatMap(({ config }) => config.subjects);
    expect(subjects.filter((subject) => /\.(?:host|roll)\.|^cc\.>/.test(subject))).toEqual([]);
  });

  it("all hosts say how they are when they are asked", async () => {
    await Promise.all([host("asked", "a"), host("asked", "b")]);
    const replies: string[] = [];
    const options = { strategy: "count", maxMessages: 2, maxWait: 20_000 } as const;
    for await (const reply of await connection.requestMany(new Names("asked").roll, undefined, options)) {
      replies.push(reply.json<HostReport>().host);
    }
    expect(replies.sort()).toEqual(["a", "b"]);
  });

  it("a monitor sees queues, what waits in them, and their hosts", async () => {
    const served = await host("seen", "one");
    const cc = cluster("seen");
    const monitor = await Monitor.open({ servers: broker.url, queue: ["seen"] });
    try {
      const started = once(cc, "job:started");
      const file = join(broker.folder, "seen");
      const jobs = Array.from({ length: 3 }, () => cc.enqueue({ op: "wait", file }));
      await started;
      let { queues: [seen] } = await monitor.look();
      // Hosts have a second to answer.
      while (seen?.waiting !== 2 || seen.hosts.length === 0) ({ queues: [seen] } = await monitor.look());
      expect(seen).toMatchObject({ queue: "seen", version: "1.2", running: 1, dead: 0, maxBacklog: 100_000 });
      expect(seen.oldest).toBeGreaterThanOrEqual(0);
      expect(seen.oldest).toBeLessThan(60_000);
      expect(seen.hosts).toMatchObject([{ host: "one", slots: 1 }]);
      writeFileSync(file, "");
      await Promise.all(jobs);
      await served.exit();
      while (seen?.hosts.length !== 0) ({ queues: [seen] } = await monitor.look());
    } finally {
      await monitor.close();
    }
  });

  it("a monitor makes no queue, and says which is not there", async () => {
    const monitor = await Monitor.open({ servers: broker.url, queue: "nobody" });
    await expect(monitor.look()).rejects.toMatchObject({
      code: "CC_ERR_ENGINE",
      message: 'there is no queue "nobody"',
      lasting: true,
    });
    await monitor.close();
    await expect((await jetstreamManager(connection)).streams.info(new Names("nobody").jobs)).rejects.toThrow();
  });

  it("jobs are refused that would be answered too late, and taken again when there is room", async () => {
    await host("late", "one");
    const [limited, other] = [cluster("late", { maxLatency: 500 }), cluster("late")];
    /** Enqueues five at a time until one is refused: until enough is known of the host. */
    async function refusal(submit: () => Promise<unknown>): Promise<ClusterError> {
      for (let round = 0; round < 50; round++) {
        const outcomes = await Promise.allSettled(Array.from({ length: 5 }, submit));
        const errors = outcomes.filter((outcome) => outcome.status === "rejected").map(({ reason }) => reason);
        // A job that was taken may end by its deadline.
        const refused = errors.find(({ expected }) => expected !== undefined);
        if (refused) return refused;
      }
      throw new Error("no job is refused");
    }
    const job = (deadline?: number): Promise<unknown> => other.enqueue({ op: "sleep", ms: 200 }, { deadline });
    const late = await refusal(() => limited.enqueue({ op: "sleep", ms: 200 }));
    expect(late).toMatchObject({ code: "CC_ERR_LATENCY", limit: 500, retryable: true });
    expect(late.expected).toBeGreaterThan(500);
    expect(late.retryAfter).toBe(Math.ceil((late.expected as number) - 500));
    expect(await refusal(() => job(400))).toMatchObject({ code: "CC_ERR_DEADLINE", limit: 400, retryable: true });
    // All that were taken have been answered.
    await job();
    await limited.enqueue({ op: "sleep", ms: 200 });
  });
});
