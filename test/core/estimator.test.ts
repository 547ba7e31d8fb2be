import { describe, expect, it } from "vitest";
import { Estimator } from "../../src/core/estimator.ts";

describe("Estimator", () => {
  it("Estimator predicts 0 while it knows nothing", () => {
    const estimator = new Estimator();
    expect([estimator.runs, estimator.run(1_000), estimator.latency(5, 1, 1_000)]).toEqual([0, 0, 0]);
  });

  it("Estimator predicts the mean of the first runs", () => {
    const estimator = new Estimator();
    for (const ran of [10, 20, 60]) estimator.record(ran);
    expect(estimator.runs).toBe(3);
    expect(estimator.run(0)).toBeCloseTo(30);
  });

  it("Estimator lets a new run weigh one thirty-second once it has seen that many", () => {
    const estimator = new Estimator();
    for (let i = 0; i < 1_000; i++) estimator.record(10);
    estimator.record(330);
    expect(estimator.run(0)).toBeCloseTo(20);
  });

  it("Estimator forgets half of its prediction in 30 s in which no job runs", () => {
    const estimator = new Estimator();
    estimator.record(80);
    estimator.watch(false, 5_000);
    estimator.watch(false, 20_000);
    expect(estimator.run(35_000)).toBeCloseTo(40);
    expect(estimator.run(65_000)).toBeCloseTo(20);
  });

  it("Estimator forgets nothing while a job runs, and goes on forgetting afterwards", () => {
    const estimator = new Estimator();
    estimator.record(80);
    estimator.watch(false, 0);
    estimator.watch(true, 30_000);
    expect(estimator.run(600_000)).toBeCloseTo(40);
    estimator.watch(false, 600_000);
    expect(estimator.run(630_000)).toBeCloseTo(20);
  });

  it("Estimator does not take jobs for shorter than they are because they are far apart", () => {
    const estimator = new Estimator();
    for (let i = 1; i <= 50; i++) {
      estimator.watch(true, i * 120_000);
      estimator.record(60_000);
      estimator.watch(false, i * 120_000 + 60_000);
    }
    expect(estimator.run(50 * 120_000 + 60_000)).toBeCloseTo(60_000);
  });

  it("Estimator believes the first run after a long silence, not the slow spell before", () => {
    const estimator = new Estimator();
    for (let i = 0; i < 100; i++) estimator.record(9_000);
    estimator.watch(false, 0);
    estimator.watch(true, 3_600_000);
    estimator.record(10);
    expect(estimator.run(3_600_000)).toBeCloseTo(10, 0);
  });

  it("Estimator.latency is the job's own run after its share of those that wait", () => {
    const estimator = new Estimator();
    estimator.record(100);
    expect(estimator.latency(1, 1, 0)).toBeCloseTo(200);
    expect(estimator.latency(6, 4, 0)).toBeCloseTo(250);
    estimator.watch(false, 0);
    expect(estimator.latency(6, 4, 30_000)).toBeCloseTo(125);
  });
});
