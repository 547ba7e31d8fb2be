/**
 * How far a worker process stands back for others that want a core.
 *
 * @module
 */

import { os } from "../src/built-in.ts";

/**
 * Sets it from outside, right after the start: on Linux it is a thread's own, and the threads that a runtime starts have that of
 * the one which started them. From inside it would be too late for those that collect garbage and compile.
 *
 * @param niceness From 0 to 19, or null for the program's own.
 */
export function beNice(pid: number, niceness: number | null): void {
  if (niceness === null) return;
  try {
    os().setPriority(pid, niceness);
  } catch {
    // The process is gone already, or the program is nicer itself, and may not make it less so.
  }
}
