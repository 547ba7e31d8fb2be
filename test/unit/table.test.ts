import { describe, expect, it } from "vitest";
import { healthAddress } from "../../src/cli/health.ts";
import { aligned, bytes, time } from "../../src/cli/table.ts";

describe("aligned", () => {
  it("puts texts at the left and numbers at the right", () => {
    expect(aligned([["a", "n", "b"], ["long", "10", "x"]], [0, 2])).toBe("a      n  b\nlong  10  x");
  });

  it("lets no text of somebody else's move the cursor", () => {
    expect(aligned([["a\x1b[2J\n"]], [0])).toBe("a�[2J�");
  });
});

describe("time", () => {
  it.each([
    [0, "0 ms"],
    [1.25, "1.3 ms"],
    [999, "999 ms"],
    [1_500, "1.5 s"],
    [119_000, "119 s"],
    [120_000, "2.0 min"],
    [7_200_000, "2.0 h"],
    [40 * 86_400_000, "40 d"],
  ])("%d ms is %s", (milliseconds, text) => expect(time(milliseconds)).toBe(text));
});

describe("bytes", () => {
  it.each([[0, "0 B"], [999, "999 B"], [1_500, "1.5 kB"], [2_000_000, "2.0 MB"]])("%d is %s", (count, text) => {
    expect(bytes(count)).toBe(text);
  });
});

describe("healthAddress", () => {
  it.each([
    ["8080", undefined, 8080],
    ["127.0.0.1:80", "127.0.0.1", 80],
    ["[::1]:0", "::1", 0],
    ["name:1", "name", 1],
  ])("%s", (text, host, port) => expect(healthAddress(text)).toEqual({ host, port }));

  it.each(["", "x", "1:2:3", "70000", "::1:80", "-1", "a:"])("refuses %s", (text) => {
    expect(() => healthAddress(text)).toThrow(/port, such as 8080/);
  });
});
