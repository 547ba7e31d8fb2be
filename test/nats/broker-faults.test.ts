/**
 * What becomes of jobs, hosts and submitters when the broker is not there, or not as they want it.
 */

import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ComputeCluster } from "../../mod.ts";
import { serve } from "../../nats.ts";
import { until } from "../conformance/kit.ts";
import { type Broker, freePort, versions } from "./broker.ts";
import { Stage } from "./stage.ts";

const module = new URL("../workers/handler.mjs", import.meta.url);

let stage: Stage;

beforeEach(() => void (stage = new Stage()));
afterEach(() => stage.clean());

describe.each(versions)("With NATS %s", (version) => {
  it("each of 300 jobs has one answer within 10 s, when the broker comes back that was killed in their midst", async () => {
    const broker = await stage.broker({ version });
    const shared = { servers: broker.url, queue: stage.queue(), lease: 3_000 };
    await Promise.all([stage.hostProgram(shared), stage.hostProgram(shared)]);
    const cc = stage.cluster(shared);
    let answered = 0;
    let killed = (): void => {};
    const third = new Promise<void>((resolve) => killed = resolve);
    const jobs = Array.from({ length: 300 }, async (_, line) => {
      // The last one does not end before the broker does.
      const how = line < 299 ? { op: "sleep", ms: 10 } : { op: "wait", file: stage.file("killed") };
      const next = { ...how, value: line };
      const value = await cc.enqueue({ op: "log", file: stage.file("ran"), line, next });
      if (++answered === 100) killed();
      return value;
    });
    await third;
    await broker.kill();
    stage.write("killed");
    expect(answered).toBeLessThan(300);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await broker.begin();
    const back = performance.now();
    expect(await Promise.all(jobs)).toEqual(Array.from({ length: 300 }, (_, line) => line));
    expect(performance.now() - back).toBeLessThan(10_000);
    expect(new Set(stage.lines("ran")).size).toBe(300);
    expect(cc.stats().jobs).toMatchObject({ accepted: 300, succeeded: 300, failed: 0 });
  });
});

it("A submitter and a host that are there before the broker wait for it", async () => {
  const broker = await stage.broker();
  await broker.kill();
  const shared = { servers: broker.url, queue: stage.queue() };
  const cc = stage.cluster(shared);
  const jobs = [1, 2, 3].map((value) => cc.enqueue({ op: "echo", value }));
  const host = stage.host(shared);
  await broker.begin();
  await host;
  expect(await Promise.all(jobs)).toEqual([1, 2, 3]);
});

it("Where there is no broker, jobs are refused and a host does not start, after connectTimeout", async () => {
  const options = { servers: `nats://127.0.0.1:${await freePort()}`, queue: "q", connectTimeout: 300 };
  const cc = stage.cluster(options);
  const start = performance.now();
  const error = { code: "CC_ERR_ENGINE", retryable: true, message: expect.stringContaining(options.servers) };
  await expect(cc.enqueue({})).rejects.toMatchObject(error);
  await expect(serve({ ...options, cluster: { module } })).rejects.toMatchObject(error);
  await expect(cc.ready()).rejects.toMatchObject(error);
  expect(performance.now() - start).toBeLessThan(20_000);
  expect(cc.stats().jobs).toMatchObject({ refused: 1, accepted: 0 });
  await cc.close();
});

it("A stream that is not ours is refused, and left as it is", async () => {
  const broker = await stage.broker();
  const connection = await connect({ servers: broker.url });
  try {
    const { streams } = await jetstreamManager(connection);
    await streams.add({ name: "CC_JOBS_mine", subjects: ["mine"], max_msgs: 7 });
    const options = { servers: broker.url, queue: "mine", maxBacklog: 5, version: "1" };
    const error = { code: "CC_ERR_ENGINE", message: expect.stringContaining("is not of a queue of compute-cluster") };
    await expect(stage.cluster(options).enqueue({})).rejects.toMatchObject(error);
    await expect(serve({ ...options, cluster: { module } })).rejects.toMatchObject(error);
    const { config } = await streams.info("CC_JOBS_mine");
    expect([config.max_msgs, config.description]).toEqual([7, undefined]);
  } finally {
    await connection.close();
  }
});

