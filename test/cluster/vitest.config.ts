import { defineProject } from "vitest/config";

export default defineProject({
  test: {
    name: "cluster",
    root: import.meta.dirname,
    include: ["*.test.ts"],
    globalSetup: ["../conformance/programs.ts"],
    testTimeout: 90_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
