import { spawnSync } from "node:child_process";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { bootstrapSource, bootstrapUrl } from "../../runtimes/bootstrap-url.ts";
import { runtime } from "../../runtimes/select.ts";
import { bootstrap } from "../../src/worker/bootstrap.generated.ts";

/** What Windows has room for on a command line, less what else stands there. */
const WINDOWS = 31_000;

/** What such a program of this runtime prints. */
function run(command: readonly string[], input = ""): string {
  return spawnSync(process.execPath, command, { encoding: "utf8", input }).stdout;
}

describe("bootstrap", () => {
  it("fits into a command line of Windows, whose limit is 32767 characters", () => {
    expect(bootstrapUrl({ bootstrap }, WINDOWS).length).toBeLessThan(WINDOWS);
    expect(bootstrapSource({ bootstrap }, WINDOWS).length).toBeLessThan(WINDOWS);
  });

  it("fits into an argument of Linux as it is", () => {
    expect(bootstrapUrl({ bootstrap }).length).toBeLessThan(131_072);
  });

  // Bun ignores a `data:` preload (1.4.5): there the bootstrap is the main module, see docs/decisions/0001-bootstrap.md.
  it.skipIf(runtime === "bun")("is packed where it is too long, and runs before the main module all the same", () => {
    const source = `console.log(${JSON.stringify("start: ä # % ?".repeat(1_000))});`;
    const url = bootstrapUrl({ bootstrap: source }, 1_000);
    expect(url.length).toBeLessThan(1_000);
    const command = runtime === "deno" ? ["run", "--import", url, "-"] : ["--import", url, "-"];
    expect(run(command, "console.log('main')")).toBe(`${"start: ä # % ?".repeat(1_000)}\nmain\n`);
  });

  it("is packed for where it is the main module too", () => {
    const packed = bootstrapSource({ bootstrap: `console.log(${JSON.stringify("ä".repeat(5_000))});` }, 1_000);
    const flags = { node: ["--input-type=module", "--eval"], bun: ["-e"], deno: ["eval"] }[runtime];
    expect(run([...flags, packed])).toBe(`${"ä".repeat(5_000)}\n`);
  });

  it("names itself, so that its frames can be told in stack traces", () => {
    expect(bootstrap.endsWith("\n//# sourceURL=compute-cluster-worker.js")).toBe(true);
  });
});