it("Another version of the module than the queue's is refused at both ends, and the queue left as it is", async () => {
  const broker = await stage.broker();
  const shared = { servers: broker.url, queue: stage.queue() };
  const any = stage.cluster(shared);
  await stage.host({ ...shared, version: "1" });
  const error = {
    code: "CC_ERR_ENGINE",
    message: expect.stringMatching(/is for version "1" of the worker module, this is "2"/),
    retryable: true,
  };
  await expect(stage.cluster({ ...shared, version: "2", maxBacklog: 1 }).enqueue({})).rejects.toMatchObject(error);
  await expect(serve({ ...shared, version: "2", cluster: { module } })).rejects.toMatchObject(error);
  const jobs = [any, stage.cluster({ ...shared, version: "1" })].map((cc) => cc.enqueue({ op: "echo", value: 1 }));
  expect(await Promise.all(jobs)).toEqual([1, 1]);
});

it.each(versions)(
  "A larger maxBacklog that is said later counts at once, however many jobs wait (NATS %s)",
  async (version) => {
    const broker = await stage.broker({ version });
    const shared = { servers: broker.url, queue: stage.queue() };
    const cc = stage.cluster({ ...shared, maxBacklog: 4 });
    const before = Array.from({ length: 4 }, (_, value) => cc.enqueue({ op: "echo", value }));
    await expect(cc.enqueue({ op: "echo", value: "too many" })).rejects.toMatchObject({ code: "CC_ERR_BACKLOG_FULL" });
    const other = stage.cluster({ ...shared, maxBacklog: 6 });
    const after = [4, 5].map((value) => other.enqueue({ op: "echo", value }));
    await expect(other.enqueue({ op: "echo", value: "too many" })).rejects.toMatchObject({
      code: "CC_ERR_BACKLOG_FULL",
    });
    await stage.host(shared);
    expect(await Promise.all([...before, ...after])).toEqual([0, 1, 2, 3, 4, 5]);
  },
);

it.each(versions)("A smaller maxBacklog that is said later costs no job that is there (NATS %s)", async (version) => {
  const broker = await stage.broker({ version });
  const shared = { servers: broker.url, queue: stage.queue() };
  const cc = stage.cluster(shared);
  let queued = 0;
  cc.on("job:queued", () => queued++);
  const jobs = Array.from({ length: 20 }, (_, value) => cc.enqueue({ op: "echo", value }));
  await until(() => queued === 20);
  const other = stage.cluster({ ...shared, maxBacklog: 5 });
  const more = other.enqueue({ op: "echo", value: 20 }).then((value) => value, (error) => error.code);
  await stage.host(shared);
  expect(await Promise.all(jobs)).toEqual(Array.from(jobs, (_, i) => i));
  // It is for the server to say whether there was room.
  expect([20, "CC_ERR_BACKLOG_FULL"]).toContain(await more);
  // The limit counts once there is less.
  await stage.cluster({ ...shared, maxBacklog: 5 }).ready();
  const connection = await connect({ servers: broker.url });
  try {
    const { streams } = await jetstreamManager(connection);
    expect((await streams.info(`CC_JOBS_${shared.queue}`)).config.max_msgs).toBe(5);
  } finally {
    await connection.close();
  }
});

it.each(versions)(
  "Programs that make a queue at the same time, each otherwise, all get it (NATS %s)",
  async (version) => {
    const broker = await stage.broker({ version });
    const shared = { servers: broker.url, queue: stage.queue() };
    const shapes = Array.from({ length: 8 }, (_, i) => ({
      maxBacklog: 10 + i,
      lease: 1_000 + i,
      keepAnswers: 60_000 + i,
    }));
    const hosts = await Promise.all(shapes.map((shape) => stage.host({ ...shared, ...shape })));
    expect(hosts.length).toBe(8);
    expect(await stage.cluster(shared).enqueue({ op: "echo", value: 1 })).toBe(1);
  },
);

