/**
 * Clusters of the command line: what can't work is told before anything is done.
 *
 * @module
 */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ComputeCluster, type ComputeClusterOptions } from "../../mod.ts";
import { reasonOf } from "./reason.ts";
import { UsageError } from "./told-errors.ts";

/**
 * A module's whole path, or its URL. (One letter before a colon is a disk.)
 *
 * @throws {UsageError} for a URL of a file elsewhere.
 */
export function pathOf(module: string): string {
  if (!/^[a-z]{2,}:/.test(module)) return resolve(module);
  try {
    if (module.startsWith("file:")) fileURLToPath(module);
    return module;
  } catch (error) {
    throw new UsageError(`${module} is no file of this machine: ${(error as Error).message}`);
  }
}

/**
 * A cluster.
 *
 * @throws {UsageError} for options that make no sense, and a module that is not there.
 */
export function make(options: ComputeClusterOptions): ComputeCluster {
  try {
    return new ComputeCluster(options);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/**
 * Starts the workers that are kept warm, at least one.
 *
 * @throws {UsageError} if the module can't be loaded.
 */
export async function isUsable(cluster: ComputeCluster): Promise<void> {
  try {
    await cluster.ready();
  } catch (error) {
    const { cause = error } = error as { cause?: unknown };
    throw new UsageError(`the worker module can't be used: ${reasonOf(cause)}`);
  }
}
