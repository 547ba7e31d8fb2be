/**
 * Runs the conformance suite on the runtime that runs this file.
 */

import process from "node:process";
import { expect, test } from "vitest";
import { runtime } from "../../runtimes/select.ts";
import { registerSuites } from "./register.ts";
import { suites } from "./suites.ts";

test("the runtime is the one that was asked for", () => {
  expect(runtime).toBe(process.env["EXPECT_RUNTIME"] ?? runtime);
});

registerSuites(suites);
