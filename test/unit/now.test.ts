import process from "node:process";
import { afterEach, describe, expect, it, vi } from "vitest";
import { now } from "../../src/now.ts";

afterEach(() => vi.restoreAllMocks());

describe("The time", () => {
  it("goes on in milliseconds", async () => {
    const [began, before] = [performance.now(), now()];
    await new Promise((resolve) => setTimeout(resolve, 5));
    const [passed, took] = [now() - before, performance.now() - began];
    expect(passed).toBeGreaterThan(4);
    expect(Math.abs(passed - took)).toBeLessThan(took);
  });

  it("is a false clock's while there is one, as timers are", () => {
    const before = now();
    vi.spyOn(process, "hrtime").mockReturnValue([before / 1e3 + 7_200, 0]);
    vi.spyOn(performance, "now").mockReturnValue(before + 7_200_000);
    expect(now()).toBeCloseTo(before + 7_200_000);
    vi.restoreAllMocks();
    expect(now() - before).toBeLessThan(7_200_000);
  });
});
