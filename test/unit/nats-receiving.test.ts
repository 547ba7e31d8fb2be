import { describe, expect, it } from "vitest";
import { Bulk } from "../../src/nats/bulk.ts";
import type { Broker } from "../../src/nats/link.ts";
import { Names } from "../../src/nats/names.ts";
import { Receiving } from "../../src/nats/receiving.ts";
import { RemoteJob } from "../../src/nats/remote-job.ts";
import { Requests } from "../../src/nats/requests.ts";
import { Tidying } from "../../src/nats/tidying.ts";
import { FakeClock } from "../core/fakes.ts";
import { aRequest } from "../core/request.ts";

const MINUTE = 60_000;

/** A program whose jobs wait, at a broker that has no answers. */
class World {
  readonly clock = new FakeClock();
  readonly jobs = new Map<string, RemoteJob>();
  /** How old each job was when it was looked for, in milliseconds, and when it was sent again. */
  readonly looks: number[] = [];
  readonly repeats: number[] = [];
  /** How many are sent again at a time, now and at most. */
  under = 0;
  most = 0;
  readonly receiving: Receiving;
  readonly broker: Broker;

  constructor() {
    const names = new Names("q");
    const { clock, jobs } = this;
    const never = (): never => {
      throw new Error("nothing comes");
    };
    const getMessage = (): Promise<null> => {
      this.looks.push(clock.now());
      return Promise.resolve(null);
    };
    const requests = new Requests({ publish: never, refused: never });
    this.broker = { jsm: { direct: { getMessage } }, requests } as unknown as Broker;
    this.receiving = new Receiving({
      clock,
      names,
      bulk: new Bulk(names, 1),
      tidying: new Tidying({ clock, names, prefix: "any.s", waiting: () => [] }),
      owner: "any",
      space: "s",
      jobs,
      answered: never,
      unreadable: never,
      progressed: never,
      stepped: never,
      lost: never,
      missed: async () => {
        this.repeats.push(clock.now());
        this.most = Math.max(this.most, ++this.under);
        await Promise.resolve();
        this.under--;
      },
    });
  }

  submit(count: number): void {
    for (let i = 0; i < count; i++) {
      const address = `any.s.${this.jobs.size + 1}`;
      const job = new RemoteJob({
        id: address,
        address,
        request: aRequest(),
        args: { encoding: "json", bytes: new Uint8Array(0) },
        message: address,
        submittedAt: this.clock.now(),
        answersBefore: 0,
        done() {},
        cancel() {},
      });
      job.state = { at: "queued", mine: true };
      this.jobs.set(address, job);
    }
    this.receiving.watch(this.broker);
  }

  async wait(ms: number): Promise<void> {
    for (const end = this.clock.now() + ms; this.clock.now() < end;) {
      this.clock.advance(Math.min(1_000, end - this.clock.now()));
      await settle();
    }
  }
}

/** All that needs no time is done. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 200; turns++) await Promise.resolve();
}

describe("Receiving", () => {
  it("looks for a job when it is twice as old, at most every ten minutes, and has it sent again no sooner than after a minute", async () => {
    const world = new World();
    world.submit(1);
    await world.wait(60 * MINUTE);
    const expected = [5, 10, 20, 40, 80, 160, 320, 640, 1240, 1840, 2440, 3040].map((seconds) => seconds * 1_000);
    expect(world.looks).toEqual(expected);
    expect(world.repeats).toEqual(expected.filter((age) => age >= MINUTE));
  });

  it("looks for all after an interruption, and has few sent again at a time", async () => {
    const world = new World();
    world.submit(500);
    await world.wait(2 * MINUTE);
    const before = world.looks.length;
    world.receiving.lookForAll(world.broker);
    await settle();
    expect(world.looks.length - before).toBe(500);
    expect(world.repeats.length).toBe(1_000);
    expect(world.most).toBeLessThanOrEqual(32);
  });
});
