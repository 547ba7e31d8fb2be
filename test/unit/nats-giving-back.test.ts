import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { Delivery } from "../../src/nats/delivery.ts";
import { GivingBack } from "../../src/nats/giving-back.ts";
import type { Broker } from "../../src/nats/link.ts";
import { Names } from "../../src/nats/names.ts";
import { Requests } from "../../src/nats/requests.ts";

/** A queue on three servers: the leader has what is written at once, a copy that may be asked has what was there before. */
class World {
  readonly #leader = new Map<string, string>();
  readonly said: string[] = [];
  /** How often the leader was asked. */
  asked = 0;
  readonly givingBack: GivingBack;

  constructor() {
    const publish = (subject: string, count: string): Promise<never> => {
      this.#leader.set(subject, count);
      return Promise.resolve({} as never);
    };
    const getMessage = (_: string, { last_by_subj: subject }: { last_by_subj: string }) => {
      this.asked++;
      const found = this.#leader.get(subject);
      return Promise.resolve(found === undefined ? null : { string: () => found });
    };
    const jsm = { streams: { getMessage }, direct: { getMessage: () => Promise.resolve(null) } };
    const requests = new Requests({ publish: publish as never, refused() {} });
    this.givingBack = new GivingBack({ jsm, js: { publish }, requests } as unknown as Broker, new Names("q"));
  }

  /** The only job there is, as a host has it that is given it for the time so many. */
  delivery(count: number): Delivery {
    const connection = { isClosed: () => false, publish: (_: string, word: string) => this.said.push(word) };
    const message = {
      subject: "cc.job.q.normal.o.s.1",
      data: new Uint8Array(0),
      reply: `$JS.ACK.s.c.${count}.7.7.1.0`,
    };
    return Delivery.of(message as unknown as Msg, undefined, connection as unknown as NatsConnection)!;
  }
}

describe("GivingBack", () => {
  it("counts no host as lost that gave the job back, though copies of the count are old", async () => {
    const world = new World();
    for (let count = 1; count <= 4; count++) await world.givingBack.giveBack(world.delivery(count));
    expect(world.said).toEqual(Array(4).fill("-NAK"));
    expect(await world.givingBack.losses(world.delivery(5))).toBe(0);
    expect(await world.givingBack.losses(world.delivery(6))).toBe(1);
  });

  it("counts no host as lost that had the job again and again, and gives it back then, or is lost after all", async () => {
    const world = new World();
    const first = world.delivery(1);
    for (let count = 2; count <= 4; count++) {
      first.count = count;
      void world.givingBack.excuse(world.delivery(count));
    }
    await world.givingBack.excuse(world.delivery(4));
    expect(await world.givingBack.losses(world.delivery(5))).toBe(0);
    expect(await world.givingBack.losses(world.delivery(6))).toBe(1);
    await world.givingBack.giveBack(first);
    expect(await world.givingBack.losses(world.delivery(6))).toBe(0);
    expect(world.said).toEqual(["-NAK"]);
  });

  it("asks nobody where a job is given back for the first time", async () => {
    const world = new World();
    await world.givingBack.giveBack(world.delivery(1));
    expect(world.asked).toBe(0);
  });
});
