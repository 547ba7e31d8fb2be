import { describe, expect, it } from "vitest";
import { Tally } from "../../src/nats/tally.ts";
import { FakeClock } from "../core/fakes.ts";

function setup(slots: number): { clock: FakeClock; tally: Tally } {
  const clock = new FakeClock();
  return { clock, tally: new Tally(slots, () => clock.now()) };
}

describe("Tally", () => {
  it("knows nothing at first", () => {
    expect(setup(2).tally.figures).toEqual({ done: 0, failed: 0, ran: 0, rate: 0, capacity: 0 });
  });

  it("counts what a host can do from one job at a time, and not the rest between them", () => {
    const { clock, tally } = setup(4);
    for (let job = 0; job < 10; job++) {
      tally.taken();
      // Its worker is started.
      clock.advance(job === 0 ? 2_000 : 0);
      tally.began();
      clock.advance(100);
      tally.ended();
      tally.answered(true, 90);
      tally.left();
      clock.advance(1_000);
    }
    const { done, ran, capacity, rate } = tally.figures;
    expect(done).toBe(10);
    expect(ran).toBeGreaterThan(80);
    expect(ran).toBeLessThanOrEqual(90);
    // 4 slots, 100 ms each; the prediction fades while it rests.
    expect(capacity).toBeCloseTo(40, -1);
    expect(rate).toBeCloseTo(10 / 13, 0);
  });

  it("counts the same with all slots taken, and with jobs that wait for their turn", () => {
    const { clock, tally } = setup(2);
    for (let job = 0; job < 8; job++) tally.taken();
    for (let job = 0; job < 2; job++) tally.began();
    for (let pair = 0; pair < 20; pair++) {
      clock.advance(50);
      for (let job = 0; job < 2; job++) {
        tally.ended();
        tally.began();
        tally.answered(true, 50);
        tally.left();
        tally.taken();
      }
    }
    expect(tally.figures.capacity).toBeCloseTo(40, 0);
    expect(tally.figures.rate).toBeCloseTo(40, 0);
    expect(tally.each).toBeCloseTo(50, 0);
  });

  it("knows how short jobs are also when many are told at once", () => {
    const { clock, tally } = setup(2);
    expect(tally.each).toBe(0);
    for (let batch = 0; batch < 20; batch++) {
      for (let job = 0; job < 100; job++) {
        tally.taken();
        tally.began();
      }
      clock.advance(10);
      for (let job = 0; job < 100; job++) {
        tally.ended();
        tally.answered(true, 10);
        tally.left();
      }
    }
    expect(tally.each).toBeCloseTo(0.2, 1);
  });

  it("forgets the rate of long ago, and counts what fails without taking its run for usual", () => {
    const { clock, tally } = setup(1);
    tally.taken();
    clock.advance(10);
    tally.answered(false, 10);
    tally.left();
    expect(tally.figures).toMatchObject({ done: 0, failed: 1, ran: 0 });
    clock.advance(60_000);
    expect(tally.figures.rate).toBeLessThan(0.001);
  });

  it("what was given back is no answer", () => {
    const { clock, tally } = setup(1);
    tally.taken();
    clock.advance(10);
    tally.left();
    expect(tally.figures).toEqual({ done: 0, failed: 0, ran: 0, rate: 0, capacity: 0 });
  });
});
