import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BESIDE, PROMISES } from "../../scripts/promises.mjs";
import { suites } from "../conformance/suites.ts";

/** The titles that a file names in its calls of `registerSuites`; a call with a table made elsewhere names none. */
function titlesIn(file: URL): string[] {
  const calls = [...readFileSync(file, "utf8").matchAll(/registerSuites\(\{([^}]*)\}/g)].map(([, table]) =>
    table as string
  );
  return calls.flatMap((table) => [...table.matchAll(/"([^"]+)":/g)].map(([, title]) => title as string));
}

/** Whatever is registered in a file of its own, in both folders of suites that run on every runtime. */
function registered(): string[] {
  return ["../conformance/", "../faults/"].flatMap((name) => {
    const folder = new URL(name, import.meta.url);
    const files = readdirSync(folder).filter((file) => file.endsWith(".test.ts"));
    return files.flatMap((file) => titlesIn(new URL(file, folder)));
  });
}

describe("promises", () => {
  it("are proved by every suite that there is, but for those that prove something beside them", () => {
    const named = [...PROMISES.flatMap((promised) => promised.suites), ...BESIDE];
    expect([...new Set(named)].sort()).toEqual([...registered(), ...Object.keys(suites)].sort());
  });
});
