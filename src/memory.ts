/**
 * How many workers there is memory for.
 *
 * @module
 */

import type { WorkerKind } from "../runtimes/capabilities.ts";
import { type ReadText, readText } from "../runtimes/control-groups.ts";
import { memoryLimit } from "../runtimes/memory-limit.ts";
import { ownProcess } from "./built-in.ts";

const MB = 2 ** 20;

/**
 * What a worker takes that does little: resident memory of a process, or what a thread adds to the program's, after a job that kept
 * 200,000 small objects. Measured with Node 20.20, Bun 1.4.5 and Deno 2.9.6 on Linux; idle from the start it is 46, 35, 50 and 10, 5,
 * 16. (docs/sizing.md)
 */
export const WORKER_MEMORY: Readonly<Record<WorkerKind, number>> = {
  "node process": 70 * MB,
  "bun process": 70 * MB,
  "deno process": 85 * MB,
  "node thread": 30 * MB,
  "bun thread": 30 * MB,
  "deno thread": 40 * MB,
};

/** How many workers of a kind the memory of this system, or container, is enough for. At least 1; Infinity where nothing is known. */
export function workersInMemory(kind: WorkerKind): number {
  return ownProcess().platform === "linux" ? roomFor(WORKER_MEMORY[kind], readText) : Infinity;
}

/**
 * The same for workers of so many bytes. Of a limit the program itself takes as much as one of them.
 */
export function roomFor(bytes: number, read: ReadText): number {
  const room = Math.min(memoryLimit(read) / bytes - 1, memoryAvailable(read) / bytes);
  return room === Infinity ? Infinity : Math.max(1, Math.floor(room));
}

/** What the system can give without swapping, in bytes; Infinity where it does not say. */
export function memoryAvailable(read: ReadText): number {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(read("/proc/meminfo") ?? "")?.[1];
  return kilobytes === undefined ? Infinity : Number(kilobytes) * 1024;
}
