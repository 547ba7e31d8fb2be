import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter } from "../../src/cli/lines.ts";

/** The lines of some bytes that come in pieces of these sizes, in turn. */
function linesOf(bytes: Uint8Array, sizes: readonly number[], longest?: number): (string | null)[] {
  const splitter = new LineSplitter(longest);
  const lines = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number;
    lines.push(...splitter.push(bytes.subarray(at, at + size)));
    at += size;
  }
  lines.push(...splitter.end());
  return lines.map((line) => line && Buffer.from(line).toString("utf8"));
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
const line = fc.string({ unit: "grapheme", maxLength: 30 }).map((text) => text.replaceAll(/[\r\n]/g, ""));

describe("LineSplitter", () => {
  it("gives the same lines however they are cut, with either end", () => {
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom("\n", "\r\n"), fc.boolean(), sizes, (lines, end, last, sizes) => {
        const text = lines.join(end) + (last && lines.length > 0 ? end : "");
        // Without an end there is no telling an empty last line from none.
        const expected = last || lines.at(-1) !== "" ? lines : lines.slice(0, -1);
        expect(linesOf(Buffer.from(text), sizes)).toEqual(expected);
      }),
    );
  });

  it("gives a line of many pieces, and forgets it", () => {
    const long = "ä".repeat(100_000);
    expect(linesOf(Buffer.from(`${long}\nb`), [1000])).toEqual([long, "b"]);
  });

  it("drops a line that is too long, and goes on after it", () => {
    for (const size of [1, 3, 100]) {
      expect(linesOf(Buffer.from("abc\nabcd\nab\nabcdef"), [size], 3)).toEqual(["abc", null, "ab", null]);
    }
  });

  it("leaves a return within a line alone", () => {
    expect(linesOf(Buffer.from("a\rb\r\r\n"), [2])).toEqual(["a\rb\r"]);
  });
});
