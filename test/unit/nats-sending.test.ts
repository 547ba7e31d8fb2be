import { headers, type MsgHdrs } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import type { Bulk } from "../../src/nats/bulk.ts";
import type { Broker, Link } from "../../src/nats/link.ts";
import { namedAddress, Names } from "../../src/nats/names.ts";
import { RemoteJob } from "../../src/nats/remote-job.ts";
import { Requests } from "../../src/nats/requests.ts";
import { Sending } from "../../src/nats/sending.ts";
import { aRequest } from "../core/request.ts";

const FULL = Object.assign(new Error("maximum messages per subject exceeded"), { code: 10_077 });

/** A queue: it says how each try ends, and whose job it has. */
class World {
  readonly accepted: boolean[] = [];
  dropped = 0;
  reopened = 0;
  readonly broker: Broker;
  readonly sending: Sending;
  #last = 0;

  constructor(publish: () => Promise<never>, stored: () => Promise<{ header: MsgHdrs } | null>) {
    const broker = {
      client: { transport: { headers } },
      requests: new Requests({ publish, refused() {} }),
      jsm: { streams: { getMessage: stored } },
    } as unknown as Broker;
    this.broker = broker;
    this.sending = new Sending({
      link: {
        broker,
        open: () => Promise.resolve(broker),
        reopen: () => Promise.resolve(void this.reopened++),
      } as unknown as Link,
      names: new Names("q"),
      bulk: {
        pack: (_: Broker, __: string, args: object) => Promise.resolve({ ...args, object: "kept" }),
        drop: () => Promise.resolve(void this.dropped++),
        restore: () => Promise.resolve(),
      } as unknown as Bulk,
      owner: "any",
      version: null,
      hearsSteps: () => false,
      decide: () => null,
      expect: () => Promise.resolve(),
      before: () => Promise.resolve(),
      lookUp: () => Promise.resolve(false),
      accepted: (_, mine) => void this.accepted.push(mine),
      refused: (_, error) => {
        throw error;
      },
      pause: () => Promise.resolve(),
    });
  }

  async send(id: string | null): Promise<void> {
    await this.sending.send(aJob(id, id === null ? `any.s.${++this.#last}` : namedAddress("any", null, id)));
  }
}

function aJob(id: string | null, address: string): RemoteJob {
  return new RemoteJob({
    id: "job",
    address,
    request: aRequest({ id }),
    args: { encoding: "json", bytes: new Uint8Array(0) },
    message: "s.1",
    submittedAt: 0,
    answersBefore: 0,
    done() {},
    cancel() {},
  });
}

/** A message that its sender calls so. */
function called(id: string): () => Promise<{ header: MsgHdrs }> {
  const header = headers();
  header.set("Nats-Msg-Id", id);
  return () => Promise.resolve({ header });
}

describe("Of a job that is in the queue after a try of which nothing is known, sending", () => {
  const lost = (): () => Promise<never> => {
    const tries = [Object.assign(new Error("timeout"), { name: "TimeoutError" }), FULL];
    return () => Promise.reject(tries.shift());
  };

  it.each([
    ["is told that it is this program's", "s.1", true],
    ["is told that it is another's", "t.1", false],
  ])("%s", async (_, message, mine) => {
    const world = new World(lost(), called(message));
    await world.send("named");
    // What another's message does not refer to is dropped.
    expect([world.accepted, world.dropped]).toEqual([[mine], mine ? 0 : 1]);
  });

  it("does not take it for this program's where it may not look, and keeps what it may refer to", async () => {
    const world = new World(lost(), () => Promise.reject(new Error("Permissions Violation")));
    await world.send("named");
    expect([world.accepted, world.dropped]).toEqual([[false], 0]);
  });

  it("knows that one without a name is nobody else's", async () => {
    const world = new World(lost(), called("t.1"));
    await world.send(null);
    expect([world.accepted, world.dropped]).toEqual([[true], 0]);
  });
});

describe("Sending", () => {
  it.each([
    ["makes the queue anew where nobody takes a job that is sent once more, and sends it to that", "NoResponders", [
      2,
      1,
    ]],
    ["leaves a job where it is that is there when it is sent once more", null, [1, 0]],
  ])("%s", async (_, lost, expected) => {
    let sent = 0;
    const world = new World(() => {
      const error = ++sent === 1 && lost !== null ? Object.assign(new Error("nobody"), { name: lost }) : FULL;
      return Promise.reject(error);
    }, called(""));
    await world.sending.repeat(world.broker, aJob(null, "any.s.1"));
    expect([sent, world.reopened]).toEqual(expected);
  });

  it("has so many jobs under way at a time, in their order, and sends none that nobody wants when its turn has come", async () => {
    const under: (() => void)[] = [];
    const world = new World(() => new Promise((resolve) => under.push(() => resolve({} as never))), called(""));
    const jobs = Array.from({ length: 3_000 }, (_, i) => aJob(null, `any.s.${i}`));
    const sent = Promise.all(jobs.map((job) => world.sending.send(job)));
    jobs.slice(2_000).forEach((job) => job.state = { at: "settled" });
    let [all, most] = [0, 0];
    for (let ended = false; !ended;) {
      ended = await Promise.race([
        sent.then(() => true),
        new Promise<false>((resolve) => setImmediate(resolve, false)),
      ]);
      all += under.length;
      most = Math.max(most, under.length);
      for (const end of under.splice(0)) end();
    }
    expect(most).toBe(1_024);
    expect(all).toBe(2_000);
    expect(world.accepted.slice(0, 2_000)).toEqual(Array(2_000).fill(true));
  });
});
