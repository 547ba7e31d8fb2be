import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bun, deno, root } from "../../scripts/bin.mjs";
import { succeeds } from "../package/command.ts";

const page = readFileSync(join(root, "docs/telemetry.md"), "utf8");

/** The blocks of JavaScript, by the names in their first lines, and what is printed by the last before each block of text. */
const blocks = [...page.matchAll(/^```(js|text)\n(?:\/\/ (\S+)\n)?(.*?)^```/gms)]
  .map(([, language, name, text]) => ({ language, name: name ?? "", text: text as string }));
const programs = blocks.flatMap(({ language, text }, at) =>
  language === "text" ? [[blocks[at - 1]?.name as string, text] as const] : []
);

const HOSTS = { node: [process.execPath], bun: [bun], deno: [deno, "run", "-A", "--no-prompt"] };

describe("docs/telemetry.md", () => {
  let folder: string;
  beforeAll(() => {
    // Where the package and the SDK are found.
    folder = mkdtempSync(join(root, "test", ".telemetry-"));
    for (const { language, name, text } of blocks) if (language === "js") writeFileSync(join(folder, name), text);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("has programs", () => {
    expect(programs.map(([name]) => name)).toEqual(["main.mjs", "traced.mjs", "channels.mjs"]);
  });

  describe.each(Object.entries(HOSTS))("on %s", (_, command) => {
    it.each(programs)("%s prints what the page says", async (name, output) => {
      const { stdout, stderr } = await succeeds([...command, join(folder, name)], { cwd: root });
      expect(stderr).toBe("");
      expect(stdout).toBe(output);
    });
  });
});
