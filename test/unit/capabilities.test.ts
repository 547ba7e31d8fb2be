import { describe, expect, it } from "vitest";
import { LACKS } from "../../runtimes/capabilities.ts";
import { readFileSync } from "node:fs";

const page = readFileSync(new URL("../../docs/processes-and-threads.md", import.meta.url), "utf8");

describe("capabilities", () => {
  it("each gap has a reason, and is in the documentation", () => {
    for (const [kind, lacks] of Object.entries(LACKS)) {
      for (const [capability, lack] of Object.entries(lacks)) {
        expect(lack.because.length, `${kind} ${capability}`).toBeGreaterThan(10);
        expect(page, `${kind} ${capability}`).toContain(lack.because);
        if (lack.link) expect(page).toContain(lack.link);
      }
    }
  });
});
