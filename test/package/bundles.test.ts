/**
 * Bundles of a program that uses the package: they start workers from files that are not in the bundle.
 */

import { build as esbuild } from "esbuild";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { build as rolldown } from "rolldown";
import { describe, inject, test } from "vitest";
import type { Runtime } from "../../runtimes/select.ts";
import { bun, deno } from "../../scripts/bin.mjs";
import { succeeds } from "./command.ts";
import { freshHome, testFolder } from "./folder.ts";
import { appResult, APPS } from "./programs.ts";

/** How each bundler is called. All that is bundled is in one file, so that it can be moved. */
const BUNDLERS: Record<string, { readonly file: string; bundle(entry: string, outfile: string): Promise<unknown> }> = {
  "esbuild, ES module": {
    file: "bundle.mjs",
    bundle: (entry, outfile) => esbuild({ ...ESBUILD, entryPoints: [entry], outfile, format: "esm" }),
  },
  "esbuild, CommonJS": {
    file: "bundle.cjs",
    bundle: (entry, outfile) => esbuild({ ...ESBUILD, entryPoints: [entry], outfile, format: "cjs" }),
  },
  "rolldown, ES module": {
    file: "bundle.mjs",
    bundle: (input, file) =>
      rolldown({ input, platform: "node", logLevel: "silent", output: { file, format: "esm", minify: true } }),
  },
  "rolldown, CommonJS": {
    file: "bundle.cjs",
    bundle: (input, file) =>
      rolldown({ input, platform: "node", logLevel: "silent", output: { file, format: "cjs", minify: true } }),
  },
  "bun build": {
    file: "bundle.mjs",
    bundle: (entry, outfile) =>
      succeeds([bun, "build", entry, "--target=node", "--outfile", outfile], { cwd: join(entry, "..") }),
  },
};

const ESBUILD = { bundle: true, platform: "node", minify: true, keepNames: true, logLevel: "error" } as const;

const RUNTIMES: Readonly<Record<Runtime, readonly string[]>> = {
  node: [process.execPath],
  bun: [bun],
  deno: [deno, "run", "-A"],
};

describe("a bundle", () => {
  test.for(Object.entries(BUNDLERS))("by %s starts workers on every runtime, in both isolations", async (
    [, { file, bundle }],
    { expect, onTestFinished },
  ) => {
    const source = testFolder(APPS, onTestFinished, inject("installed"));
    // Not below the folder where the package is installed: nothing of it must be needed.
    const cwd = testFolder(
      { "area.mjs": APPS["area.mjs"] as string, "echo.cjs": APPS["echo.cjs"] as string },
      onTestFinished,
    );
    writeFileSync(join(cwd, "package.json"), "{}");
    await bundle(join(source, "app.mjs"), join(cwd, file));
    const runs = Object.entries(RUNTIMES).map(async ([name, command]) => {
      const { stdout } = await succeeds([...command, file, cwd], { cwd, env: freshHome(cwd) });
      return [name, JSON.parse(stdout)];
    });
    const results = Object.fromEntries(await Promise.all(runs));
    expect(results).toEqual({ node: appResult("node"), bun: appResult("bun"), deno: appResult("deno") });
  });
});
