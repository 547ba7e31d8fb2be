import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BESIDE, PROMISES } from "../../scripts/promises.mjs";
import { suites } from "../conformance/suites.ts";

const faults = new URL("../faults/", import.meta.url);

/** The titles in the calls of `registerSuites`. */
function titlesIn(file: string): string[] {
  const source = readFileSync(new URL(file, faults), "utf8");
  return [...source.matchAll(/registerSuites\(\{\s*"([^"]+)":/g)].map(([, title]) => title as string);
}

describe("promises", () => {
  it("are proved by every suite that there is, but for those that prove something beside them", () => {
    const files = readdirSync(faults).filter((name) => name.endsWith(".test.ts"));
    const titles = files.flatMap((file) => {
      const found = titlesIn(file);
      expect(found, file).toHaveLength(1);
      return found;
    });
    const named = [...PROMISES.flatMap((promised) => promised.suites), ...BESIDE];
    expect([...new Set(named)].sort()).toEqual([...titles, ...Object.keys(suites)].sort());
  });
});
