import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { Calls } from "../../src/calls.ts";
import type { Fact } from "../../src/core/fact.ts";
import type { Follower } from "../../src/core/trace.ts";
import { Followers, type Tracer } from "../../src/following.ts";
import { Telling } from "../../src/telling.ts";
import { carriedTrace } from "../../src/trace-context.ts";
import { aRequest } from "../core/request.ts";

/** Keeps what the calls throw. */
class KeptCalls extends Calls {
  readonly thrown: unknown[] = [];

  override make(_: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.thrown.push(error);
    }
  }
}

function setup(tracer: Tracer | null = null): { cluster: EventEmitter; followers: Followers; calls: KeptCalls } {
  const cluster = new EventEmitter();
  const calls = new KeptCalls();
  const followers = new Followers(new Telling(cluster, "process", calls), calls);
  followers.tracer = tracer;
  return { cluster, followers, calls };
}

const QUEUED: Fact = { type: "job:queued", job: "1", task: null, backlog: 1 };
const observer = { hears: () => false, tell() {}, fault() {}, warn() {} };

describe("Followers", () => {
  it("leave a request alone that nobody follows, and one of a cluster whose workers and sentences alone are listened to", () => {
    const { cluster, followers } = setup();
    for (const event of ["worker:exit", "debug", "error", "close"]) cluster.on(event, () => {});
    const request = aRequest();
    expect(followers.of(request)).toBe(request);
  });

  it.each(["job:queued", "job:refused", "job:started", "job:returned", "job:retried", "job:settled"])(
    "follow a job of a cluster that is listened to for %s",
    (event) => {
      const { cluster, followers } = setup();
      cluster.on(event, () => {});
      expect(followers.of(aRequest()).follow?.().carrier()).toBeNull();
    },
  );

  it("give each job its own follower, and each what its caller has named", () => {
    const { followers } = setup();
    const trace = { traceparent: "p" };
    const { follow } = followers.of(aRequest({ trace }));
    expect(follow?.()).not.toBe(follow?.());
    expect(follow?.().carrier()).toBe(trace);
  });

  it.each([{}, { traceparent: undefined }, { traceparent: 1 }, { traceparent: "00-1", baggage: 2 }])(
    "refuse what a tracer gives to be carried and no frame can have (%o)",
    (carrier) => {
      expect(() => carriedTrace(carrier as never)).toThrow(expect.objectContaining({ code: "CC_ERR_OPTION" }));
    },
  );

  it("let a tracer fail, at whatever it does, without harm to the job", () => {
    const broken = (): never => {
      throw new Error("broken");
    };
    const trace = { traceparent: "p" };
    for (const follow of [broken, () => ({ carrier: broken, tell: broken })]) {
      const { followers, calls } = setup({ follow });
      const follower = followers.of(aRequest({ trace })).follow?.() as Follower;
      expect(follower.carrier()).toBe(trace);
      follower.told(QUEUED, observer);
      expect(calls.thrown.length).toBe(follow === broken ? 1 : 2);
    }
  });
});
