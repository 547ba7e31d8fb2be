import type { NatsConnection } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import type { JobRequest } from "../../src/core/engine.ts";
import type { ClusterError } from "../../src/core/errors.ts";
import { Forecast } from "../../src/core/forecast.ts";
import { Admission } from "../../src/nats/admission.ts";
import { BEAT } from "../../src/nats/heartbeats.ts";
import { type HostReport, readReport, writeReport } from "../../src/nats/host-report.ts";
import type { Broker } from "../../src/nats/link.ts";
import { Names } from "../../src/nats/names.ts";
import type { RemoteJob } from "../../src/nats/remote-job.ts";
import { Watching } from "../../src/nats/watching.ts";
import { FakeClock } from "../core/fakes.ts";
import { aRequest } from "../core/request.ts";

/** Two slots, each with a job of 100 ms every 100 ms. */
function report(given: Partial<HostReport> = {}): HostReport {
  return {
    queue: "q",
    host: "a",
    pid: 1,
    runtime: "node 24.0.0",
    library: "1.0.0",
    version: null,
    state: "serving",
    slots: 2,
    free: 0,
    held: 2,
    waiting: 0,
    done: 100,
    failed: 0,
    ran: 100,
    rate: 20,
    capacity: 20,
    uptime: 1_000,
    ...given,
  };
}

/** A connection on which hosts speak when they are told to. */
class FakeConnection {
  readonly #listeners = new Set<(error: Error | null, message: { string(): string }) => void>();
  rolls = 0;

  get listeners(): number {
    return this.#listeners.size;
  }

