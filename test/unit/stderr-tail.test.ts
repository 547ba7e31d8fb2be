import fc from "fast-check";
import { expect, it } from "vitest";
import { StderrTail } from "../../runtimes/stderr-tail.ts";

it("the end of what was written to stderr is its last 4 KB, without half a character (property)", () => {
  const text = fc.string({ unit: "grapheme-composite", minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 9_000 }), fc.integer({ min: 1, max: 500 }), (text, size, chunk) => {
      const bytes = new TextEncoder().encode(text.repeat(Math.ceil(size / text.length)));
      const tail = new StderrTail();
      for (let at = 0; at < bytes.length; at += chunk) tail.push(bytes.subarray(at, at + chunk));
      const kept = new TextEncoder().encode(tail.toString());
      expect(kept).toEqual(bytes.subarray(bytes.length - kept.length));
      expect(kept.length).toBeGreaterThan(Math.min(bytes.length, 4_096) - 4);
      expect(kept.length).toBeLessThanOrEqual(4_096);
    }),
  );
});
