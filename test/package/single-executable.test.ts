/**
 * Programs that are one executable file: their own executable is no runtime to start workers with.
 */

import { build } from "esbuild";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, inject, test } from "vitest";
import type { Runtime } from "../../runtimes/select.ts";
import { assertNotSingleExecutable } from "../../runtimes/standalone.ts";
import { bun } from "../../scripts/bin.mjs";
import { succeeds } from "./command.ts";
import { APPS, AREA } from "./programs.ts";
import { freshHome, testFolder } from "./folder.ts";

const MESSAGE =
  "execPath must be given: this program is a single-file executable, so there is no RUNTIME to start workers with";

/**
 * Tries a cluster without and one with `execPath`. Ends at once when it is started as a worker of itself: a mistake here
 * must not fill the machine.
 */
const PROGRAM = `
import process from "node:process";
import { join } from "node:path";
import { ComputeCluster } from "compute-cluster";

if (process.env.CC_TEST_STARTED) {
  console.log("started again");
  process.exit(3);
}
process.env.CC_TEST_STARTED = "yes";

async function area(options) {
  try {
    const cc = new ComputeCluster({ module: join(process.argv[2], "area.mjs"), maxWorkers: 1, ...options });
    const value = await cc.enqueue({ r: 2 });
    await cc.close();
    return value;
  } catch ({ name, code, message }) {
    return { name, code, message };
  }
}
async function main() {
  const alone = await area({});
  const thread = await area({ isolation: "thread" });
  delete process.env.CC_TEST_STARTED;
  const withExecPath = await area({ execPath: process.argv[3] });
  console.log(JSON.stringify({ alone, thread, withExecPath }));
}
main();
`;

const files = { "area.mjs": APPS["area.mjs"] as string, "program.mjs": PROGRAM };

const refused = (runtime: Runtime): unknown => ({
  alone: { name: "TypeError", code: "CC_ERR_OPTION", message: MESSAGE.replace("RUNTIME", runtime) },
  thread: AREA,
  withExecPath: AREA,
});

test("bun build --compile: processes are refused with a clear error, or started with execPath", async ({ onTestFinished }) => {
  const cwd = testFolder(files, onTestFinished, inject("installed"));
  const env = freshHome(cwd);
  const program = join(cwd, process.platform === "win32" ? "program.exe" : "program");
  await succeeds([bun, "build", "--compile", "program.mjs", "--outfile", program], { cwd, env });
  const { stdout } = await succeeds([program, cwd, bun], { cwd, env, timeout: 15_000 });
  expect(JSON.parse(stdout)).toEqual(refused("bun"));
});

/** Node builds such files by itself since 25.5; before, a tool from elsewhere is needed. */
const builds = process.allowedNodeEnvironmentFlags.has("--build-sea") ||
  Number(process.versions.node.split(".")[0]) >= 26;

test.runIf(builds)(
  "node --build-sea: processes are refused with a clear error, or started with execPath",
  async ({ onTestFinished }) => {
    const cwd = testFolder(files, onTestFinished, inject("installed"));
    const program = join(cwd, process.platform === "win32" ? "program.exe" : "program");
    const main = join(cwd, "program.cjs");
    await build({
      entryPoints: [join(cwd, "program.mjs")],
      outfile: main,
      bundle: true,
      platform: "node",
      format: "cjs",
      logLevel: "error",
    });
    writeFileSync(
      join(cwd, "sea.json"),
      JSON.stringify({ main, output: program, disableExperimentalSEAWarning: true }),
    );
    await succeeds([process.execPath, "--build-sea", "sea.json"], { cwd, timeout: 60_000 });
    // macOS runs nothing that is not signed.
    if (process.platform === "darwin") await succeeds(["codesign", "--sign", "-", program], { cwd });
    const { stdout } = await succeeds([program, cwd, process.execPath], { cwd, timeout: 15_000 });
    expect(JSON.parse(stdout)).toEqual(refused("node"));
  },
);

describe("assertNotSingleExecutable", () => {
  /** Calls it with other globals, which nothing else sees: it is synchronous. */
  function check(runtime: Runtime, globals: Record<string, unknown>): unknown {
    const old = Object.entries(globals).map(([name]) =>
      [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const
    );
    for (const [name, value] of Object.entries(globals)) {
      Object.defineProperty(globalThis, name, { value, configurable: true });
    }
    try {
      assertNotSingleExecutable(runtime);
      return null;
    } catch (error) {
      return error;
    } finally {
      for (const [name, descriptor] of old) {
        if (descriptor) Object.defineProperty(globalThis, name, descriptor);
        else Reflect.deleteProperty(globalThis, name);
      }
    }
  }
  const sea = (isSea: boolean) => ({
    getBuiltinModule: (id: string) => id === "node:sea" ? { isSea: () => isSea } : undefined,
  });

  test.each<[string, Runtime, Record<string, unknown>]>([
    ["a Node that says so", "node", { process: sea(true) }],
    ["a Bun that says so", "bun", { Bun: { isStandaloneExecutable: true } }],
    ["a Bun whose main module is in the file", "bun", { Bun: { main: "/$bunfs/root/program" } }],
    ["the same on Windows", "bun", { Bun: { main: "B:\\~BUN\\root\\program.exe" } }],
    ["a Deno that says so", "deno", { Deno: { build: { standalone: true } } }],
  ])("refuses %s", (_, runtime, globals) => {
    const error = check(runtime, globals);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ code: "CC_ERR_OPTION", message: MESSAGE.replace("RUNTIME", runtime) });
  });

  test.each<[string, Runtime, Record<string, unknown>]>([
    ["a Node that says no", "node", { process: sea(false) }],
    ["a Node without node:sea", "node", { process: { getBuiltinModule: () => undefined } }],
    ["a Node without getBuiltinModule", "node", { process: {} }],
    ["a Bun that runs a file", "bun", { Bun: { isStandaloneExecutable: false, main: "/srv/app.ts" } }],
    ["a Deno that runs a file", "deno", { Deno: { build: { standalone: false } } }],
    ["a Deno that does not know", "deno", { Deno: { build: {} } }],
  ])("accepts %s", (_, runtime, globals) => {
    expect(check(runtime, globals)).toBeNull();
  });
});
