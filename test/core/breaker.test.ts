import { describe, expect, it } from "vitest";
import { Breaker } from "../../src/core/breaker.ts";
import { FakeClock } from "./fakes.ts";

function setUp(): { clock: FakeClock; breaker: Breaker; resumed: () => number } {
  const clock = new FakeClock();
  let resumed = 0;
  return { clock, breaker: new Breaker(clock, () => void resumed++), resumed: () => resumed };
}

describe("Breaker", () => {
  it("Breaker allows any number of starts while none has failed", () => {
    const { breaker } = setUp();
    expect([breaker.allows(0), breaker.allows(7)]).toEqual([true, true]);
  });

  it("Breaker pauses after a failure, then allows one start at a time", () => {
    const { clock, breaker, resumed } = setUp();
    expect(breaker.failed(false)).toBe(false);
    expect(breaker.allows(0)).toBe(false);
    clock.advance(99);
    expect([breaker.allows(0), resumed()]).toEqual([false, 0]);
    clock.advance(1);
    expect([breaker.allows(0), breaker.allows(1), resumed()]).toEqual([true, false, 1]);
  });

  it("Breaker doubles the pause with each failure, up to 5 s", () => {
    const { clock, breaker } = setUp();
    const pauses: (number | undefined)[] = [];
    for (let i = 0; i < 9; i++) {
      breaker.failed(false);
      pauses.push(clock.due[0]);
      clock.advance(5_000);
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  });

  it("Breaker reaches its limit with the third failure in a row", () => {
    const { breaker } = setUp();
    expect([breaker.failed(false), breaker.failed(false), breaker.failed(false)]).toEqual([false, false, true]);
  });

  it("Breaker reaches its limit at once when trying again is pointless", () => {
    expect(setUp().breaker.failed(true)).toBe(true);
  });

  it("Breaker has one pause only, that of the last failure", () => {
    const { clock, breaker, resumed } = setUp();
    breaker.failed(false);
    breaker.failed(false);
    expect(clock.due).toEqual([200]);
    clock.advance(1_000);
    expect(resumed()).toBe(1);
  });

  it("Breaker keeps the program alive in a pause, and not after it", () => {
    const { clock, breaker } = setUp();
    breaker.failed(false);
    expect(clock.keepsAlive).toBe(true);
    clock.advance(100);
    expect(clock.pending).toBe(0);
  });

  it("Breaker allows starts again once a worker is ready, and forgets its pause", () => {
    const { clock, breaker } = setUp();
    breaker.failed(false);
    breaker.succeeded();
    expect([breaker.allows(5), clock.pending]).toEqual([true, 0]);
  });

  it("Breaker remembers failures until a worker has shown that it is of use", () => {
    const { clock, breaker } = setUp();
    breaker.failed(false);
    breaker.succeeded();
    breaker.failed(false);
    expect(clock.due).toEqual([200]);
    breaker.succeeded();
    breaker.proved();
    breaker.failed(false);
    expect(clock.due).toEqual([100]);
  });

  it("Breaker that tripped allows nothing and has no timer", () => {
    const { clock, breaker } = setUp();
    breaker.failed(false);
    breaker.trip();
    expect([breaker.allows(0), clock.pending]).toEqual([false, 0]);
    // Whoever was not told of it yet is told now.
    expect([breaker.failed(false), breaker.allows(0), clock.pending]).toEqual([true, false, 0]);
  });

  it("Breaker that tripped allows starts again when somebody asks for work, and counts anew", () => {
    const { clock, breaker } = setUp();
    for (let i = 0; i < 3; i++) breaker.failed(false);
    breaker.trip();
    breaker.retry(() => false);
    expect(breaker.allows(3)).toBe(true);
    breaker.failed(false);
    expect(clock.due).toEqual([100]);
  });

  it("Breaker that tripped waits for the pause that was earned, if a worker lives when somebody asks for work", () => {
    const { clock, breaker } = setUp();
    for (let i = 0; i < 4; i++) breaker.failed(false);
    breaker.trip();
    breaker.retry(() => true);
    expect([breaker.allows(0), clock.due]).toEqual([false, [800]]);
    clock.advance(800);
    expect([breaker.allows(0), breaker.allows(1)]).toEqual([true, false]);
    expect(breaker.failed(false)).toBe(true);
    breaker.trip();
    breaker.retry(() => true);
    expect(clock.due).toEqual([1_600]);
  });

  it("Breaker that tripped allows starts again when a worker becomes ready after all", () => {
    const { breaker } = setUp();
    breaker.trip();
    breaker.succeeded();
    expect(breaker.allows(3)).toBe(true);
  });

  it("Breaker.retry does not cut a pause short", () => {
    const { clock, breaker } = setUp();
    breaker.failed(false);
    breaker.retry(() => false);
    expect([breaker.allows(0), clock.pending]).toEqual([false, 1]);
  });
});
