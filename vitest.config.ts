import { defineConfig } from "vitest/config";

/** Tests of the package start the other runtimes themselves, from Node, which alone can't run every program as it is. */
const onNode = !("Bun" in globalThis) && !("Deno" in globalThis);

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: "suite",
          include: ["test/**/*.test.ts"],
          exclude: ["test/package/**", "test/cluster/**"],
          globalSetup: onNode ? ["test/conformance/programs.ts"] : [],
        },
      },
      ...(onNode ? ["./test/package/vitest.config.ts", "./test/cluster/vitest.config.ts"] : []),
    ],
  },
});
