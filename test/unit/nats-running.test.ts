import { headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { expect, it } from "vitest";
import type { ComputeCluster } from "../../mod.ts";
import type { Client } from "../../src/nats/client.ts";
import { Delivery } from "../../src/nats/delivery.ts";
import { jobHeaders } from "../../src/nats/letters.ts";
import { Names } from "../../src/nats/names.ts";
import { Running, type RunningParts } from "../../src/nats/running.ts";
import { FakeClock } from "../core/fakes.ts";

const names = new Names("q");

/** A host whose jobs are looked for until the broker answers, which has had them withdrawn. */
class Place {
  readonly said: string[] = [];
  /** Of each delivery that no host was lost with, how often the job had been given to one by then. */
  readonly excused: number[] = [];
  readonly #looks: ((found: null) => void)[] = [];
  readonly running: Running;

  constructor() {
    const nothing = (): void => {};
    const getMessage = (): Promise<null> => new Promise((resolve) => this.#looks.push(resolve));
    this.running = new Running({
      broker: { jsm: { direct: { getMessage } } },
      names,
      queue: "q",
      bulk: { drop: () => Promise.resolve() },
      cluster: { slots: 4 } as ComputeCluster,
      answering: { runs: [] },
      givingBack: {
        excuse: ({ count }: Delivery) => Promise.resolve(this.excused.push(count)),
      },
      withdrawn: { has: () => true, mayHave: () => true },
      tally: { taken: nothing, left: nothing },
      clock: new FakeClock(),
      version: null,
      maxDeliveries: 3,
      isLeaving: () => false,
      freed: nothing,
      unfit: nothing,
      warn: (error: Error) => void this.said.push(error.message),
    } as unknown as RunningParts);
  }

  delivery(job: string, count: number, id = `message of ${job}`): Delivery {
    const letter = { id: job, task: null, timeout: Infinity, version: null, wants: {}, trace: null, over: 0 };
    const args = { encoding: "undefined", bytes: new Uint8Array(0), object: null };
    const all = jobHeaders({ transport: { headers } } as unknown as Client, { ...letter, args } as never);
    all.append("Nats-Msg-Id", id);
    const message = {
      subject: `cc.job.q.normal.o.s.${job}`,
      data: new Uint8Array(0),
      reply: `$JS.ACK.s.c.${count}.7.7.1.0`,
    };
    const connection = { isClosed: () => false, publish: (_: string, word: string) => this.said.push(word) };
    return Delivery.of(message as unknown as Msg, all, connection as unknown as NatsConnection)!;
  }

  found(): void {
    for (const look of this.#looks.splice(0)) look(null);
  }
}

it("Running knows a job that comes again from when it has come until it is over, and no other", async () => {
  const place = new Place();
  const { running } = place;
  expect(running.cameAgain(place.delivery("1", 1))).toBe(false);
  const delivery = place.delivery("1", 1);
  const taken = running.take(delivery);
  const others = [place.delivery("1", 2), place.delivery("2", 1), place.delivery("1", 1, "enqueued again")];
  expect(others.map((each) => running.cameAgain(each))).toEqual([true, false, false]);
  expect([delivery.count, place.excused]).toEqual([2, [2]]);
  place.found();
  await taken;
  expect([place.said, running.cameAgain(place.delivery("1", 2)), running.held]).toEqual([["+ACK"], false, 0]);
});

it("Running takes a job that was lost while it was looked for, when it comes again", async () => {
  const place = new Place();
  const first = place.running.take(place.delivery("1", 1));
  place.running.lose();
  await place.running.excuse();
  expect(place.excused).toEqual([1]);
  expect(place.running.cameAgain(place.delivery("1", 2))).toBe(false);
  const second = place.running.take(place.delivery("1", 2));
  expect(place.running.cameAgain(place.delivery("1", 3))).toBe(true);
  place.found();
  await Promise.all([first, second]);
  expect(place.running.held).toBe(0);
});
