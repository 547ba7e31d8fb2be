import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** What a program pays nothing for: loaded by the runtimes themselves, and quickly shown as modules. */
const FREE = ["async_hooks", "buffer", "events", "path", "timers", "url", "util/types"];

/** The built-in modules that a source imports, other than for their types. */
function imported(file: URL): string[] {
  const source = readFileSync(file, "utf8");
  return [...source.matchAll(/^import (?!type ).*? from "node:([^"]+)";/gms)].map(([, name]) => name as string);
}

describe("the sources", () => {
  for (const folder of ["src/", "runtimes/"]) {
    it(`in ${folder} import no built-in module that takes time to load`, () => {
      const root = new URL(`../../${folder}`, import.meta.url);
      const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) =>
        name.endsWith(".ts") && !name.endsWith(".generated.ts")
      );
      const found = files.flatMap((name) => imported(new URL(name, root)).map((module) => ({ name, module })));
      expect(found.length).toBeGreaterThan(0);
      expect(found.filter(({ module }) => !FREE.includes(module))).toEqual([]);
    });
  }
});
