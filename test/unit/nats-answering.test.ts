import { headers } from "@nats-io/transport-node";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Answering, type AnsweringParts } from "../../src/nats/answering.ts";
import type { Client } from "../../src/nats/client.ts";
import type { Delivery } from "../../src/nats/delivery.ts";
import { answerHeaders, type AnswerLetter, type Body } from "../../src/nats/letters.ts";
import { Names } from "../../src/nats/names.ts";

const names = new Names("q");
const client = { transport: { headers } } as unknown as Client;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const inStore = (object: string): Body => ({ encoding: "rich", bytes: new Uint8Array(0), object });

const broken = (): Error => Object.assign(new Error("timeout"), { name: "TimeoutError" });
const full = (): Error => Object.assign(new Error("maximum messages per subject exceeded"), { code: 10_077 });

/** A host that has put an answer into the store as "ours", and a broker that refuses it in these ways, one after the other. */
class Place {
  readonly dropped: (string | null)[] = [];
  acked = 0;
  readonly #refusals: Error[];
  readonly answering: Answering;

  /** @param stored The objects of the answers that are found in its place, one after the other; null for none. */
  constructor(refusals: Error[], stored: (string | null)[]) {
    this.#refusals = refusals;
    const found = (object: string): object => {
      const letter = { status: "value", host: "h", worker: "w", attempt: 1, ran: 1, number: 1, body: inStore(object) };
      const header = answerHeaders(client, letter as AnswerLetter);
      header.set("Nats-Sequence", "7");
      header.set("Nats-Subject", "s");
      return { header, data: new Uint8Array(0) };
    };
    const getMessage = (): Promise<object | null> => {
      const object = stored.shift() ?? null;
      return Promise.resolve(object === null ? null : found(object));
    };
    const publish = (): Promise<{ seq: number }> => {
      const refusal = this.#refusals.shift();
      return refusal ? Promise.reject(refusal) : Promise.resolve({ seq: 8 });
    };
    this.answering = new Answering({
      broker: {
        client,
        connection: { publish() {}, isClosed: () => false },
        requests: { absence: null, publish },
        jsm: { direct: { getMessage } },
      },
      names,
      bulk: {
        pack: () => Promise.resolve(inStore("ours")),
        drop: (_: unknown, __: string, { object }: Body) => Promise.resolve(this.dropped.push(object)),
      },
      cluster: { on() {} },
      host: "h",
      warn() {},
    } as unknown as AnsweringParts);
  }

  async answer(): Promise<void> {
    const delivery = { subject: "cc.job.q.normal.o.s.1", ack: () => this.acked++ } as unknown as Delivery;
    const written = { encoding: "rich", bytes: new Uint8Array(0) } as never;
    const answered = this.answering.answer(delivery, "value", written, null);
    await vi.runAllTimersAsync();
    await answered;
  }
}

it.each([
  ["at once", [full()], ["theirs"], ["ours"]],
  ["after an interruption", [broken(), full()], ["theirs"], ["ours"]],
  ["after an interruption, being the one that is there", [broken(), full()], ["ours"], []],
  ["until it is known which one is there", [full(), full()], [null, "theirs"], ["ours"]],
  ["but there is room in the end", [full(), broken()], [null], []],
])("A large answer is dropped that the broker does not take, %s", async (_, refusals, stored, dropped) => {
  const place = new Place(refusals, stored);
  await place.answer();
  expect([place.dropped, place.acked]).toEqual([dropped, 1]);
});
