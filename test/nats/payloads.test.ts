import { Buffer } from "node:buffer";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect, headers } from "@nats-io/transport-node";
import { afterEach, describe, expect, it } from "vitest";
import { ComputeCluster } from "../../mod.ts";
import { DeadLetters, type Host, nats, serve } from "../../nats.ts";
import { Broker, type BrokerOptions, versions } from "./broker.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);

describe.each(versions)("With NATS %s", (version) => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  interface Place {
    readonly broker: Broker;
    readonly host: Host;
    readonly cc: ComputeCluster;
    readonly jsm: JetStreamManager;
  }

  async function start(options: BrokerOptions = {}): Promise<Place> {
    const broker = await Broker.start({ version, ...options });
    ends.push(() => broker.end());
    const queue = { servers: broker.url, queue: "q" };
    const host = await serve({ ...queue, cluster: { module, maxWorkers: 2 } });
    ends.push(() => host.exit());
    const cc = new ComputeCluster({ engine: nats(queue) });
    ends.push(() => cc.exit());
    const connection = await connect({ servers: broker.url });
    ends.push(() => connection.close());
    return { broker, host, cc, jsm: await jetstreamManager(connection) };
  }

  /** For what is done beside an answer. */
  const patience = { timeout: 20_000 };

  const large = (size: number): Uint8Array => new Uint8Array(size).map((_, i) => i % 251);

  /** How much there is in the bucket. */
  const left = async (jsm: JetStreamManager): Promise<number> =>
    (await jsm.streams.info("OBJ_CC_q_any")).state.messages;

  async function echoes(cc: ComputeCluster, value: Uint8Array, options = {}): Promise<void> {
    const answer = await cc.enqueue({ op: "echo", value }, options) as Uint8Array;
    expect(answer.byteLength).toBe(value.byteLength);
    expect(Buffer.compare(answer, value)).toBe(0);
  }

  it("large values go both ways, many at a time, and leave nothing behind", async () => {
    const { cc, jsm } = await start();
    await Promise.all(Array.from({ length: 8 }, (_, i) => echoes(cc, large(1_000_000 + i * 300_001))));
    await expect.poll(() => left(jsm), patience).toBe(0);
  });

  it("a bucket that is lost is made anew by programs that had it, for arguments and for answers", async () => {
    const { cc, jsm } = await start();
    await echoes(cc, large(2_000_000));
    await jsm.streams.delete("OBJ_CC_q_any");
    expect(await cc.enqueue(2_000_000, { task: "moved" })).toHaveLength(2_000_000);
    await jsm.streams.delete("OBJ_CC_q_any");
    await echoes(cc, large(2_000_000));
    await expect.poll(() => left(jsm), patience).toBe(0);
  });

  it("a queue that is told to keep answers for longer keeps the large ones, too", async () => {
    const { broker, cc, jsm } = await start();
    await echoes(cc, large(2_000_000));
    const days = 3 * 24 * 3_600_000;
    // Of a queue whose name only begins like it.
    const next = new ComputeCluster({ engine: nats({ servers: broker.url, queue: "q_any" }) });
    ends.push(() => next.exit());
    const lost = next.enqueue({ op: "echo", value: large(2_000_000) }).catch(() => {});
    await expect.poll(() => jsm.streams.info("OBJ_CC_q_any_any").then(() => true, () => false), patience).toBe(true);
    const other = new ComputeCluster({ engine: nats({ servers: broker.url, queue: "q", keepAnswers: days }) });
    ends.push(() => other.exit());
    expect(await other.enqueue({ op: "echo", value: "small" })).toBe("small");
    const kept = async (stream: string): Promise<number> => (await jsm.streams.info(stream)).config.max_age / 1_000_000;
    expect([await kept("CC_ANSWERS_q"), await kept("OBJ_CC_q_any")]).toEqual([days, days]);
    expect(await kept("OBJ_CC_q_any_any")).toBe(24 * 3_600_000);
    await next.exit();
    await lost;
  });

  it("what the server takes when it comes back is what counts, though it took more before", async () => {
    const { broker, cc } = await start();
    await echoes(cc, large(700_000));
    // Its answer is due when there is another server.
    const begun = once(cc, "job:started");
    const late = cc.enqueue({ op: "wait", file: join(broker.folder, "go"), value: large(700_000) });
    await begun;
    await broker.kill();
    await broker.begin("max_payload: 65536");
    writeFileSync(join(broker.folder, "go"), "");
    expect(await late).toHaveLength(700_000);
    await echoes(cc, large(700_000));
  });

  it("whoever closes at once when it has a large answer leaves nothing of it behind", async () => {
    const { broker, jsm } = await start();
    const engine = nats({ servers: broker.url, queue: "q" });
    const one = new ComputeCluster({ engine });
    // Of small arguments: large ones are the host's to delete.
    const [size, task] = [2_000_000, { task: "moved" }];
    expect(await one.enqueue(size, task)).toHaveLength(size);
    await one.close();
    expect(await left(jsm)).toBe(0);
    const other = new ComputeCluster({ engine });
    await new Promise<void>((resolve) => other.enqueue(size, task, () => void other.close(() => resolve())));
    expect(await left(jsm)).toBe(0);
    const third = new ComputeCluster({ engine });
    const answer = third.enqueue(size, task);
    await third.close();
    expect(await answer).toHaveLength(size);
    expect(await left(jsm)).toBe(0);
  });

  it("large arguments and answers of jobs that fail, or that nobody wants, leave nothing behind", async () => {
    const { cc, jsm } = await start();
    const value = large(2_000_000);
    await expect(cc.enqueue({ op: "throw", message: "no", value })).rejects.toThrow("no");
    await expect(cc.enqueue({ op: "exit", code: 3, value })).rejects.toMatchObject({ code: "CC_ERR_WORKER_EXIT" });
    // While it is being sent, while it waits, while it runs.
    const given = (signal: AbortSignal): Promise<unknown> =>
      cc.enqueue({ op: "spin", ms: 60_000, value }, { signal }).catch(() => {});
    await given(AbortSignal.timeout(1));
    const controller = new AbortController();
    const running = Array.from({ length: 4 }, () => given(controller.signal));
    let started = 0;
    await new Promise<void>((resolve) => cc.on("job:started", () => ++started === 2 && resolve()));
    controller.abort();
    await Promise.all(running);
    await cc.enqueue({ op: "echo", value: 1 });
    await expect.poll(() => left(jsm), patience).toBe(0);
    await expect.poll(async () => (await jsm.streams.info("CC_JOBS_q")).state.messages, patience).toBe(0);
  });

  it("large arguments of a job that was set aside are kept, also where its host is lost before it can say so", async () => {
    const { broker, jsm } = await start();
    const queue = { servers: broker.url, queue: "poison" };
    const cc = new ComputeCluster({ engine: nats(queue) });
    ends.push(() => cc.exit());
    const queued = once(cc, "job:queued");
    const job = cc.enqueue({ op: "echo", value: large(2_000_000) }, { id: "poison" }).catch((error: unknown) => error);
    await queued;
    const connection = await connect({ servers: broker.url });
    ends.push(() => connection.close());
    const js = jetstream(connection);
    const subject = "cc.job.poison.normal.any.id.npoison";
    const message = await jsm.streams.getMessage("CC_JOBS_poison", { last_by_subj: subject });
    // A host that is lost with it.
    (await (await js.consumers.get("CC_JOBS_poison", "CC_normal")).next())?.nak();
    const host = await serve({ ...queue, maxDeliveries: 1, cluster: { module, maxWorkers: 1 } });
    ends.push(() => host.exit());
    expect(await job).toMatchObject({ code: "CC_ERR_POISON" });
    const waiting = async (): Promise<number> => (await jsm.streams.info("CC_JOBS_poison")).state.messages;
    await expect.poll(waiting, patience).toBe(0);
    // As if the host had not said that it is done with it: it is there again.
    const own = headers();
    for (const [name, values] of message!.header) if (name.startsWith("cc-")) own.set(name, values.join());
    await js.publish(subject, message!.data, { headers: own });
    await expect.poll(waiting, patience).toBe(0);
    await host.drain();
    const dead = await DeadLetters.open(queue);
    ends.push(() => dead.close());
    const [letter] = await dead.list();
    expect(await dead.read(letter!)).toMatchObject({ args: { value: { byteLength: 2_000_000 } } });
  });

  it("values about as large as a message, with long headers, are carried", async () => {
    const { cc, jsm } = await start({ config: "max_payload: 65536" });
    const baggage = `k=${"v".repeat(8_000)}`;
    const trace = { traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01`, baggage };
    for (const size of [30_000, 44_000, 48_000, 52_000, 52_428, 52_429, 56_000, 64_000, 65_535, 65_536, 200_000]) {
      await echoes(cc, large(size), { trace, id: `${"i".repeat(900)}${size}` });
    }
    await echoes(cc, large(65_000));
    // Those of jobs that have names stay for who enqueues them again.
    await expect.poll(() => left(jsm), patience).toBeGreaterThan(0);
    await echoes(cc, large(200_000), { trace, id: `${"i".repeat(900)}200000` });
  });

  it("what no message can have is refused", async () => {
    const { cc } = await start({ config: "max_payload: 65536" });
    const refused = { code: "CC_ERR_ENGINE", retryable: true };
    await expect(cc.enqueue(1, { id: "i".repeat(5_000) })).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining("id"),
    });
    await expect(cc.enqueue(1, { task: "t".repeat(70_000) })).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining("max_payload"),
    });
    expect(await cc.enqueue({ op: "echo", value: 1 })).toBe(1);
  });

  it("what was taken is room again", async () => {
    const { cc, jsm } = await start(room(8_000_000));
    for (let i = 0; i < 6; i++) {
      await echoes(cc, large(1_500_000));
      await expect.poll(() => left(jsm), patience).toBe(0);
    }
    await expect.poll(async () => (await jsm.getAccountInfo()).storage, patience).toBeLessThan(100_000);
  });

  it("arguments that the server has no room for are refused, and others go on", async () => {
    const { cc, jsm } = await start(room(8_000_000));
    const refusal = {
      code: "CC_ERR_ENGINE",
      retryable: true,
      message: expect.stringMatching(
        /^a value of \d+ bytes can't be kept in the bucket CC_q_any: the server has no room for it: /,
      ),
    };
    await echoes(cc, large(1_500_000));
    await expect(cc.enqueue({ op: "echo", value: large(12_000_000) })).rejects.toMatchObject(refusal);
    await expect.poll(() => left(jsm), patience).toBe(0);
    // 2.9.10 counts what its client has purged.
    if (version !== "2.9") await echoes(cc, large(1_500_000));
  });

  it("an answer that the server has no room for is an error, and others go on", async () => {
    const { cc, jsm } = await start(room(8_000_000));
    // 2.9.10 counts what its client has purged: there has to be room for the error.
    if (version === "2.9") return;
    await expect(cc.enqueue(12_000_000, { task: "moved" })).rejects.toMatchObject({
      code: "CC_ERR_ENGINE",
      retryable: false,
      message: expect.stringMatching(
        /^the answer can't be kept: a value of \d+ bytes .* the server has no room for it: /,
      ),
    });
    await echoes(cc, large(1_500_000));
    await expect.poll(() => left(jsm), patience).toBe(0);
  });

  it("a server that is full refuses jobs, keeps answers until there is room, and takes jobs again then", async () => {
    const { broker, cc, host, jsm } = await start(room(3_000_000));
    const file = join(broker.folder, "full");
    const running = cc.enqueue({ op: "wait", file, value: "done" });
    await new Promise((resolve) => cc.once("job:started", resolve));
    const told = new Promise<Error>((resolve) => host.cluster.on("error", resolve));
    await jsm.streams.add({ name: "others", subjects: ["others"] });
    const connection = await connect({ servers: broker.url });
    ends.push(() => connection.close());
    const fill = async (size: number): Promise<void> => {
      for (;;) await jetstream(connection).publish("others", new Uint8Array(size));
    };
    await expect(fill(100_000)).rejects.toThrow();
    await expect(fill(1)).rejects.toThrow();
    await expect(cc.enqueue({ op: "echo", value: "x".repeat(1_000) })).rejects.toMatchObject({
      code: "CC_ERR_ENGINE",
      retryable: true,
      message: expect.stringContaining("the server has no room"),
    });
    writeFileSync(file, "");
    expect((await told).message).toContain("the server has no room for answer any.");
    await jsm.streams.purge("others");
    expect(await running).toBe("done");
    expect(await cc.enqueue({ op: "echo", value: 1 })).toBe(1);
  });

  it("progress that can't travel is left out", async () => {
    const { broker } = await start();
    const queue = { servers: broker.url, queue: "threads" };
    const host = await serve({ ...queue, cluster: { module, maxWorkers: 1, isolation: "thread" } });
    ends.push(() => host.exit());
    const cc = new ComputeCluster({ engine: nats(queue) });
    ends.push(() => cc.exit());
    const told: unknown[] = [];
    const onProgress = (value: unknown): void => void told.push(value);
    expect(await cc.enqueue(null, { task: "reportsShared", onProgress })).toBe("reported");
    expect(told).toEqual([]);
  });

  it("a server without JetStream is none", async () => {
    const broker = await Broker.start({ version, jetstream: null });
    ends.push(() => broker.end());
    const queue = { servers: broker.url, queue: "q" };
    const refusal = {
      code: "CC_ERR_ENGINE",
      message: expect.stringMatching(/queue "q" can't be used: the server has no JetStream/),
    };
    await expect(serve({ ...queue, cluster: { module } })).rejects.toMatchObject(refusal);
    const cc = new ComputeCluster({ engine: nats(queue) });
    ends.push(() => cc.exit());
    await expect(cc.enqueue(1)).rejects.toMatchObject({ ...refusal, retryable: true });
  });
});

/** A server with so much room, in bytes. */
function room(bytes: number): BrokerOptions {
  return { jetstream: `max_file_store: ${bytes}` };
}
