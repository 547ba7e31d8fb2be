/**
 * What becomes of jobs when their hosts die, stand still, or can't run them.
 */

import { once } from "node:events";
import { createConnection } from "node:net";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { Failure } from "../conformance/kit.ts";
import { until } from "../conformance/kit.ts";
import { Broker } from "./broker.ts";
import { Stage } from "./stage.ts";

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

/** How many jobs were given to a host again. */
async function redelivered(): Promise<number> {
  const connection = await connect({ servers: broker.url });
  try {
    const { consumers } = await jetstreamManager(connection);
    let count = 0;
    for await (const { num_redelivered } of consumers.list(`CC_JOBS_${shared.queue}`)) count += num_redelivered;
    return count;
  } finally {
    await connection.close();
  }
}

/** How many messages a stream of the queue has. */
async function messages(stream: "ANSWERS" | "DEAD" | "JOBS"): Promise<number> {
  const connection = await connect({ servers: broker.url });
  try {
    const { streams } = await jetstreamManager(connection);
    return (await streams.info(`CC_${stream}_${shared.queue}`)).state.messages;
  } finally {
    await connection.close();
  }
}

it("Jobs of a host that is killed run elsewhere within the lease and 2 s", async () => {
  const lease = 1_500;
  /** How long it takes until the jobs of a host that is killed run elsewhere, in milliseconds. */
  const lose = async (ran: string): Promise<number> => {
    const queue = { servers: broker.url, queue: stage.queue() };
    const victim = await stage.hostProgram({ ...queue, lease, maxWorkers: 3 });
    const cc = stage.cluster(queue);
    const file = stage.file(ran);
    const jobs = [1, 2, 3].map((line) => {
      const next = { op: "wait", file: stage.file(`${ran}, go`), log: file, value: line };
      return cc.enqueue({ op: "log", file, line: `begins ${line}`, next });
    });
    await until(() => stage.lines(ran).length === 6);
    await stage.hostProgram({ ...queue, maxWorkers: 3 });
    victim.child.kill("SIGKILL");
    const killed = performance.now();
    await until(() => stage.lines(ran).filter((line) => line.startsWith("begins")).length === 6);
    const took = performance.now() - killed;
    stage.write(`${ran}, go`);
    expect(await Promise.all(jobs)).toEqual([1, 2, 3]);
    return took;
  };
  // The system may have a program stand still meanwhile: the best of three.
  let took = Infinity;
  for (let times = 0; times < 3 && took >= lease + 2_000; times++) took = Math.min(took, await lose(`ran ${times}`));
  expect(took).toBeLessThan(lease + 2_000);
}, 90_000);

it("A host that stood still for longer than its lease gives no second answer", async () => {
  const frozen = await stage.hostProgram({ ...shared, lease: 1_000, maxWorkers: 1 });
  const cc = stage.cluster(shared);
  const log = stage.file("ran");
  const job = cc.enqueue({ op: "wait", file: stage.file("go"), log, value: "answer" }, { id: "one" });
  await until(() => stage.lines("ran").length === 1);
  frozen.child.kill("SIGSTOP");
  await stage.hostProgram({ ...shared, maxWorkers: 1 });
  await until(() => stage.lines("ran").length === 2);
  stage.write("go");
  expect(await job).toBe("answer");
  frozen.child.kill("SIGCONT");
  await frozen.line("settled");
  // It has said so to the broker before it takes another.
  await Promise.all([1, 2, 3, 4].map((value) => cc.enqueue({ op: "sleep", ms: 50, value })));
  expect(cc.stats().jobs.succeeded).toBe(5);
  await expect.poll(() => messages("JOBS"), { timeout: 20_000 }).toBe(0);
  // Those of jobs without a name may be forgotten already.
  expect(await cc.enqueue({ op: "echo", value: "another" }, { id: "one" })).toBe("answer");
  expect(stage.lines("ran").length).toBe(2);
});

