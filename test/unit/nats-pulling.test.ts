import { headers, type Msg, type MsgHdrs, type NatsConnection } from "@nats-io/transport-node";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Broker } from "../../src/nats/link.ts";
import { type Level, LEVELS, Names } from "../../src/nats/names.ts";
import { Pulling } from "../../src/nats/pulling.ts";
import { FakeClock } from "../core/fakes.ts";

type Callback = (error: null, message: Msg) => void;

/** A question as the broker has it. */
interface Asked {
  readonly level: Level;
  readonly inbox: string;
  left: number;
  readonly now: boolean;
}

/** A broker with jobs of each level, and a host that takes them. */
class World {
  readonly clock = new FakeClock();
  readonly names = new Names("q");
  readonly waiting: Record<Level, number> = { high: 0, normal: 0, low: 0 };
  readonly slots: number;
  readonly ahead: number;
  held = 0;
  /** How many questions were put. */
  questions = 0;
  /** What it says where it takes no questions; null if it does, and empty for one that says nothing. */
  refuses: MsgHdrs | "" | null = null;
  /** How often the queue was taken for lost. */
  lost = 0;
  readonly taken: Level[] = [];
  readonly #listeners = new Map<string, Callback>();
  #asked: Asked[] = [];
  /** How many places for answers were made up. */
  inboxes = 0;
  readonly pulling: Pulling;

  /** How long a question stays open at most, as it says, in milliseconds. */
  longest = 0;

  readonly lease: number;

  constructor(slots: number, ahead: number, lease = 15_000) {
    this.slots = slots;
    this.lease = lease;
    this.ahead = ahead;
    const connection = {
      subscribe: (subject: string, { callback }: { callback: Callback }) => {
        this.#listeners.set(subject, callback);
        return { unsubscribe: () => this.#listeners.delete(subject), drain: () => Promise.resolve() };
      },
      publish: (subject: string, wanted: string, { reply }: { reply: string }) => {
        const { batch, no_wait: now = false, expires = 0 } = JSON.parse(wanted);
        this.longest = Math.max(this.longest, expires / 1_000_000);
        const level = LEVELS.find((name) => subject.endsWith(`CC_${name}`)) as Level;
        this.questions++;
        this.#asked.push({ level, inbox: reply, left: batch, now });
      },
    } as unknown as NatsConnection;
    this.pulling = new Pulling({
      broker: {
        inbox: () => `inbox${++this.inboxes}`,
        connection,
      } as unknown as Broker,
      names: this.names,
      clock: this.clock,
      lease: () => this.lease,
      room: () => ({
        free: Math.max(0, slots - this.held),
        ahead: Math.max(0, slots * ahead - Math.max(0, this.held - slots)),
        least: Math.max(1, Math.floor(slots * ahead / 2)),
        depth: ahead,
      }),
      lost: (then) => {
        this.lost++;
        then();
      },
      got: ({ subject }) => this.#got(subject.split(".")[3] as Level),
    });
    this.pulling.pump(true);
    this.settle();
  }

  #got(level: Level): void {
    // One more than there is room for is given back.
    if (this.held >= this.slots * (1 + this.ahead)) this.waiting[level]++;
    else {
      this.held++;
      this.taken.push(level);
    }
  }

  enqueue(level: Level): void {
    this.waiting[level]++;
    if (level !== "normal") this.#listeners.get(this.names.hint(level))?.(null, message(this.names.hint(level)));
    this.settle();
  }

  end(): void {
    if (this.held === 0) return;
    this.held--;
    this.pulling.pump(this.held > 0);
    this.settle();
  }

  /** The broker answers what it can, until nothing more comes of it. */
  settle(): void {
    for (let rounds = 0; rounds < 200; rounds++) {
      const next = this.#asked.find((asked) => this.refuses !== null || asked.now || this.waiting[asked.level] > 0);
      if (!next) return;
      this.#answer(next);
    }
    throw new Error("the host asks without end");
  }

  #answer(asked: Asked): void {
    if (this.refuses !== null) return this.#refuse(asked, this.refuses);
    const count = Math.min(asked.left, this.waiting[asked.level]);
    asked.left -= count;
    this.waiting[asked.level] -= count;
    if (asked.now || asked.left === 0) this.#asked = this.#asked.filter((other) => other !== asked);
    for (let i = 0; i < count; i++) this.#deliver(asked);
    if (asked.now && asked.left > 0) this.#listeners.get(asked.inbox)?.(null, message(asked.inbox, status()));
  }

  #refuse(asked: Asked, how: MsgHdrs | ""): void {
    this.#asked = this.#asked.filter((other) => other !== asked);
    if (how) this.#listeners.get(asked.inbox)?.(null, message(asked.inbox, how));
  }

  #deliver({ inbox, level }: Asked): void {
    const listener = this.#listeners.get(inbox);
    // Nobody listens there any more: it comes again when its lease has run out.
    if (!listener) this.waiting[level]++;
    else listener(null, message(`cc.job.q.${level}.o.s.1`, undefined, "$JS.ACK.s.c.1.7.7.1.0"));
  }
}

