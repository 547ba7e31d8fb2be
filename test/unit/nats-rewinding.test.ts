import type { ConsumerInfo, JetStreamManager } from "@nats-io/jetstream";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Names } from "../../src/nats/names.ts";
import { rewind } from "../../src/nats/rewinding.ts";

const names = new Names("q");

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

/** A broker with one consumer, which is ahead of its stream until it is made anew. */
class FakeBroker {
  readonly marks = new Map<string, string>();
  deleted = 0;
  made = 0;
  /** What goes wrong when the consumer is deleted, or a mark is stored. */
  deleting: Error | null = null;
  marking: Error | null = null;

  get consumer(): ConsumerInfo {
    return {
      stream_name: names.jobs,
      name: names.consumer("normal"),
      created: `2026-01-01T00:00:0${this.made}Z`,
      config: {},
      delivered: { stream_seq: this.made === 0 ? 10 : 0 },
    } as ConsumerInfo;
  }

  readonly jsm = {
    streams: {
      info: async () => ({ config: { num_replicas: 1 }, state: { last_seq: 3 } }),
      getMessage: async (_: string, { last_by_subj: subject }: { last_by_subj: string }) => {
        const text = this.marks.get(subject);
        return text === undefined ? null : { string: () => text };
      },
    },
    consumers: {
      info: async () => this.consumer,
      add: async (_: string, { ack_policy: policy }: { ack_policy?: string }) => {
        if (policy === "none") throw Object.assign(new Error("not of such a stream"), { code: 10_084 });
        this.made++;
      },
      delete: async () => {
        this.deleted++;
        if (this.deleting) throw this.deleting;
      },
    },
    jetstream: () => ({
      publish: async (subject: string, text: string) => {
        if (this.marks.has(subject)) throw Object.assign(new Error("wrong last sequence"), { code: 10_071 });
        this.marks.set(subject, text);
        if (this.marking) throw this.marking;
      },
    }),
  } as unknown as JetStreamManager;

  look(seen = this.consumer): Promise<void> {
    return rewind(this.jsm, names, [seen]);
  }
}

const late = (): Error => Object.assign(new Error("timeout"), { name: "TimeoutError" });

it("A consumer that is ahead of its stream is made anew by one of those who see it", async () => {
  const broker = new FakeBroker();
  await Promise.all([broker.look(), broker.look(), broker.look()]);
  expect([broker.deleted, broker.made]).toEqual([1, 1]);
});

it("A consumer that could not be made anew is tried again, a minute later", async () => {
  const broker = new FakeBroker();
  broker.deleting = late();
  await broker.look();
  broker.deleting = null;
  await broker.look();
  expect([broker.deleted, broker.made]).toEqual([1, 0]);
  vi.advanceTimersByTime(60_000);
  await Promise.all([broker.look(), broker.look()]);
  expect([broker.deleted, broker.made]).toEqual([2, 1]);
});

it("A consumer is made anew once, though who has seen it comes late", async () => {
  const broker = new FakeBroker();
  const seen = broker.consumer;
  await broker.look();
  vi.advanceTimersByTime(60_000);
  await broker.look(seen);
  expect([broker.deleted, broker.made]).toEqual([1, 1]);
});

it("A consumer is made anew though the broker's word of who is first is lost", async () => {
  const broker = new FakeBroker();
  broker.marking = late();
  await Promise.all([broker.look(), broker.look()]);
  expect([broker.deleted, broker.made]).toEqual([1, 1]);
});
