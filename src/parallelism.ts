/**
 * How many jobs this program may compute at once.
 *
 * @module
 */

import { files, os, ownProcess } from "./built-in.ts";

/**
 * The cores that the program may use: the machine's, less what affinity and a container's CPU quota take away. At least 1.
 *
 * Deno's own figure already honours the quota, and reading it here would ask its user for permission.
 */
export function usableCores(): number {
  const cores = os().availableParallelism();
  if (ownProcess().platform !== "linux" || "Deno" in globalThis) return Math.max(1, cores);
  return Math.max(1, Math.min(cores, Math.ceil(cpuQuota(readText))));
}

/**
 * The CPU quota of this program's control group, in cores; Infinity for none. The tightest one on the way up counts.
 *
 * @param read Returns a file's text, or null where it can't be read.
 */
export function cpuQuota(read: (path: string) => string | null): number {
  let quota = Infinity;
  for (const line of (read("/proc/self/cgroup") ?? "").split("\n")) {
    // v2: "0::/path"; v1: "4:cpu,cpuacct:/path". In a container the path may be the host's: the root is tried too.
    const [, controllers = "", path = ""] = line.split(":");
    for (let folder = path.replace(/\/+$/, "");; folder = folder.slice(0, folder.lastIndexOf("/"))) {
      if (line.startsWith("0::")) quota = Math.min(quota, quotaV2(read(`/sys/fs/cgroup${folder}/cpu.max`)));
      else if (controllers.split(",").includes("cpu")) {
        quota = Math.min(quota, quotaV1(read, `/sys/fs/cgroup/cpu${folder}`));
      }
      if (folder === "") break;
    }
  }
  return quota;
}

/** `"max 100000"` or `"150000 100000"`: microseconds of CPU in each period of so many. */
function quotaV2(text: string | null): number {
  const [quota, period] = (text ?? "max").trim().split(" ");
  return quota === "max" ? Infinity : positive(Number(quota) / Number(period));
}

function quotaV1(read: (path: string) => string | null, folder: string): number {
  const quota = Number(read(`${folder}/cpu.cfs_quota_us`) ?? -1);
  return quota <= 0 ? Infinity : positive(quota / Number(read(`${folder}/cpu.cfs_period_us`)));
}

function positive(cores: number): number {
  return cores > 0 ? cores : Infinity;
}

function readText(path: string): string | null {
  try {
    return files().readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
