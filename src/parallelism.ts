/**
 * How many jobs this program may compute at once.
 *
 * @module
 */

import { os, ownProcess } from "./built-in.ts";
import { controlGroups, type ReadText, readText } from "../runtimes/control-groups.ts";

/**
 * The cores that the program may use: the machine's, less what affinity and a container's CPU quota take away. At least 1.
 *
 * Deno's own figure already honours the quota.
 */
export function usableCores(): number {
  const cores = os().availableParallelism();
  if (ownProcess().platform !== "linux" || "Deno" in globalThis) return Math.max(1, cores);
  return Math.max(1, Math.min(cores, Math.ceil(cpuQuota(readText))));
}

/** The CPU quota of this program's control groups, in cores; Infinity for none. The tightest one on the way up counts. */
export function cpuQuota(read: ReadText): number {
  let quota = Infinity;
  for (const { version, folder } of controlGroups(read, "cpu")) {
    quota = Math.min(quota, version === 2 ? quotaV2(read(`${folder}/cpu.max`)) : quotaV1(read, folder));
  }
  return quota;
}

/** `"max 100000"` or `"150000 100000"`: microseconds of CPU in each period of so many. */
function quotaV2(text: string | null): number {
  const [quota, period] = (text ?? "max").trim().split(" ");
  return quota === "max" ? Infinity : positive(Number(quota) / Number(period));
}

function quotaV1(read: ReadText, folder: string): number {
  const quota = Number(read(`${folder}/cpu.cfs_quota_us`) ?? -1);
  return quota <= 0 ? Infinity : positive(quota / Number(read(`${folder}/cpu.cfs_period_us`)));
}

function positive(cores: number): number {
  return cores > 0 ? cores : Infinity;
}