it("A job that comes again to a host which stood still is one there, and can still be withdrawn", async () => {
  const host = await stage.hostProgram({ ...shared, lease: 1_000, maxWorkers: 4 });
  const cc = stage.cluster(shared);
  const log = stage.file("ran");
  const abort = new AbortController();
  const job = cc.enqueue({ op: "wait", file: stage.file("go"), log, value: "answer" });
  const unwanted = cc.enqueue({ file: stage.file("unwanted"), heeds: true }, { task: "notes", signal: abort.signal });
  const withdrawn = expect(unwanted).rejects.toBe("not wanted");
  await until(() => stage.lines("ran").length === 1 && stage.lines("unwanted").length === 1);
  host.child.kill("SIGSTOP");
  // Nothing tells when a lease runs out: nobody asks for what is there then.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  host.child.kill("SIGCONT");
  await expect.poll(redelivered, { timeout: 20_000 }).toBe(2);
  // They take no place, and their lease is renewed.
  expect(await cc.enqueue({ op: "sleep", ms: 2_500, value: "later" })).toBe("later");
  expect(await redelivered()).toBe(2);
  abort.abort("not wanted");
  await withdrawn;
  await until(() => stage.lines("unwanted").length === 2);
  stage.write("go");
  expect(await job).toBe("answer");
  await expect.poll(() => messages("JOBS"), { timeout: 20_000 }).toBe(0);
  expect([stage.lines("ran").length, stage.lines("unwanted")]).toEqual([1, ["begun", "heard"]]);
});

it("A lease that is made shorter is renewed in time by the hosts that are there", async () => {
  await stage.host({ ...shared, lease: 60_000 });
  await stage.host(shared);
  const cc = stage.cluster(shared);
  const file = stage.file("ran");
  const next = { op: "sleep", ms: 8_000, value: "done" };
  const job = cc.enqueue({ op: "log", file, line: "begins", next });
  await until(() => stage.lines("ran").length === 1);
  const other = stage.cluster({ ...shared, lease: 5_000 });
  expect(await other.enqueue({ op: "echo", value: "other" })).toBe("other");
  expect(await job).toBe("done");
  expect(stage.lines("ran")).toEqual(["begins"]);
});

it("A busy loop of 9 s under a lease of 4 s is run once", async () => {
  await stage.hostProgram({ ...shared, lease: 4_000, maxWorkers: 1 });
  await stage.hostProgram({ ...shared, maxWorkers: 1 });
  const cc = stage.cluster(shared);
  expect(await cc.enqueue({ op: "spin", ms: 9_000, file: stage.file("ran") })).toBe("spun");
  expect(stage.lines("ran").length).toBe(1);
});

it("A job that kills its hosts is set aside, and its neighbours are answered", async () => {
  const options = { ...shared, lease: 1_000, maxDeliveries: 2, maxWorkers: 1 };
  const victims = [await stage.hostProgram(options), await stage.hostProgram(options)];
  const cc = stage.cluster(shared);
  const poison = cc.enqueue({ op: "kill program" }, { id: "poison" }).catch((error: unknown) => error);
  await Promise.all(victims.map(({ ended }) => ended));
  await stage.hostProgram(options);
  const neighbours = [1, 2, 3].map((value) => cc.enqueue({ op: "echo", value }));
  const error = await poison as Failure;
  expect(error).toMatchObject({ code: "CC_ERR_POISON", job: "poison", retryable: false });
  expect(await Promise.all(neighbours)).toEqual([1, 2, 3]);
  expect(await messages("DEAD")).toBe(1);
  await expect.poll(() => messages("JOBS"), { timeout: 20_000 }).toBe(0);
});

it("A host whose module can't be loaded stands back: jobs are run by others", async () => {
  await stage.host({ ...shared, worker: "throws-at-load.mjs" });
  const cc = stage.cluster(shared);
  const jobs = Array.from({ length: 30 }, (_, value) => cc.enqueue({ op: "sleep", ms: 30, value }));
  await stage.host(shared);
  expect(await Promise.all(jobs)).toEqual(Array.from({ length: 30 }, (_, value) => value));
});

it("A job that no host can start fails with the reason", async () => {
  await stage.host({ ...shared, worker: "throws-at-load.mjs", maxDeliveries: 2 });
  const error = await stage.cluster(shared).enqueue({}, { id: "job" }).catch((thrown: unknown) => thrown) as Failure;
  expect(error).toMatchObject({ code: "CC_ERR_WORKER_START", job: "job", retryable: true });
  expect(error.cause).toMatchObject({ message: expect.stringContaining("missing driver xyz") });
});

it("A job that loses its workers is run again by its host, and set aside as poison when the retries are used up", async () => {
  const host = await stage.host({ ...shared, workers: { maxWorkers: 1, retries: 1 } });
  const cc = stage.cluster(shared);
  const error = await cc.enqueue({ op: "exit", code: 5 }, { id: "bad" }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "CC_ERR_POISON", job: "bad", cause: { exitCode: 5 } });
  expect(host.cluster.stats().jobs.retried).toBe(1);
});

