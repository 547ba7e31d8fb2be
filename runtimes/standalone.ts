/**
 * Single-file executables.
 *
 * @module
 */

import { OptionTypeError } from "../src/core/errors.ts";
import type { Runtime } from "./select.ts";

/** The places where a runtime says that the program is a file of its own. */
interface Markers {
  process?: { getBuiltinModule?(id: string): { isSea?(): boolean } | undefined };
  Bun?: { isStandaloneExecutable?: boolean; main?: string };
  Deno?: { build?: { standalone?: boolean } };
}

/**
 * Refuses to start processes from a single-file executable: `process.execPath` is the program itself there, and would
 * start itself over and over.
 *
 * @throws {OptionTypeError} `CC_ERR_OPTION` in such an executable.
 */
export function assertNotSingleExecutable(runtime: Runtime): void {
  const { process, Bun, Deno } = globalThis as unknown as Markers;
  const single = {
    node: () => process?.getBuiltinModule?.("node:sea")?.isSea?.() === true,
    bun: () => Bun?.isStandaloneExecutable === true || /[\\/](?:\$bunfs|~BUN)[\\/]/.test(Bun?.main ?? ""),
    deno: () => Deno?.build?.standalone === true,
  }[runtime]();
  if (!single) return;
  throw new OptionTypeError(
    `execPath must be given: this program is a single-file executable, so there is no ${runtime} to start workers with`,
  );
}
