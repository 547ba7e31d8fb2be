/**
 * What becomes of jobs that were set aside when they are put back.
 */

import { once } from "node:events";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { DeadLetters } from "../../nats.ts";
import { Broker } from "./broker.ts";
import { Stage } from "./stage.ts";

let broker: Broker;
let stage: Stage;

beforeAll(async () => void (broker = await Broker.start()));
afterAll(() => broker?.end());
beforeEach(() => void (stage = new Stage()));
afterEach(() => stage.clean());

it.each([
  ["that its caller has named", { id: "named" }],
  ["without a name", {}],
])("A dead job %s that the queue has no room for is as it was; where there is room it is run", async (_, options) => {
  const shared = { servers: broker.url, queue: stage.queue(), maxBacklog: 1 };
  const cc = stage.cluster(shared);
  const job = cc.enqueue({ op: "log", file: stage.file("ran"), line: "ran" }, options).catch((error: unknown) => error);
  await once(cc, "job:queued");
  const connection = await connect({ servers: broker.url });
  const dead = await DeadLetters.open({ servers: broker.url, queue: shared.queue });
  try {
    const patience = { timeout: 20_000 };
    const jsm = await jetstreamManager(connection);
    const consumer = await jetstream(connection).consumers.get(`CC_JOBS_${shared.queue}`, "CC_normal");
    // A host that is lost with it.
    (await consumer.next())?.nak();
    const first = await stage.host({ ...shared, maxDeliveries: 1 });
    expect(await job).toMatchObject({ code: "CC_ERR_POISON" });
    await first.drain();
    // The queue has room for one.
    const waiting = async (): Promise<number> => (await jsm.streams.info(`CC_JOBS_${shared.queue}`)).state.messages;
    await expect.poll(waiting, patience).toBe(0);
    const [letter] = await dead.list();
    const status = async (): Promise<string | undefined> => {
      const stored = { last_by_subj: `cc.ans.${shared.queue}.${letter!.address}` };
      const header = (await jsm.streams.getMessage(`CC_ANSWERS_${shared.queue}`, stored))?.header;
      return header && JSON.parse(header.get("cc-answer")).status;
    };
    const other = cc.enqueue({ op: "echo", value: "other" });
    await once(cc, "job:queued");
    await expect(dead.requeue(letter!)).rejects.toMatchObject({ code: "CC_ERR_BACKLOG_FULL" });
    expect([await status(), (await dead.list()).length]).toEqual(["failed", 1]);
    const second = await stage.host({ ...shared, maxDeliveries: 1 });
    expect(await other).toBe("other");
    await expect.poll(() => dead.requeue(letter!).catch(() => "full"), patience).toBe("requeued");
    await expect.poll(status, patience).toBe("value");
    expect([stage.lines("ran"), await dead.list()]).toEqual([["ran"], []]);
    await second.drain();
  } finally {
    await dead.close();
    await connection.close();
  }
});
