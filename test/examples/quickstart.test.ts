import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { root } from "../../scripts/bin.mjs";
import { HOSTS, it } from "./programs.ts";

const TEN_ANSWERS = "it's nice: complete\n".repeat(10);

describe.each(HOSTS)("examples/quickstart on %s", (host) => {
  it("runs ten loops and ends", async ({ programs }) => {
    const rights = ["--allow-read=examples/quickstart"];
    expect(await programs.run({ host, rights, file: "quickstart/main.ts" })).toEqual({
      code: 0,
      stdout: TEN_ANSWERS,
      stderr: "",
    });
  });

  it("runs in its original form, with callbacks and CommonJS", async ({ programs }) => {
    expect(existsSync(join(root, "dist")), "dist/ is there: run `npm run build` first").toBe(true);
    const rights = ["--allow-read=examples/quickstart,dist"];
    expect(await programs.run({ host, rights, file: "quickstart/original.cjs" })).toEqual({
      code: 0,
      stdout: TEN_ANSWERS,
      stderr: "",
    });
  });
});
