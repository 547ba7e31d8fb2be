import { headers } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import type { Broker, Link } from "../../src/nats/link.ts";
import { namedAddress, Names } from "../../src/nats/names.ts";
import { RemoteJob } from "../../src/nats/remote-job.ts";
import { Requests } from "../../src/nats/requests.ts";
import { Withdrawing } from "../../src/nats/withdrawing.ts";
import { FakeClock } from "../core/fakes.ts";
import { aRequest } from "../core/request.ts";

/** A broker that takes 100 ms for what it is asked at a time. */
class World {
  readonly clock = new FakeClock();
  /** The numbers of the answers that say that jobs are withdrawn. */
  readonly withdrew: number[] = [];
  ended = 0;
  under = 0;
  most = 0;
  /** `up`: whether there is a connection. */
  readonly link: { broker: unknown; open(): Promise<Broker>; up: boolean };
  readonly withdrawing: Withdrawing;

  constructor() {
    const { clock } = this;
    let seq = 0;
    const publish = (): Promise<never> => {
      this.most = Math.max(this.most, ++this.under);
      return new Promise((resolve) =>
        clock.schedule(100, () => {
          this.under--;
          resolve({ seq: ++seq } as never);
        })
      );
    };
    const connection = { publish() {} };
    const broker = {
      client: { transport: { headers } },
      connection,
      requests: new Requests({ publish, refused() {} }),
    };
    this.link = { broker, open: () => Promise.resolve(broker as unknown as Broker), up: true };
    this.withdrawing = new Withdrawing({
      link: this.link as unknown as Link,
      names: new Names("q"),
      owner: "any",
      clock,
      withdrew: (number) => this.withdrew.push(number),
      answered: () => Promise.resolve(),
      ended: () => this.ended++,
    });
  }

  withdraw(address: string): void {
    this.withdrawing.withdraw(
      new RemoteJob({
        id: address,
        address,
        request: aRequest(),
        args: { encoding: "json", bytes: new Uint8Array(0) },
        message: address,
        submittedAt: 0,
        answersBefore: 0,
        done() {},
        cancel() {},
      }),
    );
  }

  /** Until nothing is under way; says how long that took, in milliseconds. */
  async idle(): Promise<number> {
    const begun = this.clock.now();
    while (this.withdrawing.busy) {
      await new Promise((resolve) => setImmediate(resolve));
      this.clock.advance(100);
    }
    return this.clock.now() - begun;
  }
}

describe("Withdrawing", () => {
  it("takes 50,000 jobs back, few at a time", async () => {
    const world = new World();
    for (let i = 0; i < 50_000; i++) world.withdraw(`any.s.${i}`);
    await world.idle();
    expect([world.withdrew.length, world.ended]).toEqual([50_000, 50_000]);
    expect(world.most).toBeLessThanOrEqual(256);
  });

  it("has the answers of jobs without a name tidied later, and no others", async () => {
    const world = new World();
    for (const address of ["any.s.1", namedAddress("any", null, "named"), "any.s.2"]) world.withdraw(address);
    await world.idle();
    expect([world.withdrew, world.ended]).toEqual([[1, 3], 3]);
  });

  it("gives up where there is no connection for ten seconds", async () => {
    const world = new World();
    world.link.up = false;
    for (let i = 0; i < 1_000; i++) world.withdraw(`any.s.${i}`);
    expect(await world.idle()).toBeLessThanOrEqual(11_000);
    expect([world.withdrew.length, world.ended]).toEqual([0, 1_000]);
  });
});
