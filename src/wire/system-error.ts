/**
 * Tells what the system refused from what `node:fs` throws after a call that was made. Node 20 finds out whether one has
 * failed by the `errno` and `error` of an object of its own, and takes those that a module has put on `Object.prototype`.
 *
 * @module
 */

/** Makes a system call. Throws what the system says, and what is thrown instead of a call that can't be made. */
export function made(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (error instanceof Error && (typeof (error as { syscall?: unknown }).syscall === "string" || isRefusal(error))) {
      throw error;
    }
  }
}

/** `node:fs` refuses arguments by an error with a code of its own, on all runtimes. */
function isRefusal(error: Error): boolean {
  const code = Object.hasOwn(error, "code") ? (error as { code?: unknown }).code : null;
  return typeof code === "string" && code.startsWith("ERR_");
}
