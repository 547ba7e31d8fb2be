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

  it.each([[0, 128], [0.001, 128], [0.125, 16], [0.5, 4], [1, 2], [2, 1], [2.1, 0], [50, 0]])(
    "Prefetch of jobs that take %f ms is %i",
    (took, depth) => {
      expect(depthAfter(...Array(1_000).fill(took))).toBe(depth);
    },
  );

  it("Prefetch is shy where a few jobs are long, though most are short", () => {
    const mixed = Array.from({ length: 1_000 }, (_, at) => at % 100 === 0 ? 20 : 0.1);
    expect(depthAfter(...mixed)).toBe(0);
  });

  it("Prefetch forgets a single long job after some hundreds of short ones", () => {
    expect(depthAfter(5, ...Array(50).fill(0.01))).toBe(0);
    expect(depthAfter(5, ...Array(4_000).fill(0.01))).toBeGreaterThan(100);
  });

  it("Prefetch is what was asked for", () => {
    const prefetch = new Prefetch(3);
    prefetch.record(1_000);
    expect(prefetch.depth).toBe(3);
  });
});
