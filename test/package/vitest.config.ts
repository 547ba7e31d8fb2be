import { defineProject } from "vitest/config";

export default defineProject({
  test: {
    name: "package",
    root: import.meta.dirname,
    include: ["*.test.ts"],
    globalSetup: ["./setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