function message(subject: string, head?: MsgHdrs, reply?: string): Msg {
  return { subject, headers: head, data: new Uint8Array(0), reply } as unknown as Msg;
}

function status(): MsgHdrs {
  const head = headers(404, "No Messages");
  return head;
}

describe("Pulling", () => {
  it("takes what waits while there is a place, and never more than there is room for, in random histories", async () => {
    const level = fc.constantFrom(...LEVELS);
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant("enqueue" as const), level }) },
      { weight: 2, arbitrary: fc.constant({ do: "end" as const }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(100, 6_000, 40_000, 100_000) }),
      },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3 }),
        fc.array(step, { maxLength: 60 }),
        async (slots, ahead, steps) => {
          const world = new World(slots, ahead);
          for (const next of steps) {
            if (next.do === "enqueue") world.enqueue(next.level);
            if (next.do === "end") world.end();
            if (next.do === "wait") {
              world.clock.advance(next.ms);
              // What is overdue is asked again when the queue was looked for.
              await Promise.resolve();
              world.settle();
            }
            expect(world.held).toBeLessThanOrEqual(slots * (1 + ahead));
            const waits = world.waiting.high + world.waiting.normal + world.waiting.low;
            if (waits > 0) {
              expect(world.held, "no place is free while a job waits").toBeGreaterThanOrEqual(slots);
            }
          }
          for (let left = 200; left > 0 && world.held > 0; left--) world.end();
          expect(world.waiting).toEqual({ high: 0, normal: 0, low: 0 });
        },
      ),
    );
  });

  it.each([[15_000, 5_000], [1_000, 500]])("with a lease of %i ms keeps questions open for %i", (lease, open) => {
    expect(new World(2, 0, lease).longest).toBe(open);
  });

  it("asks for many at a time where many are taken ahead, and lets no slot wait for that", () => {
    const world = new World(2, 10);
    for (let i = 0; i < 400; i++) world.enqueue("normal");
    const before = world.questions;
    for (let i = 0; i < 200; i++) {
      world.end();
      expect(world.held).toBeGreaterThanOrEqual(10);
    }
    expect(world.questions - before).toBeLessThanOrEqual(200 / 10);
    // Those that are over leave theirs to the next.
    expect(world.inboxes).toBeLessThanOrEqual(5);
  });

  it("asks nothing while there is no connection, and then again", () => {
    const world = new World(2, 0);
    world.enqueue("normal");
    world.pulling.interrupted();
    const before = world.questions;
    world.end();
    world.enqueue("high");
    world.clock.advance(100_000);
    expect([world.questions, world.held]).toEqual([before, 0]);
    world.pulling.again();
    world.pulling.pump(true);
    world.settle();
    expect([world.held, world.waiting.high]).toEqual([1, 0]);
    world.pulling.stop();
    world.pulling.again();
    world.enqueue("normal");
    expect(world.held).toBe(1);
  });

  it("does not ask at once again where it was refused", () => {
    const world = new World(2, 0);
    world.refuses = headers(409, "Exceeded MaxWaiting");
    world.enqueue("normal");
    world.refuses = null;
    world.settle();
    expect(world.held).toBe(0);
    world.clock.advance(1_000);
    world.settle();
    expect([world.held, world.lost]).toEqual([1, 0]);
  });

  it.each([
    ["the broker says so to who has asked before", headers(409, "Consumer Deleted")],
    ["nobody is there to be asked", headers(503, "No Responders")],
    ["nothing at all is said", "" as const],
  ])("tells that the queue is lost where %s, and asks on", async (_, refuses) => {
    const world = new World(2, 0);
    world.refuses = refuses;
    world.enqueue("normal");
    world.clock.advance(10_000);
    expect(world.lost).toBe(1);
    world.refuses = null;
    await Promise.resolve();
    world.settle();
    expect(world.held).toBe(1);
  });

  it("takes the high level first, but the low one in its turn", () => {
    const world = new World(1, 0);
    for (let i = 0; i < 40; i++) for (const level of LEVELS) world.enqueue(level);
    for (let i = 0; i < 60; i++) world.end();
    const first = world.taken.slice(1, 31);
    expect(first.filter((level) => level === "high").length).toBeGreaterThan(24);
    expect(first).toContain("low");
  });
});
