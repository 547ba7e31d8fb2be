/**
 * Tells what the system refused from what `node:fs` throws after a call that was made. Node 20 finds out whether one has
 * failed by the `errno` and `error` of an object of its own, and takes those that a module has put on `Object.prototype`.
 *
 * @module
 */

/** Makes a system call. Throws only what the system says. */
export function made(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (error instanceof Error && typeof (error as { syscall?: unknown }).syscall === "string") throw error;
  }
}