it("A queue that is kept on three servers loses nothing when its leader is killed", async () => {
  const brokers = await threeBrokers();
  const shared = { servers: brokers.map(({ url }) => url), queue: stage.queue(), lease: 3_000, replicas: 3 };
  await Promise.all([stage.hostProgram(shared), stage.hostProgram(shared)]);
  const cc = stage.cluster(shared);
  const connection = await connect({ servers: shared.servers });
  try {
    const { streams } = await jetstreamManager(connection);
    let answered = 0;
    let third = (): void => {};
    const reached = new Promise<void>((resolve) => third = resolve);
    const jobs = Array.from({ length: 150 }, async (_, value) => {
      const answer = await cc.enqueue({ op: "sleep", ms: 20, value });
      if (++answered === 50) third();
      return answer;
    });
    await reached;
    const { cluster } = await streams.info(`CC_JOBS_${shared.queue}`);
    const leader = brokers[Number(cluster?.leader?.slice(1))] as Broker;
    await leader.kill();
    expect(await Promise.all(jobs)).toEqual(Array.from({ length: 150 }, (_, value) => value));
  } finally {
    await connection.close();
  }
}, 60_000);

/** Of one cluster, named n0 to n2; ready when they have agreed on a leader, and keep something on all three. */
async function threeBrokers(): Promise<Broker[]> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(", ");
  const brokers = await Promise.all(ports.map((port, i) =>
    stage.broker({
      config: `server_name: n${i}\ncluster { name: cc, listen: "127.0.0.1:${port}", routes: [${routes}] }\n`,
    })
  ));
  const connection = await connect({ servers: brokers.map(({ url }) => url) });
  try {
    const { streams } = await jetstreamManager(connection, { checkAPI: false, timeout: 500 });
    const kept = (): Promise<boolean> => streams.add({ name: "kept", num_replicas: 3 }).then(() => true, () => false);
    await expect.poll(kept, { timeout: 30_000 }).toBe(true);
  } finally {
    await connection.close();
  }
  return brokers;
}

it("A lost connection is looked for again, whatever the client was told of that", async () => {
  const broker = await stage.broker();
  const shared = { servers: broker.url, queue: stage.queue() };
  await stage.host(shared);
  const cc = stage.cluster({ ...shared, connection: { reconnect: false, maxReconnectAttempts: 0 } });
  expect(await cc.enqueue({ op: "echo", value: "before" })).toBe("before");
  await broker.kill();
  await broker.begin();
  expect(await cc.enqueue({ op: "echo", value: "after" })).toBe("after");
});

it("A queue that is lost is made anew once for all the jobs that miss it", async () => {
  const broker = await stage.broker();
  const shared = { servers: broker.url, queue: stage.queue() };
  const cc = stage.cluster(shared);
  await stage.host(shared);
  expect(await cc.enqueue({ op: "echo", value: "before" })).toBe("before");
  const connection = await connect({ servers: broker.url });
  const jsm = await jetstreamManager(connection);
  await jsm.streams.delete(`CC_JOBS_${shared.queue}`);
  const { api: { total: before } } = await jsm.getAccountInfo();
  const jobs = Array.from({ length: 200 }, (_, value) => cc.enqueue({ op: "echo", value }));
  expect(await Promise.all(jobs)).toEqual(Array.from({ length: 200 }, (_, value) => value));
  const { api: { total: after } } = await jsm.getAccountInfo();
  await connection.close();
  // Eight questions for a whole queue, one whether its consumers go with it, and four that make what is missing; each job is looked for, too, since it was sent twice.
  expect(after - before).toBeLessThan(600);
});

