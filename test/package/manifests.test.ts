/**
 * The manifests: equal where they say the same, and clean for the tools that read them.
 */

import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, inject, test } from "vitest";
import { parse } from "yaml";
import { bin, deno, root } from "../../scripts/bin.mjs";
import { ended, succeeds } from "./command.ts";
import { freshHome, makeFolder, removeFolder, testFolder } from "./folder.ts";
import { type Registry, startRegistry } from "./registry.ts";

let home: string;
let registry: Registry;

beforeAll(async () => {
  home = makeFolder();
  registry = await startRegistry(inject("tarball"), home);
});

afterAll(async () => {
  await registry.close();
  removeFolder(home);
});

/** Deno leaves package.json alone, and with it the types of dependencies that are not the package's own. */
const alone = (): Record<string, string> => ({ DENO_NO_PACKAGE_JSON: "1", NPM_CONFIG_REGISTRY: registry.npm });

/** What Deno says of a problem, also of one that it lets pass. */
const COMPLAINT = /^(?:warning|error)/im;

describe.concurrent("the package", () => {
  test("satisfies publint, with no suggestions", async ({ expect }) => {
    const { stdout } = await succeeds([...bin("publint"), "run", inject("tarball"), "--strict"], { cwd: root });
    expect(stdout).toMatch(/All good!/);
  });

  test("satisfies are-the-types-wrong, with no rule ignored", async ({ expect }) => {
    const command = [...bin("@arethetypeswrong/cli", "attw"), inject("tarball"), "--format", "json"];
    const { stdout } = await succeeds(command, { cwd: root });
    const { analysis } = JSON.parse(stdout);
    expect(analysis.problems).toEqual([]);
    expect(Object.keys(analysis.entrypoints)).toEqual(expect.arrayContaining([".", "./otel"]));
  });

  test(
    "passes deno publish with no slow types and no warnings",
    { timeout: 60_000 },
    async ({ expect, onTestFinished }) => {
      const env = { ...freshHome(testFolder({}, onTestFinished)), ...alone() };
      const { stdout, stderr } = await succeeds([deno, "publish", "--dry-run", "--allow-dirty"], {
        cwd: root,
        env,
        timeout: 60_000,
      });
      const said = (stdout + stderr).replaceAll(new URL("../../", import.meta.url).href, "");
      expect(said).toMatch(/Checking for slow types/);
      expect(said).toMatch(/Dry run complete/);
      expect(said).not.toMatch(COMPLAINT);
      for (
        const file of [
          "mod.ts",
          "LICENSE",
          "README.md",
          "CHANGELOG.md",
          "src/worker/bootstrap.generated.ts",
          "nats.ts",
          "otel.ts",
          "src/cli/main.ts",
        ]
      ) {
        expect(said).toContain(` ${file} (`);
      }
      expect(said).not.toMatch(/ (?:test|scripts|cjs|dist|node_modules)\//);
    },
  );

  test("passes deno publish by jsr.json as well", { timeout: 60_000 }, async ({ expect, onTestFinished }) => {
    const env = { ...freshHome(testFolder({}, onTestFinished)), ...alone() };
    const command = [deno, "publish", "--dry-run", "--allow-dirty", "--config", "jsr.json"];
    const { stdout, stderr } = await succeeds(command, { cwd: root, env, timeout: 60_000 });
    expect(stdout + stderr).not.toMatch(COMPLAINT);
  });

  test("passes deno doc --lint", async ({ onTestFinished }) => {
    const env = { ...freshHome(testFolder({}, onTestFinished)), ...alone() };
    await succeeds([deno, "doc", "--lint", "--quiet", "mod.ts", "nats.ts", "otel.ts"], { cwd: root, env });
  });
});

describe.concurrent("sync-versions", () => {
  const FILES = ["package.json", "package-lock.json", "deno.json", "jsr.json"];
  /** Has the version in its code. */
  const CODE = "src/version.ts";

  function project(
    finished: Parameters<typeof testFolder>[1],
  ): { cwd: string; read(file: string): Record<string, unknown> } {
    const cwd = testFolder({}, finished);
    mkdirSync(join(cwd, "scripts"));
    for (const file of [...FILES, CODE, "scripts/sync-versions.mjs"]) cpSync(join(root, file), join(cwd, file));
    return { cwd, read: (file) => JSON.parse(readFileSync(join(cwd, file), "utf8")) };
  }
  const command = [process.execPath, "scripts/sync-versions.mjs"];

  test("finds the manifests equal", async () => {
    await succeeds([...command, "--check"], { cwd: root });
  });

  test.for(FILES)("finds another version in %s", async (file, { expect, onTestFinished }) => {
    const { cwd, read } = project(onTestFinished);
    writeFileSync(join(cwd, file), JSON.stringify({ ...read(file), version: "9.9.9" }, null, 2) + "\n");
    const { code, stderr } = await ended([...command, "--check"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/package-lock\.json has the version|deno\.json is stale|jsr\.json is stale/);
    expect(read(file)["version"], "a check changes nothing").toBe("9.9.9");
  });

  test("gives all manifests the version of package.json", async ({ expect, onTestFinished }) => {
    const { cwd, read } = project(onTestFinished);
    for (const file of ["package.json", "package-lock.json"]) {
      writeFileSync(join(cwd, file), JSON.stringify({ ...read(file), version: "9.9.9-rc.1" }));
    }
    await succeeds(command, { cwd });
    expect(FILES.map((file) => read(file)["version"])).toEqual(FILES.map(() => "9.9.9-rc.1"));
    expect(readFileSync(join(cwd, CODE), "utf8")).toContain('"9.9.9-rc.1"');
    await succeeds([...command, "--check"], { cwd });
  });

  test.for([["license", "MIT"], ["exports", { ".": "./mod.ts", "./more": "./more.ts" }], ["imports", {
    commander: "npm:commander@1",
  }]])(
    "finds another %s in deno.json",
    async ([key, value], { expect, onTestFinished }) => {
      const { cwd, read } = project(onTestFinished);
      const changed = { ...read("deno.json"), [key as string]: value };
      writeFileSync(join(cwd, "deno.json"), JSON.stringify(changed, null, 2) + "\n");
      const { code, stderr } = await ended(command, { cwd });
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /deno\.json (?:has the license MIT|must have the entry points|must import commander from npm:commander@\^)/,
      );
    },
  );
});

describe("the build", () => {
  test("fails when the bootstrap is stale, and does not make it anew", async ({ expect, onTestFinished }) => {
    const cwd = testFolder({}, onTestFinished);
    for (
      const name of [
        "scripts",
        "src",
        "runtimes",
        "cjs",
        "mod.ts",
        "nats.ts",
        "otel.ts",
        "package.json",
        "tsconfig.json",
        "tsconfig.build.json",
      ]
    ) {
      cpSync(join(root, name), join(cwd, name), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(cwd, "node_modules"), "junction");
    const generated = join(cwd, "src/worker/bootstrap.generated.ts");
    const stale = readFileSync(generated, "utf8").replace("const", "let");
    writeFileSync(generated, stale);
    const { code, stderr } = await ended([process.execPath, "scripts/build.mjs"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/bootstrap\.generated\.ts is stale/);
    expect(readFileSync(generated, "utf8")).toBe(stale);
  });
});

describe("the workflow", () => {
  test("is YAML, and runs every runtime on every system", ({ expect }) => {
    const { jobs } = parse(readFileSync(join(root, ".github/workflows/ci.yml"), "utf8"));
    const { matrix } = jobs.test.strategy;
    expect(matrix.os).toEqual(["ubuntu-latest", "macos-latest", "windows-latest"]);
    expect(matrix.runtime).toEqual([
      "node-20.19.0",
      "node-20",
      "node-22.12.0",
      "node-22",
      "node-24",
      "node-26",
      "bun",
      "deno",
    ]);
  });

  test("the workflow runs all of the tests on Linux, and the least versions that package.json admits", ({ expect }) => {
    const { jobs } = parse(readFileSync(join(root, ".github/workflows/ci.yml"), "utf8"));
    expect(jobs.whole.steps).toContainEqual({ run: ".ci/run" });
    const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const least = [...engines.node.matchAll(/\d+\.\d+\.\d+/g)].map(([version]) => `node-${version}`);
    expect(least.length).toBeGreaterThan(0);
    expect(jobs.test.strategy.matrix.runtime).toEqual(expect.arrayContaining(least));
  });

  test("package.json leads old resolution of types to every entry", ({ expect }) => {
    const { exports, typesVersions } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const below = Object.keys(exports).filter((key) => key !== "." && key !== "./package.json");
    const led = Object.fromEntries(below.map((key) => [key.slice(2), [exports[key].require.types]]));
    expect(typesVersions).toEqual({ "*": led });
  });
});
