import { spawnSync } from "node:child_process";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { bootstrapSource, bootstrapUrl } from "../../runtimes/bootstrap-url.ts";
import { bootstrap } from "../../src/worker/bootstrap.generated.ts";

/** What Windows has room for on a command line, less what else stands there. */
const WINDOWS = 31_000;

describe("bootstrap", () => {
  it("fits into a command line of Windows, whose limit is 32767 characters", () => {
    expect(bootstrapUrl({ bootstrap }, WINDOWS).length).toBeLessThan(WINDOWS);
    expect(bootstrapSource({ bootstrap }, WINDOWS).length).toBeLessThan(WINDOWS);
  });

  it("fits into an argument of Linux as it is", () => {
    expect(bootstrapUrl({ bootstrap }).length).toBeLessThan(131_072);
  });

  it("is packed where it is too long, and runs before the main module all the same", () => {
    const source = `console.log(${JSON.stringify("start: ä # % ?".repeat(1_000))});`;
    const url = bootstrapUrl({ bootstrap: source }, 1_000);
    expect(url.length).toBeLessThan(1_000);
    const { stdout } = spawnSync(process.execPath, ["--import", url, "--eval", "console.log('main')"], {
      encoding: "utf8",
    });
    expect(stdout).toBe(`${"start: ä # % ?".repeat(1_000)}\nmain\n`);
  });

  it("is packed for where it is the main module too", () => {
    const packed = bootstrapSource({ bootstrap: `console.log(${JSON.stringify("ä".repeat(5_000))});` }, 1_000);
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", packed], { encoding: "utf8" });
    expect(stdout).toBe(`${"ä".repeat(5_000)}\n`);
  });

  it("names itself, so that its frames can be told in stack traces", () => {
    expect(bootstrap.endsWith("\n//# sourceURL=compute-cluster-worker.js")).toBe(true);
  });
});
