import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Histogram } from "../../src/core/histogram.ts";

function of(durations: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const duration of durations) histogram.record(duration);
  return histogram;
}

describe("Histogram", () => {
  it("tells nothing of nothing", () => {
    expect(new Histogram().durations).toEqual({ count: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0 });
  });

  it("tells percentiles that are at most 9 % too long, and the longest (property)", () => {
    const duration = fc.oneof(
      fc.double({ min: 0.001, max: 1e8, noNaN: true }),
      fc.double({ min: 0.01, max: 100, noNaN: true }),
    );
    fc.assert(fc.property(fc.array(duration, { minLength: 1, maxLength: 300 }), (durations) => {
      const sorted = durations.toSorted((a, b) => a - b);
      const told = of(durations).durations;
      expect([told.count, told.max]).toEqual([durations.length, sorted.at(-1)]);
      expect(told.mean).toBeCloseTo(durations.reduce((sum, each) => sum + each, 0) / durations.length, 3);
      for (const [part, value] of [[0.5, told.p50], [0.9, told.p90], [0.99, told.p99]] as const) {
        const exact = sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] as number;
        expect(value).toBeGreaterThanOrEqual(exact * 0.9999);
        expect(value).toBeLessThanOrEqual(exact * 2 ** (1 / 8) * 1.0001);
      }
    }));
  });

  it("counts what is shorter than a microsecond, and longer than twelve days", () => {
    const { count, p50, max } = of([0, 0, -1, 0.0001, 2 ** 50]).durations;
    expect([count, max]).toEqual([5, 2 ** 50]);
    expect(p50).toBeLessThanOrEqual(0.001);
  });
});
