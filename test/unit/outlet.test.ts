import { describe, expect, it } from "vitest";
import { Outlet, type Write } from "../../src/worker/outlet.ts";

// Bun has no serializer to write for it (1.4.5, https://bun.sh/docs/runtime/nodejs-apis#node-v8).
describe.skipIf("Bun" in globalThis)("What a worker writes to its line", () => {
  /** As `node:fs` writes: not 2 GiB at once, and maybe less than it is asked to. */
  function lineOf(most: number): { written: () => number; write: Write } {
    let written = 0;
    const write: Write = (_descriptor, _bytes, _at, length) => {
      if (length >= 2 ** 31) throw new RangeError("the length is out of range");
      const now = Math.min(length, most);
      written += now;
      return now;
    };
    return { written: () => written, write };
  }

  it.each([Infinity, 2 ** 29 + 1])("leaves as a whole, though it has 2 GiB and more (%d bytes at a time)", (most) => {
    const { written, write } = lineOf(most);
    // Memory that nobody has touched takes none.
    const bytes = new Uint8Array(2 ** 31 + 5);
    new Outlet(() => expect.unreachable(), write).post({ bytes });
    expect(written()).toBeGreaterThan(bytes.length);
    expect(written()).toBeLessThan(bytes.length + 200);
  });

  it("cuts the line when a write is refused before it is made", () => {
    let cuts = 0;
    const write: Write = () => {
      throw Object.assign(new RangeError("the length is out of range"), { code: "ERR_OUT_OF_RANGE" });
    };
    new Outlet(() => cuts++, write).post({ bytes: 1 });
    expect(cuts).toBe(1);
  });

  it("takes what is thrown after a write for no failure of it", () => {
    const sizes: number[] = [];
    const write: Write = (_descriptor, _bytes, _at, length) => {
      sizes.push(length);
      throw new Error("of what a module has put on Object.prototype");
    };
    new Outlet(() => expect.unreachable(), write).post({ bytes: 1 });
    expect(sizes.length).toBe(1);
  });
});
