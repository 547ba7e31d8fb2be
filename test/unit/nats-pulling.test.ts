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
  readonly pace: number;
  held = 0;
  /** How many questions were put. */
  questions = 0;
  /** Whether it takes no questions. */
  refuses = false;
  readonly taken: Level[] = [];
  readonly #listeners = new Map<string, Callback>();
  #asked: Asked[] = [];
  /** How many places for answers were made up. */
  inboxes = 0;
  readonly pulling: Pulling;

  constructor(slots: number, ahead: number, pace = 0) {
    this.slots = slots;
    this.ahead = ahead;
    this.pace = pace;
    const connection = {
      subscribe: (subject: string, { callback }: { callback: Callback }) => {
        this.#listeners.set(subject, callback);
        return { unsubscribe: () => this.#listeners.delete(subject) };
      },
      publish: (subject: string, wanted: string, { reply }: { reply: string }) => {
        const { batch, no_wait: now = false } = JSON.parse(wanted);
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
      room: () => ({
        free: Math.max(0, slots - this.held),
        ahead: Math.max(0, slots * ahead - Math.max(0, this.held - slots)),
        least: Math.max(1, Math.floor(slots * ahead / 2)),
        pace: this.held > 0 ? pace : 0,
        depth: ahead,
      }),
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
      const next = this.#asked.find((asked) => this.refuses || asked.now || this.waiting[asked.level] > 0);
      if (!next) return;
      this.#answer(next);
    }
    throw new Error("the host asks without end");
  }

  #answer(asked: Asked): void {
    if (this.refuses) return this.#refuse(asked);
    const count = Math.min(asked.left, this.waiting[asked.level]);
    asked.left -= count;
    this.waiting[asked.level] -= count;
    if (asked.now || asked.left === 0) this.#asked = this.#asked.filter((other) => other !== asked);
    for (let i = 0; i < count; i++) this.#deliver(asked);
    if (asked.now && asked.left > 0) this.#listeners.get(asked.inbox)?.(null, message(asked.inbox, status()));
  }

  #refuse(asked: Asked): void {
    this.#asked = this.#asked.filter((other) => other !== asked);
    this.#listeners.get(asked.inbox)?.(null, message(asked.inbox, headers(409, "Exceeded MaxWaiting")));
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
  it("takes what waits while there is a place, and never more than there is room for, in random histories", () => {
    const level = fc.constantFrom(...LEVELS);
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant("enqueue" as const), level }) },
      { weight: 2, arbitrary: fc.constant({ do: "end" as const }) },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(100, 6_000, 40_000, 100_000) }),
      },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3 }),
        fc.array(step, { maxLength: 60 }),
        (slots, ahead, steps) => {
          const world = new World(slots, ahead);
          for (const next of steps) {
            if (next.do === "enqueue") world.enqueue(next.level);
            if (next.do === "end") world.end();
            if (next.do === "wait") {
              world.clock.advance(next.ms);
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

  it("asks no sooner again than its pace says, unless it has no job", () => {
    const world = new World(2, 0, 2);
    for (let i = 0; i < 40; i++) world.enqueue("normal");
    const before = world.questions;
    world.end();
    world.end();
    // The first was answered with two jobs, which are over: it has none.
    expect([world.held, world.questions - before]).toEqual([2, 1]);
    world.end();
    expect([world.held, world.questions - before]).toEqual([1, 1]);
    world.clock.advance(1.9);
    world.settle();
    expect(world.held).toBe(1);
    world.clock.advance(0.1);
    world.settle();
    expect([world.held, world.questions - before]).toEqual([2, 2]);
  });

  it("asks for what waits in the end, whatever its pace, in random histories", () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.tuple(fc.constantFrom("enqueue", "end", "wait"), fc.constantFrom(...LEVELS)), { maxLength: 60 }),
      (slots, steps) => {
        const world = new World(slots, 0, 2);
        for (const [what, level] of steps) {
          if (what === "enqueue") world.enqueue(level);
          if (what === "end") world.end();
          if (what === "wait") world.clock.advance(1);
          expect(world.held).toBeLessThanOrEqual(slots);
        }
        for (let left = 200; left > 0 && world.held > 0; left--) {
          world.end();
          world.clock.advance(2);
          world.settle();
          const waits = world.waiting.high + world.waiting.normal + world.waiting.low;
          if (waits > 0) expect(world.held).toBe(slots);
        }
        expect(world.waiting).toEqual({ high: 0, normal: 0, low: 0 });
      },
    ));
  });

  it("does not ask at once again where it was refused", () => {
    const world = new World(2, 0);
    world.refuses = true;
    world.enqueue("normal");
    world.refuses = false;
    world.settle();
    expect(world.held).toBe(0);
    world.clock.advance(1_000);
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