describe.each(versions)("A broker that has lost all that it had stored (NATS %s)", { timeout: 60_000 }, (version) => {
  /** A queue, with a host, of which the broker knows nothing any more; and how to ask that. */
  async function lost(): Promise<
    { cc: ComputeCluster; shared: { servers: string; queue: string }; lose(): Promise<void> }
  > {
    const broker = await stage.broker({ version });
    const shared = { servers: broker.url, queue: stage.queue() };
    const lose = async (): Promise<void> => {
      await broker.kill();
      rmSync(join(broker.folder, "store"), { recursive: true });
      await broker.begin();
    };
    return { cc: stage.cluster(shared), shared, lose };
  }

  it("gets the queue anew of whoever enqueues a job by name", async () => {
    const { cc, shared, lose } = await lost();
    await stage.host(shared);
    expect(await cc.enqueue({ op: "echo", value: "before" })).toBe("before");
    await lose();
    expect(await cc.enqueue({ op: "echo", value: "after" }, { id: "one" })).toBe("after");
  });

  it("gets the queue anew of whoever waits for a job", async () => {
    const { cc, shared, lose } = await lost();
    const queued = once(cc, "job:queued");
    const gone = cc.enqueue({ op: "echo", value: 1 }).catch((error) => error.code);
    await queued;
    await lose();
    const connection = await connect({ servers: shared.servers });
    const { streams } = await jetstreamManager(connection);
    const isThere = (): Promise<boolean> => streams.info(`CC_JOBS_${shared.queue}`).then(() => true, () => false);
    await expect.poll(isThere, { timeout: 40_000 }).toBe(true);
    await connection.close();
    await cc.exit();
    expect(await gone).toBe("CC_ERR_CLOSED");
  });
});

describe.each(versions)("Of a queue that has lost a part of it (NATS %s)", { timeout: 60_000 }, (version) => {
  it("a level is made anew by a host that takes its jobs", async () => {
    const broker = await stage.broker({ version });
    const shared = { servers: broker.url, queue: stage.queue() };
    const cc = stage.cluster(shared);
    await stage.host(shared);
    expect(await cc.enqueue({ op: "echo", value: "before" })).toBe("before");
    const connection = await connect({ servers: broker.url });
    const { consumers } = await jetstreamManager(connection);
    await consumers.delete(`CC_JOBS_${shared.queue}`, "CC_normal");
    await connection.close();
    expect(await cc.enqueue({ op: "echo", value: "after" })).toBe("after");
  });

  it("the jobs are looked after again when the broker comes back without their stream", async () => {
    const broker = await stage.broker({ version });
    const shared = { servers: broker.url, queue: stage.queue() };
    const cc = stage.cluster(shared);
    await stage.host(shared);
    expect(await cc.enqueue({ op: "echo", value: "before" })).toBe("before");
    await broker.kill();
    rmSync(streamFolder(broker, `CC_JOBS_${shared.queue}`), { recursive: true });
    await broker.begin();
    expect(await cc.enqueue({ op: "echo", value: "after" })).toBe("after");
  });

  it("and that has forgotten which numbers it gave out, all jobs are run that come then, whatever its hosts had", async () => {
    const broker = await stage.broker({ version });
    const shared = { servers: broker.url, queue: stage.queue(), lease: 1_000 };
    const cc = stage.cluster(shared);
    await Promise.all([stage.host(shared), stage.host(shared)]);
    const jobs = (): Promise<unknown[]> =>
      Promise.all(Array.from({ length: 10 }, (_, value) => cc.enqueue({ op: "echo", value })));
    const values = Array.from({ length: 10 }, (_, value) => value);
    expect(await jobs()).toEqual(values);
    const connection = await connect({ servers: broker.url });
    const jsm = await jetstreamManager(connection);
    const left = (): Promise<number> => jsm.streams.info(`CC_JOBS_${shared.queue}`).then(({ state }) => state.messages);
    await expect.poll(left).toBe(0);
    await connection.close();
    // What it knows of its consumers is on the disk.
    await broker.kill("SIGTERM");
    const folder = streamFolder(broker, `CC_JOBS_${shared.queue}`);
    rmSync(join(folder, "msgs"), { recursive: true });
    await broker.begin();
    expect(await jobs()).toEqual(values);
    expect(await stage.cluster(shared).enqueue({ op: "echo", value: "another's" })).toBe("another's");
  });

  it("and that has forgotten which numbers it gave out while nobody was there, it is made anew by whoever opens it", async () => {
    const broker = await stage.broker({ version });
    const shared = { servers: broker.url, queue: stage.queue() };
    const before = stage.cluster(shared);
    const host = await stage.host(shared);
    for (let value = 0; value < 10; value++) expect(await before.enqueue({ op: "echo", value })).toBe(value);
    await before.close();
    await host.exit();
    await broker.kill("SIGTERM");
    rmSync(join(streamFolder(broker, `CC_JOBS_${shared.queue}`), "msgs"), { recursive: true });
    await broker.begin();
    const cc = stage.cluster(shared);
    const job = cc.enqueue({ op: "echo", value: "after" });
    await stage.host(shared);
    expect(await job).toBe("after");
  });
});

