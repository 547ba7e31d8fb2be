import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coresOf, ENOUGH, plan } from "../../bench/nats/plan.mjs";
import { simulate } from "../../bench/nats/simulation.mjs";
import { MESSAGES } from "../../bench/nats/simulation/server.mjs";
import { Time } from "../../bench/nats/simulation/time.mjs";
import { Pulling } from "../../src/nats/pulling.ts";
import { depthFor, roomFor } from "../../src/nats/room.ts";

const library = { Pulling, depthFor, roomFor };

const ONE = { hosts: 1, slots: 1, length: 20, vary: 0, load: { window: 4 }, jobs: 2_000, message: 0, roundTrip: 0 };

describe("Simulated time", () => {
  it("goes on in the order of the calls, and leaves out those that were cancelled", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(50), fc.boolean())), (calls) => {
      const time = new Time();
      const made: number[] = [];
      const timers = calls.map(([delay], i) => time.schedule(delay, () => made.push(i)));
      calls.forEach(([, isCancelled], i) => isCancelled && timers[i]?.cancel());
      while (time.step());
      const due = calls.map(([delay, isCancelled], i) => ({ delay, isCancelled, i })).filter((call) =>
        !call.isCancelled
      );
      expect(made).toEqual(due.toSorted((a, b) => a.delay - b.delay || a.i - b.i).map(({ i }) => i));
    }));
  });
});

describe("Simulated hosts", () => {
  it("answer every job once", () => {
    const settings = fc.record({
      hosts: fc.integer({ min: 1, max: 8 }),
      slots: fc.integer({ min: 1, max: 4 }),
      length: fc.constantFrom(0.2, 5, 50),
      vary: fc.constantFrom(0, 0.5, 1),
      load: fc.oneof(
        fc.record({ window: fc.integer({ min: 1, max: 100 }) }),
        fc.record({ perSecond: fc.integer({ min: 1, max: 2_000 }) }),
      ),
      jobs: fc.constant(500),
      message: fc.constantFrom(0, 0.01, 0.5),
      roundTrip: fc.constantFrom(0, 0.5, 20),
      commit: fc.constantFrom(0, 0.5),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(settings, (setting) => {
        const { enqueued, answered, again, busy } = simulate(setting, library);
        expect({ enqueued, answered, again }).toEqual({ enqueued: 500, answered: 500, again: 0 });
        expect(busy).toBeLessThan(1.01);
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it("are busy all of the time where nothing costs any, and else but for a round trip with each job", () => {
    expect(simulate(ONE, library).busy).toBeCloseTo(1, 3);
    expect(simulate({ ...ONE, roundTrip: 5 }, library).busy).toBeCloseTo(20 / 25, 3);
    expect(simulate({ ...ONE, length: 60_000, roundTrip: 5 }, library).busy).toBeCloseTo(1, 3);
  });

  it("leave jobs waiting as long as a queue does that is served at a constant rate (M/D/1)", () => {
    for (const part of [0.3, 0.5, 0.8]) {
      const { wait } = simulate({ ...ONE, load: { perSecond: part * 50 }, jobs: 30_000 }, library);
      const expected = part / (2 * (1 - part)) * ONE.length;
      expect(wait?.mean).toBeGreaterThan(expected * 0.9);
      expect(wait?.mean).toBeLessThan(expected * 1.1);
    }
  });

  it("do as many jobs a second as the server has time for, where that is less than they can", () => {
    const setting = {
      ...ONE,
      hosts: 20,
      slots: 8,
      vary: 0.5,
      load: { window: 320 },
      jobs: 5_000,
      message: 0.1,
      roundTrip: 0.5,
    };
    const { perSecond, worked } = simulate(setting, library);
    expect(worked).toBeCloseTo(1, 1);
    // At most one question for each job: several come of one.
    expect(perSecond).toBeGreaterThan(1_000 / (MESSAGES * 0.1));
    expect(perSecond).toBeLessThan(1_000 / ((MESSAGES - 1) * 0.1));
  });

  it("answer every job, too, where more questions are put than the server leaves open", () => {
    const many = { ...ONE, hosts: 4_200, length: 100, vary: 0.5, load: { perSecond: 1_000 }, jobs: 4_000 };
    const { answered, again, mostOpen } = simulate({ ...many, roundTrip: 0.5 }, library);
    expect({ answered, again, mostOpen }).toEqual({ answered: 4_000, again: 0, mostOpen: 4_096 });
  });

  it("are the same with the same seed", () => {
    const setting = { ...ONE, hosts: 5, vary: 0.5, load: { perSecond: 200 }, message: 0.01, roundTrip: 0.5 };
    expect(simulate(setting, library)).toEqual(simulate(setting, library));
    expect(simulate(setting, library)).not.toEqual(simulate({ ...setting, seed: 2 }, library));
  });
});

describe("A plan", () => {
  const costs = { job: 0.2, idle: 0.01, held: 0.01, commit: 0 };

  it("has one queue where a server has little to do", () => {
    const found = plan({ hosts: 10, slots: 8, length: 1_000 }, costs, library);
    expect(found.queues).toBe(1);
    expect(found.busy).toBeGreaterThan(ENOUGH);
  });

  it("has so many queues that no server has too much to do", () => {
    const place = { hosts: 100, slots: 8, length: 50 };
    const found = plan(place, costs, library);
    expect(coresOf(place, costs)).toBeGreaterThan(3);
    expect(found.queues).toBeGreaterThan(coresOf(place, costs));
    expect(found.leader).toBeLessThan(1);
    expect(found.busy).toBeGreaterThan(ENOUGH);
  });

  it("has no more slots at a queue than questions that may be open", () => {
    const found = plan({ hosts: 520, slots: 8, length: 60_000 }, costs, library);
    expect(found.queues).toBe(2);
    expect(found.mostOpen).toBeLessThan(4_096);
  });

  it("ends where no number of queues helps", () => {
    const found = plan({ hosts: 3, slots: 8, length: 1 }, { ...costs, job: 50 }, library);
    expect(found.queues).toBeGreaterThanOrEqual(3);
    expect(found.busy).toBeLessThan(ENOUGH);
  });
});
