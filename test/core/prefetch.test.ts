import { describe, expect, it } from "vitest";
import { Prefetch } from "../../src/core/prefetch.ts";

function depthAfter(...took: number[]): number {
  const prefetch = new Prefetch("auto");
  for (const each of took) prefetch.record(each);
  return prefetch.depth;
}

describe("Prefetch", () => {
  it("Prefetch sends nothing ahead before it knows anything", () => {
    expect(new Prefetch("auto").depth).toBe(0);
  });

  it.each([[0, 128], [0.001, 128], [0.125, 24], [0.5, 6], [1, 3], [1.5, 2], [2, 1], [2.5, 1], [2.6, 0], [50, 0]])(
    "Prefetch of jobs that take %f ms is %i",
    (took, depth) => {
      expect(depthAfter(...Array(1_000).fill(took))).toBe(depth);
    },
  );

  it("Prefetch sends nothing ahead where one job in fifty is long", () => {
    const mixed = Array.from({ length: 1_000 }, (_, at) => at % 50 === 0 ? 20 : 0.1);
    expect(depthAfter(...mixed)).toBe(0);
  });

  it("Prefetch takes a long job in some hundreds for an exception, and the first for one after some dozens", () => {
    const mixed = Array.from({ length: 1_000 }, (_, at) => at % 300 === 0 ? 20 : 0.125);
    expect(depthAfter(...mixed)).toBeGreaterThan(10);
    expect(depthAfter(6, ...Array(50).fill(0.01))).toBe(0);
    expect(depthAfter(6, ...Array(70).fill(0.01))).toBeGreaterThan(100);
  });

  it.each([[0, 2.5], [0.1, 2.5], [1, 3], [1.5, 4.5], [2.5, 7.5], [50, 2.5]])(
    "Patience with jobs that take %f ms is %f ms",
    (took, patience) => {
      const prefetch = new Prefetch("auto");
      for (let run = 0; run < 1_000; run++) prefetch.record(took);
      expect(prefetch.patience).toBeCloseTo(patience);
    },
  );

  it("Work is what jobs take by the mean, without end where many are long", () => {
    const prefetch = new Prefetch("auto");
    for (let run = 0; run < 1_000; run++) prefetch.record(0.5);
    expect(prefetch.work(3)).toBeCloseTo(1.5);
    for (let run = 0; run < 10; run++) prefetch.record(20);
    expect(prefetch.work(1)).toBe(Infinity);
  });

  it("Prefetch is what was asked for", () => {
    const prefetch = new Prefetch(3);
    prefetch.record(1_000);
    expect(prefetch.depth).toBe(3);
  });
});
