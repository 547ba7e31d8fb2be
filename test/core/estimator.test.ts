import { describe, expect, it } from "vitest";
import { Estimator, Rest } from "../../src/core/estimator.ts";

describe("Estimator", () => {
  it("Estimator predicts 0 while it knows nothing", () => {
    const estimator = new Estimator(new Rest());
    expect([estimator.runs, estimator.run(1_000)]).toEqual([0, 0]);
  });

  it("Estimator predicts the mean of the first runs", () => {
    const estimator = new Estimator(new Rest());
    for (const ran of [10, 20, 60]) estimator.record(ran);
    expect(estimator.runs).toBe(3);
    expect(estimator.run(0)).toBeCloseTo(30);
  });

  it("Estimator lets a new run weigh one thirty-second once it has seen that many", () => {
    const estimator = new Estimator(new Rest());
    for (let i = 0; i < 1_000; i++) estimator.record(10);
    estimator.record(330);
    expect(estimator.run(0)).toBeCloseTo(20);
  });

  it("Estimator forgets half of its prediction in 30 s in which no job runs", () => {
    const rest = new Rest();
    const estimator = new Estimator(rest);
    estimator.record(80);
    rest.watch(false, 5_000);
    rest.watch(false, 20_000);
    expect(estimator.run(35_000)).toBeCloseTo(40);
    expect(estimator.run(65_000)).toBeCloseTo(20);
  });

  it("Estimator forgets nothing while a job runs, and goes on forgetting afterwards", () => {
    const rest = new Rest();
    const estimator = new Estimator(rest);
    estimator.record(80);
    rest.watch(false, 0);
    rest.watch(true, 30_000);
    expect(estimator.run(600_000)).toBeCloseTo(40);
    rest.watch(false, 600_000);
    expect(estimator.run(630_000)).toBeCloseTo(20);
  });

  it("Estimator does not take jobs for shorter than they are because they are far apart", () => {
    const rest = new Rest();
    const estimator = new Estimator(rest);
    for (let i = 1; i <= 50; i++) {
      rest.watch(true, i * 120_000);
      estimator.record(60_000);
      rest.watch(false, i * 120_000 + 60_000);
    }
    expect(estimator.run(50 * 120_000 + 60_000)).toBeCloseTo(60_000);
  });

  it("Estimator believes the first run after a long silence, not the slow spell before", () => {
    const rest = new Rest();
    const estimator = new Estimator(rest);
    for (let i = 0; i < 100; i++) estimator.record(9_000);
    rest.watch(false, 0);
    rest.watch(true, 3_600_000);
    estimator.record(10);
    expect(estimator.run(3_600_000)).toBeCloseTo(10, 0);
  });
});