it("A host that is told to leave finishes what runs, takes nothing more, and ends by itself", async () => {
  const leaving = await stage.hostProgram({ ...shared, maxWorkers: 1 });
  const cc = stage.cluster(shared);
  const first = cc.enqueue({ op: "wait", file: stage.file("go"), log: stage.file("ran"), value: "first" });
  await until(() => stage.lines("ran").length === 1);
  leaving.child.kill("SIGTERM");
  const second = cc.enqueue({ op: "log", file: stage.file("go"), line: "second" });
  await stage.hostProgram({ ...shared, maxWorkers: 1 });
  expect(await Promise.all([first, second])).toEqual(["first", "second"]);
  const { code, signal, stdout, stderr } = await leaving.ended;
  expect([code, signal, stderr]).toEqual([0, null, ""]);
  expect(stdout.trim().split("\n")).toEqual(["serving", "settled", "drained"]);
});

it("A host that drains takes no more jobs, though it had asked for some", async () => {
  const host = await stage.host({ ...shared, workers: { maxWorkers: 3, minWorkers: 3 } });
  const cc = stage.cluster(shared);
  const file = stage.file("ran");
  const held = cc.enqueue({ op: "wait", file: stage.file("go"), log: file, value: "held" });
  await until(() => stage.lines("ran").length === 1);
  const drained = host.drain();
  const next = [1, 2, 3, 4].map((value) => cc.enqueue({ op: "log", file, line: "next", next: { op: "echo", value } }));
  await until(() => cc.stats().jobs.accepted === 5);
  // It answers this after all that was sent to it before.
  await cc.ready();
  stage.write("go");
  expect(await drained).toBe(0);
  expect(await held).toBe("held");
  expect(host.cluster.stats().jobs.accepted).toBe(1);
  await stage.host(shared);
  expect(await Promise.all(next)).toEqual([1, 2, 3, 4]);
  expect(stage.lines("ran").filter((line) => line === "next").length).toBe(4);
});

it("A job that was withdrawn is not run, however many were withdrawn after it", async () => {
  await stage.host({ ...shared, workers: { maxWorkers: 1 } });
  const cc = stage.cluster(shared);
  const file = stage.file("ran");
  const held = cc.enqueue({ op: "wait", file: stage.file("go"), log: file, value: "held" });
  await until(() => stage.lines("ran").length === 1);
  const other = stage.cluster(shared);
  const unwanted = other.enqueue({ op: "log", file, line: "unwanted" });
  await once(other, "job:queued");
  await Promise.all([other.exit(), expect(unwanted).rejects.toMatchObject({ code: "CC_ERR_CLOSED" })]);
  const connection = await connect({ servers: broker.url });
  for (let i = 0; i < 10_000; i++) connection.publish(`cc.abort.${shared.queue}.any`, `any.space.${i} space.${i}`);
  await connection.flush();
  await connection.close();
  const last = cc.enqueue({ op: "log", file, line: "wanted" });
  stage.write("go");
  expect(await Promise.all([held, last])).toEqual(["held", "wanted"]);
  expect(stage.lines("ran").slice(1)).toEqual(["wanted"]);
});

it("A job whose headers can't be read leaves the queue with an answer that says so, and its host goes on", async () => {
  await stage.host(shared);
  const cc = stage.cluster(shared);
  expect(await cc.enqueue({ op: "echo", value: 1 })).toBe(1);
  const address = "any.by-hand.1";
  const head = "NATS/1.0\r\nno name: at all\r\n\r\n";
  const socket = createConnection(broker.port, "127.0.0.1");
  socket.end(
    `CONNECT {"headers":true,"verbose":false}\r\n` +
      `HPUB cc.job.${shared.queue}.normal.${address} ${head.length} ${head.length}\r\n${head}\r\n`,
  );
  await once(socket.resume(), "close");
  await expect.poll(() => messages("JOBS"), { timeout: 20_000 }).toBe(0);
  const connection = await connect({ servers: broker.url });
  try {
    const { streams } = await jetstreamManager(connection);
    const stored = { last_by_subj: `cc.ans.${shared.queue}.${address}` };
    const answer = await streams.getMessage(`CC_ANSWERS_${shared.queue}`, stored);
    expect(JSON.parse(answer!.header.get("cc-answer"))).toMatchObject({ status: "failed" });
  } finally {
    await connection.close();
  }
  expect(await cc.enqueue({ op: "echo", value: 2 })).toBe(2);
});
