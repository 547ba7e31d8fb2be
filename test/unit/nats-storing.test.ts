import { headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { JetStreamApiError } from "@nats-io/jetstream";
import { describe, expect, it } from "vitest";
import type { Client } from "../../src/nats/client.ts";
import { isDenied, isFull, isLasting, isMissing, isNobody, isUnanswered } from "../../src/nats/faults.ts";
import { type Kept, Storing } from "../../src/nats/storing.ts";
import { FakeClock } from "../core/fakes.ts";

type Callback = (error: Error | null, message: Msg) => void;

/** A broker that says what it is told to, to whom it is told to. */
class World {
  readonly clock = new FakeClock();
  /** The subjects of the replies to what was published. */
  readonly replies: string[] = [];
  readonly listeners: Callback[] = [];
  readonly storing: Storing;
  closed = false;

  constructor() {
    const connection = {
      subscribe: (_: string, { callback }: { callback: Callback }) => this.listeners.push(callback),
      publish: (_: string, __: string, { reply }: { reply: string }) => {
        if (this.closed) throw Object.assign(new Error("closed connection"), { name: "ClosedConnectionError" });
        this.replies.push(reply);
      },
    } as unknown as NatsConnection;
    const client = { jetstream: { JetStreamApiError } } as unknown as Client;
    this.storing = new Storing({ client, connection, clock: this.clock, inbox: "inbox" });
  }

  say(reply: string, text: string, code = 0): void {
    const message = {
      subject: reply,
      data: new TextEncoder().encode(text),
      headers: code ? headers(code, "said") : undefined,
    };
    this.listeners.at(-1)?.(null, message as unknown as Msg);
  }
}

/** What becomes of it; undefined for nothing yet. */
function outcome(promise: Promise<Kept>): { value?: unknown; error?: unknown } {
  const found: { value?: unknown; error?: unknown } = {};
  promise.then((value) => found.value = value, (error: unknown) => found.error = error);
  return found;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("Storing", () => {
  it("tells each message's number, in whatever order the broker says them", async () => {
    const world = new World();
    const kept = ["a", "b", "c"].map((subject) => world.storing.publish(subject, ""));
    [2, 0, 1].forEach((at) => world.say(world.replies[at] as string, JSON.stringify({ stream: "S", seq: at + 1 })));
    expect(await Promise.all(kept)).toEqual([{ seq: 1 }, { seq: 2 }, { seq: 3 }]);
    expect(world.listeners).toHaveLength(1);
  });

  it.each([
    [
      "it has no room",
      '{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"}}',
      0,
      (error: unknown) => isFull(error) === "stream",
    ],
    ["nobody is there", "", 503, isNobody],
    ["what is none of its words", "+OK", 0, isLasting],
    ["no number", "{}", 0, isLasting],
  ])("tells that the broker has said: %s", async (_, text, code, is) => {
    const world = new World();
    const kept = outcome(world.storing.publish("a", ""));
    world.say(world.replies[0] as string, text, code);
    await turn();
    expect(kept.error).toSatisfy(is);
  });

  it("waits 5 s for each, and does not mind who is late", async () => {
    const world = new World();
    const first = outcome(world.storing.publish("a", ""));
    world.clock.advance(3_000);
    const second = outcome(world.storing.publish("b", ""));
    world.clock.advance(2_000);
    await turn();
    expect([first.error, second.error]).toEqual([expect.toSatisfy(isUnanswered), undefined]);
    world.say(world.replies[0] as string, '{"seq":1}');
    world.clock.advance(3_000);
    await turn();
    expect(second.error).toSatisfy(isUnanswered);
    const third = outcome(world.storing.publish("c", ""));
    world.say(world.replies[2] as string, '{"seq":7}');
    await turn();
    expect(third).toEqual({ value: { seq: 7 } });
  });

  it("tells those whose subject was refused, and no others", async () => {
    const world = new World();
    const [mine, other] = [outcome(world.storing.publish("a", "")), outcome(world.storing.publish("b", ""))];
    const denied = (operation: string, subject: string): Error =>
      Object.assign(new Error("Permissions Violation"), { name: "PermissionViolationError", operation, subject });
    world.storing.refused(denied("subscription", "b"));
    world.storing.refused(denied("publish", "a"));
    await turn();
    expect([mine.error, other]).toEqual([expect.toSatisfy(isDenied), {}]);
  });

  it("tells all, if it may not listen to the broker, and tries again with the next", async () => {
    const world = new World();
    const all = ["a", "b"].map((subject) => outcome(world.storing.publish(subject, "")));
    const denied = Object.assign(new Error("Permissions Violation"), { name: "PermissionViolationError" });
    world.listeners[0]?.(denied, {} as Msg);
    await turn();
    expect(all.map(({ error }) => error)).toEqual([denied, denied]);
    const next = outcome(world.storing.publish("c", ""));
    expect(world.listeners).toHaveLength(2);
    world.say(world.replies[2] as string, '{"seq":1}');
    await turn();
    expect(next).toEqual({ value: { seq: 1 } });
  });

  it("rejects what can't be sent at all, and waits for none of it", async () => {
    const world = new World();
    world.closed = true;
    const kept = outcome(world.storing.publish("a", ""));
    await turn();
    expect(kept.error).toMatchObject({ name: "ClosedConnectionError" });
    expect(world.clock.pending).toBe(0);
  });

  it.each([
    ["has no number yet", '{"stream":"S","seq":0,"duplicate":true}'],
    ["is being stored", '{"error":{"code":409,"err_code":10158,"description":"duplicate message id is in process"}}'],
    ["has to wait", '{"error":{"code":429,"err_code":10167,"description":"too many requests"}}'],
  ])("tells a fault that passes of a message that %s", async (_, text) => {
    const world = new World();
    const kept = outcome(world.storing.publish("a", ""));
    world.say(world.replies[0] as string, text);
    await turn();
    expect(kept.error).toBeInstanceOf(Error);
    expect(isLasting(kept.error)).toBe(false);
  });

  it("heeds no headers that can't be read", async () => {
    const world = new World();
    const kept = outcome(world.storing.publish("a", ""));
    const unreadable = {
      subject: world.replies[0],
      data: new TextEncoder().encode('{"seq":3}'),
      get headers() {
        throw new Error("bad key");
      },
    };
    world.listeners[0]?.(null, unreadable as unknown as Msg);
    await turn();
    expect(kept).toEqual({ value: { seq: 3 } });
  });
});

describe("What is not there any more", () => {
  const said = (code: number, description: string): Error =>
    new JetStreamApiError({ code: 400, err_code: code, description });

  it.each([
    ["read", said(10_037, "no message found"), true],
    ["deleted", said(10_057, "no message found"), true],
    ["deleted, of another kind of stream", said(10_057, "sequence 4 not found"), true],
    ["deleted by somebody else meanwhile", said(10_043, "sequence 4 not found"), true],
    ["not deleted for another reason", said(10_057, "stream is sealed"), false],
  ])("is known: %s", (_, error, is) => expect(isMissing(error)).toBe(is));
});
