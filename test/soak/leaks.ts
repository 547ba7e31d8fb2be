/**
 * What a program holds: child processes, threads, descriptors, listeners, memory. Off Linux only listeners and memory.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import { Discrepancy } from "./discrepancy.ts";

/** What there is at a moment; null where it can't be known. */
export interface Holdings {
  readonly children: number | null;
  readonly threads: number | null;
  readonly descriptors: number | null;
  /** The descriptors and what they stand for. */
  readonly open: readonly string[];
  readonly listeners: number;
}

/** Bytes. */
export interface Memory {
  readonly rss: number;
  readonly heap: number;
}

const linux = existsSync("/proc/self/stat");

/** How long what is on its way out may take, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Deno opens a pair of sockets, both ends its own, at some time after many children have ended, and keeps it (2.9.6; a program
 * that only spawns `/bin/sh` 240 times has it, too). It is one pair: what grows is found by the trend.
 */
const SPARE_DESCRIPTORS = "Deno" in globalThis ? 2 : 0;

/** Threads of the runtime's own that come and go. */
const SPARE_THREADS = 8;

export function holdings(): Holdings {
  const open = linux ? descriptors() : [];
  return {
    open,
    children: linux ? children() : null,
    threads: linux ? readdirSync("/proc/self/task").length : null,
    descriptors: linux ? open.length : null,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
}

/** Those that have ended and were not waited for are counted too. */
function children(): number {
  const own = String(process.pid);
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ")[1] === own;
    } catch {
      // It has ended since.
      return false;
    }
  }).length;
}

/** Memory of this program, after a collection where the runtime lets one be asked for. */
export function memory(): Memory {
  const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };
  if (Bun) Bun.gc(true);
  else gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}

/** Resident memory of another process, or null. */
export function memoryOf(pid: string): number | null {
  if (!linux) return null;
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/** Waits until no more is held than before; gives what is held then. */
export async function backTo(before: Holdings): Promise<Holdings> {
  const start = performance.now();
  for (;;) {
    const now = holdings();
    const wrong = more(now, before);
    if (wrong === null) return now;
    if (performance.now() - start > PATIENCE) throw wrong;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function more(now: Holdings, before: Holdings): Discrepancy | null {
  const names = ["children", "listeners", "descriptors", "threads"] as const;
  for (const name of names) {
    const spare = name === "threads" ? SPARE_THREADS : name === "descriptors" ? SPARE_DESCRIPTORS : 0;
    const limit = (before[name] ?? 0) + spare;
    if ((now[name] ?? 0) <= limit) continue;
    const what = `${now[name]} ${name} are left after the cluster has closed, expected at most ${limit}`;
    return new Discrepancy(
      name,
      name === "descriptors"
        ? `${what}\n  new: ${now.open.filter((one) => !before.open.includes(one)).join(", ")}`
        : what,
    );
  }
  return null;
}

/**
 * Not those of the workers' modules: Node leaves such a file open when a thread is terminated while it loads it (20.20), and
 * a cluster that exits terminates threads wherever they are.
 */
function descriptors(): string[] {
  const all = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return `${fd}: ${readlinkSync(`/proc/self/fd/${fd}`)}`;
    } catch {
      return fd;
    }
  });
  return all.filter((one) => !one.includes("/test/soak/workers/"));
}

/** The least of the second and of the last quarter: what is held for good is in every sample, what is still to be freed is not. */
export interface Trend {
  readonly second: number;
  readonly last: number;
}

/** Null if there is too little to tell. */
export function trend(values: readonly number[]): Trend | null {
  if (values.length < 8) return null;
  const quarter = Math.floor(values.length / 4);
  return { second: Math.min(...values.slice(quarter, 2 * quarter)), last: Math.min(...values.slice(-quarter)) };
}
