import { describe, expect, it } from "vitest";
import { LACKS } from "../../runtimes/capabilities.ts";
import { readFileSync } from "node:fs";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

describe("capabilities", () => {
  it("each gap has a reason, and is in the README", () => {
    for (const [kind, lacks] of Object.entries(LACKS)) {
      for (const [capability, lack] of Object.entries(lacks)) {
        expect(lack.because.length, `${kind} ${capability}`).toBeGreaterThan(10);
        expect(readme, `${kind} ${capability}`).toContain(lack.because);
        if (lack.link) expect(readme).toContain(lack.link);
      }
    }
  });
});
