/**
 * Jobs that are called alike on the same host, by chance or on purpose: each has its own answer.
 */

import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, headers } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { until } from "../conformance/kit.ts";
import { Broker } from "./broker.ts";
import { Stage } from "./stage.ts";

let broker: Broker;
let stage: Stage;

beforeAll(async () => void (broker = await Broker.start()));
afterAll(() => broker?.end());
beforeEach(() => void (stage = new Stage()));
afterEach(() => stage.clean());

it("Jobs of the same id in two queues of one host are two", async () => {
  const [one, other] = [stage.queue(), stage.queue()];
  await stage.host({ servers: broker.url, queue: [one, other] });
  const log = stage.file("ran");
  const job = { op: "wait", file: stage.file("go"), log, value: "of the one" };
  const first = stage.cluster({ servers: broker.url, queue: one }).enqueue(job, { id: "same" });
  await until(() => stage.lines("ran").length === 1);
  const cc = stage.cluster({ servers: broker.url, queue: other });
  expect(await cc.enqueue({ op: "echo", value: "of the other" }, { id: "same" })).toBe("of the other");
  stage.write("go");
  expect(await first).toBe("of the one");
});

it("Who calls a job as another's is called does not get that one's answer", async () => {
  const queue = stage.queue();
  await stage.host({ servers: broker.url, queue });
  const log = stage.file("ran");
  const alice = stage.cluster({ servers: broker.url, queue, owner: "alice" });
  const secret = alice.enqueue({ op: "wait", file: stage.file("go"), log, value: "secret" }, { id: "hers" });
  await until(() => stage.lines("ran").length === 1);
  const connection = await connect({ servers: broker.url });
  try {
    const forged = headers();
    forged.set("cc-job", JSON.stringify({ id: "alice.id.nhers", encoding: "json" }));
    const args = JSON.stringify({ op: "echo", value: "his own" });
    await jetstream(connection).publish(`cc.job.${queue}.normal.bob.space.1`, args, { headers: forged });
    const { streams } = await jetstreamManager(connection);
    const answer = () => streams.getMessage(`CC_ANSWERS_${queue}`, { last_by_subj: `cc.ans.${queue}.bob.space.1` });
    await expect.poll(async () => (await answer())?.string(), { timeout: 20_000 }).toBe('"his own"');
  } finally {
    await connection.close();
  }
  stage.write("go");
  expect(await secret).toBe("secret");
});
