import { describe, expect, it } from "vitest";
import { Outbox } from "../../src/core/outbox.ts";
import { FakeClock } from "./fakes.ts";

function setUp(): { clock: FakeClock; outbox: Outbox; made: string[] } {
  const clock = new FakeClock();
  return { clock, outbox: new Outbox(clock), made: [] };
}

describe("Outbox", () => {
  it("Outbox.deliver makes the calls in order, once each", () => {
    const { outbox, made } = setUp();
    outbox.push(() => made.push("a"));
    outbox.push(() => made.push("b"));
    expect(made).toEqual([]);
    outbox.deliver();
    outbox.deliver();
    expect(made).toEqual(["a", "b"]);
  });

  it("Outbox.deliverSoon makes no call before the running code has returned", () => {
    const { clock, outbox, made } = setUp();
    outbox.push(() => made.push("a"));
    outbox.deliverSoon();
    expect(made).toEqual([]);
    clock.flush();
    expect(made).toEqual(["a"]);
  });

  it("Outbox delivers what a caller's turn left before what a later turn of the runtime left", () => {
    const { clock, outbox, made } = setUp();
    outbox.push(() => made.push("caller's"));
    outbox.deliverSoon();
    outbox.push(() => made.push("runtime's"));
    outbox.deliver();
    clock.flush();
    expect(made).toEqual(["caller's", "runtime's"]);
  });

  it("Outbox makes the other calls when one throws, and lets its error out on its own", () => {
    const { clock, outbox, made } = setUp();
    outbox.push(() => {
      throw new Error("a stranger's");
    });
    outbox.push(() => made.push("b"));
    outbox.deliver();
    outbox.push(() => made.push("c"));
    outbox.deliver();
    expect(made).toEqual(["b", "c"]);
    expect(() => clock.flush()).toThrow("a stranger's");
  });

  it("Outbox never makes a call inside another", () => {
    const { clock, outbox, made } = setUp();
    outbox.push(() => {
      made.push("a begins");
      outbox.push(() => made.push("c"));
      outbox.deliver();
      made.push("a ends");
    });
    outbox.push(() => made.push("b"));
    outbox.deliver();
    clock.flush();
    expect(made).toEqual(["a begins", "a ends", "b", "c"]);
  });

  it("Outbox lets the runtime have its turn between a call and the calls that it causes", () => {
    const { clock, outbox } = setUp();
    let made = 0;
    const again = (): void => {
      if (++made > 1_000) return;
      outbox.push(again);
      outbox.deliverSoon();
    };
    again();
    clock.runSoon();
    clock.runSoon();
    expect(made).toBe(3);
  });

  it("Outbox.deliverSoon asks for nothing when there is nothing to tell", () => {
    const { clock, outbox, made } = setUp();
    outbox.deliverSoon();
    outbox.push(() => made.push("a"));
    clock.flush();
    expect(made).toEqual([]);
  });
});
