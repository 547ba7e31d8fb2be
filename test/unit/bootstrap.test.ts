import { describe, expect, it } from "vitest";
import { bootstrapUrl } from "../../runtimes/bootstrap-url.ts";
import { bootstrap } from "../../src/worker/bootstrap.generated.ts";

describe("bootstrap", () => {
  it("fits into a command line of Windows, whose limit is 32767 characters", () => {
    expect(bootstrapUrl({ bootstrap }).length).toBeLessThan(31_000);
  });

  it("names itself, so that its frames can be told in stack traces", () => {
    expect(bootstrap.endsWith("\n//# sourceURL=compute-cluster-worker.js")).toBe(true);
  });
});
