/**
 * The control groups of Linux that this program is in: what bounds its CPU time and its memory, in a container above all.
 *
 * @module
 */

import { isGranted } from "./deno-permissions.ts";
import { files } from "../src/built-in.ts";

/** Returns a file's text, or null where it can't be read. */
export type ReadText = (path: string) => string | null;

/** One group that bounds the program. */
export interface ControlGroup {
  readonly version: 1 | 2;
  readonly folder: string;
}

/**
 * The groups that may bound this program, each before those around it: a limit of any of them holds. In a container the path may
 * be the host's, so that only the last of them, the root, is there.
 *
 * @param controller What is bounded: `cpu`, `memory`.
 */
export function* controlGroups(read: ReadText, controller: string): Generator<ControlGroup, void, undefined> {
  for (const line of (read("/proc/self/cgroup") ?? "").split("\n")) {
    // v2: "0::/path"; v1: "4:cpu,cpuacct:/path".
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const version = line.startsWith("0::") ? 2 : 1;
    if (version === 1 && !controllers.split(",").includes(controller)) continue;
    const mount = version === 2 ? "/sys/fs/cgroup" : `/sys/fs/cgroup/${controller}`;
    for (let inner = path.replace(/\/+$/, "");; inner = inner.slice(0, inner.lastIndexOf("/"))) {
      yield { version, folder: mount + inner };
      if (inner === "") break;
    }
  }
}

/** Reads of the system what the program may read without being asked. */
export function readText(path: string): string | null {
  try {
    if ("Deno" in globalThis && !isGranted("read", path)) return null;
    return files().readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