  subscribe(_: string, { callback }: { callback: (error: Error | null, message: { string(): string }) => void }) {
    this.#listeners.add(callback);
    return { unsubscribe: () => this.#listeners.delete(callback) };
  }

  async requestMany(): Promise<Iterable<never>> {
    this.rolls++;
    return [];
  }

  say(text: string): void {
    for (const listener of this.#listeners) listener(null, { string: () => text });
  }
}

class Setup {
  readonly clock = new FakeClock();
  readonly connection = new FakeConnection();
  readonly forecast = new Forecast();
  readonly admission: Admission;
  /** In the queue. */
  jobs = 0;
  counts = 0;
  /** Of this program, without an answer; those that are asked about included. */
  own = 0;
  opened = 0;
  readonly #refused = new Map<RemoteJob, ClusterError>();

  constructor(maxLatency = 1_000) {
    const broker = {
      connection: this.connection,
      jsm: {
        streams: {
          info: () => {
            this.counts++;
            return Promise.resolve({ state: { messages: this.jobs } });
          },
        },
      },
    } as unknown as Broker;
    this.admission = new Admission({
      link: {
        open: () => {
          this.opened++;
          return Promise.resolve(broker);
        },
      },
      names: new Names("q"),
      clock: this.clock,
      forecast: this.forecast,
      maxLatency,
      own: () => this.own,
      refused: (job, error) => {
        this.own--;
        this.#refused.set(job, error);
      },
    });
  }

  async ask(given: Partial<JobRequest> = {}): Promise<ClusterError | null> {
    this.own++;
    const job = { request: aRequest(given), submittedAt: this.clock.now() } as RemoteJob;
    await this.admission.decide(job);
    return this.#refused.get(job) ?? null;
  }

  /** Asks once, which begins to listen, and has hosts speak. */
  async hear(...reports: HostReport[]): Promise<void> {
    expect(await this.ask()).toBeNull();
    this.own = 0;
    for (const told of reports) this.connection.say(writeReport(told));
    // What was counted is too old by now.
    this.clock.advance(300);
  }
}

describe("Admission to a queue", () => {
  it("asks nobody for a job without limits, nor for one that is bounded", async () => {
    const without = new Setup(Infinity);
    expect(without.admission.decide({ request: aRequest(), submittedAt: 0 } as RemoteJob)).toBeNull();
    const bounded = new Setup();
    expect(bounded.admission.decide({ request: aRequest({ bounded: true }), submittedAt: 0 } as RemoteJob))
      .toBeNull();
    expect([without.opened, bounded.opened, without.connection.listeners]).toEqual([0, 0, 0]);
  });

  it("takes every job while too little is known: no host, or not two runs for each slot", async () => {
    const setup = new Setup();
    setup.jobs = 1_000;
    await setup.hear();
    expect(await setup.ask()).toBeNull();
    setup.connection.say(writeReport(report({ done: 3 })));
    expect(await setup.ask()).toBeNull();
    setup.connection.say(writeReport(report({ done: 4 })));
    expect(await setup.ask()).toMatchObject({ code: "CC_ERR_LATENCY" });
  });

  it("refuses by what waits and what hosts are measured to do, and says when to come again", async () => {
    const setup = new Setup();
    await setup.hear(report(), report({ host: "b" }));
    // 4 run, and 36 that wait take 40 a second 900 ms; then its own 100.
    setup.jobs = 39;
    expect(await setup.ask()).toBeNull();
    setup.clock.advance(300);
    setup.jobs = 40;
    const refusal = await setup.ask();
    expect(refusal?.message).toBe("cannot enqueue work: maximum expected work duration exceeded (1.02s)");
    expect(refusal).toMatchObject({
      code: "CC_ERR_LATENCY",
      expected: 1025,
      limit: 1000,
      retryAfter: 25,
      retryable: true,
    });
  });

  it("refuses a job that its own deadline would end first", async () => {
    const setup = new Setup(Infinity);
    expect(await setup.ask({ deadline: 10_000 })).toBeNull();
    setup.connection.say(writeReport(report()));
    setup.clock.advance(300);
    setup.jobs = 12;
    expect(await setup.ask({ deadline: 500 })).toMatchObject({ code: "CC_ERR_DEADLINE", limit: 500 });
    expect(await setup.ask({ deadline: 5_000 })).toBeNull();
  });

  it("takes every job while a slot is free, however slow hosts are", async () => {
    const setup = new Setup();
    await setup.hear(report({ ran: 60_000, capacity: 2 / 60 }));
    setup.jobs = 1;
    expect(await setup.ask()).toBeNull();
    setup.clock.advance(300);
    setup.jobs = 2;
    expect(await setup.ask()).toMatchObject({ code: "CC_ERR_LATENCY" });
  });

  it("counts slots that another queue's jobs have as taken, and jobs of a host that ends as nobody else's", async () => {
    const setup = new Setup();
    await setup.hear(report({ held: 0, free: 1, capacity: 0.1 }));
    setup.jobs = 1;
    expect(await setup.ask()).toMatchObject({ code: "CC_ERR_LATENCY" });
    setup.connection.say(writeReport(report({ held: 0, free: 2, capacity: 0.1 })));
    setup.connection.say(writeReport(report({ host: "b", state: "draining", held: 2 })));
    setup.clock.advance(300);
    setup.jobs = 3;
    expect(await setup.ask()).toBeNull();
  });

  it("counts what this program has added, and asks the broker four times a second at most", async () => {
    const setup = new Setup(300);
    await setup.hear(report());
    const before = setup.counts;
    const refusals = await Promise.all(Array.from({ length: 20 }, () => setup.ask()));
    // Two run, and those behind them are answered after 150, 200, 250 and 300 ms.
    expect(refusals.filter((refusal) => refusal === null)).toHaveLength(6);
    expect(setup.counts).toBe(before + 1);
    setup.clock.advance(300);
    // The broker does not have them yet.
    expect(await setup.ask()).not.toBeNull();
    // Those that were answered leave room at once, whatever the broker has said.
    setup.own -= 3;
    expect(await setup.ask()).toBeNull();
  });

  it("takes a job whose program has just been answered, though the broker still has the one before", async () => {
    const setup = new Setup();
    await setup.hear(report({ slots: 1, held: 1, ran: 60_000, capacity: 1 / 60 }));
    setup.jobs = 1;
    setup.forecast.record(null, 60_000);
    expect(await setup.ask()).toBeNull();
    setup.own = 0;
    setup.clock.advance(300);
    expect(await setup.ask()).toMatchObject({ code: "CC_ERR_LATENCY" });
  });

  it("goes by how long jobs of the task have taken this program", async () => {
    const setup = new Setup(1_000);
    await setup.hear(report());
    setup.jobs = 2;
    expect(await setup.ask({ task: "long" })).toBeNull();
    setup.forecast.record("short", 10);
    setup.forecast.record("long", 2_000);
    expect(await setup.ask({ task: "short" })).toBeNull();
    expect(await setup.ask({ task: "long" })).toMatchObject({ code: "CC_ERR_LATENCY" });
  });

  it("stops listening when no job has asked for a minute, and leaves no timer", async () => {
    const setup = new Setup();
    await setup.hear();
    expect(setup.connection.listeners).toBe(1);
    setup.clock.advance(59_000);
    await setup.ask();
    setup.clock.advance(59_000);
    expect(setup.connection.listeners).toBe(1);
    setup.clock.advance(61_000);
    expect([setup.connection.listeners, setup.clock.pending]).toEqual([0, 0]);
    await setup.ask();
    expect([setup.connection.listeners, setup.connection.rolls]).toEqual([1, 2]);
    setup.admission.end();
    expect([setup.connection.listeners, setup.clock.pending]).toEqual([0, 0]);
  });
});

describe("Watching", () => {
  it("forgets a host that says that it goes, or is silent for more than three heartbeats", () => {
    const clock = new FakeClock();
    const connection = new FakeConnection();
    const watching = new Watching({ connection: connection as unknown as NatsConnection, clock, subjects: ["s"] });
    for (const host of ["a", "b", "c"]) connection.say(writeReport(report({ host })));
    connection.say(writeReport(report({ host: "a", state: "gone" })));
    clock.advance(3 * BEAT);
    connection.say(writeReport(report({ host: "b" })));
    expect(watching.hosts.map(({ host }) => host)).toEqual(["b", "c"]);
    clock.advance(BEAT);
    expect(watching.hosts.map(({ host }) => host)).toEqual(["b"]);
    watching.end();
    expect(connection.listeners).toBe(0);
  });

  it("tells hosts apart that are called alike", () => {
    const connection = new FakeConnection();
    const clock = new FakeClock();
    const watching = new Watching({ connection: connection as unknown as NatsConnection, clock, subjects: ["s"] });
    for (const pid of [1, 2, 1]) connection.say(writeReport(report({ host: "same", pid })));
    expect(watching.hosts.map(({ pid }) => pid)).toEqual([1, 2]);
  });
});

describe("A host's report", () => {
  it("is read as it was written, with what is new in other versions left out", () => {
    const told = report({ ran: 1.23456 });
    expect(readReport(writeReport({ ...told, news: 1 } as HostReport))).toEqual({ ...told, ran: 1.235 });
  });

  it.each([
    "",
    "null",
    "[]",
    "5",
    "{",
    JSON.stringify({ ...report(), state: "odd" }),
    JSON.stringify({ ...report(), slots: -1 }),
    JSON.stringify({ ...report(), host: undefined }),
  ])("is none: %s", (text) => {
    expect(readReport(text)).toBeNull();
  });
});