/** Where a broker keeps a stream. */
function streamFolder({ folder }: Broker, stream: string): string {
  return join(folder, "store", "jetstream", "$G", "streams", stream);
}

/** Waits until so many connections to a port were ended at once. */
async function refused(port: number, times: number): Promise<void> {
  const server = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
  for (let left = times; left > 0; left--) await once(server, "connection");
  await new Promise((resolve) => server.close(resolve));
}

it("What is enqueued while there is no connection, and what was on its way, goes on when it is back", async () => {
  const broker = await stage.broker();
  const shared = { servers: broker.url, queue: stage.queue() };
  await stage.host(shared);
  const cc = stage.cluster(shared);
  expect(await cc.enqueue({ op: "echo", value: "before" })).toBe("before");
  // One answer is due while there is none, too.
  const late = cc.enqueue({ op: "wait", file: stage.file("go"), log: stage.file("ran"), value: "late" });
  await until(() => stage.lines("ran").length === 1);
  process.kill(broker.pid, "SIGSTOP");
  const early = cc.enqueue({ op: "echo", value: "on its way" });
  const named = cc.enqueue({ op: "echo", value: "looked for" }, { id: "named" });
  await new Promise(setImmediate);
  await broker.kill();
  const meanwhile = [1, 2, 3].map((value) => cc.enqueue({ op: "echo", value }));
  stage.write("go");
  // Several tries to get a connection, each of which forgets what there is to send.
  await refused(Number(new URL(broker.url).port), 3);
  await broker.begin();
  expect(await Promise.all([late, early, named, ...meanwhile])).toEqual(["late", "on its way", "looked for", 1, 2, 3]);
});

it("A host whose broker goes while it begins does not start, and says so", async () => {
  const broker = await stage.broker();
  const proxy = await stage.proxy(broker.port, (said) => said.includes(" cc.hint."));
  const options = { servers: proxy, queue: stage.queue(), cluster: { module } };
  await expect(serve(options)).rejects.toMatchObject({
    name: "ClusterError",
    code: "CC_ERR_ENGINE",
    message: expect.stringMatching(/^queue "q\d+" can't be served: /),
  });
});

it("Replies come where the client is told that they may, also those that bring a host its jobs", async () => {
  const permissions = '{ subscribe: { deny: ["_INBOX.>", "_INBOX_any.>"] } }';
  const user = `{ user: me, password: secret, permissions: ${permissions} }`;
  const broker = await stage.broker({ config: `authorization { users: [${user}] }` });
  const connection = { inboxPrefix: "_REPLIES.mine" };
  const shared = { servers: broker.url, user: "me", pass: "secret", queue: stage.queue(), connection };
  await stage.host(shared);
  const cc = stage.cluster(shared);
  const jobs = [-1, 0, 1].map((priority) => cc.enqueue({ op: "echo", value: priority }, { priority }));
  expect(await Promise.all(jobs)).toEqual([-1, 0, 1]);
});
