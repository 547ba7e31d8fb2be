import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Ranges } from "../../src/cli/ranges.ts";

describe("Ranges", () => {
  it("has what was added, in as few ranges as there are", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 40 })), (numbers) => {
      const ranges = new Ranges();
      for (const number of numbers) ranges.add(number);
      const expected = [...new Set(numbers)].sort((a, b) => a - b);
      expect(ranges.toJSON().flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)))
        .toEqual(expected);
      expect(ranges.toJSON().length).toBe(expected.filter((number) => !expected.includes(number + 1)).length);
      for (let number = -1; number <= 41; number++) expect(ranges.has(number)).toBe(expected.includes(number));
      expect(new Ranges(ranges.toJSON()).toJSON()).toEqual(ranges.toJSON());
    }));
  });

  it("takes one range for a million numbers in order", () => {
    const ranges = new Ranges();
    for (let number = 0; number < 1e6; number++) ranges.add(number);
    expect(ranges.toJSON()).toEqual([[0, 999_999]]);
  });
});
