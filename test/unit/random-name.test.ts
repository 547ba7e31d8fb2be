import { expect, it, vi } from "vitest";
import { randomName } from "../../runtimes/random-name.ts";

it("a random name has eight digits and is not given twice, whatever the program makes of Math.random", () => {
  const random = vi.spyOn(Math, "random").mockReturnValue(1);
  try {
    const names = Array.from({ length: 100 }, randomName);
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{8}$/);
    expect(new Set(names).size).toBeGreaterThan(95);
  } finally {
    random.mockRestore();
  }
});
