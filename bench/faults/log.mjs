// What workers have noted down: a line "load - pid thread", "beat - pid thread" or "run id pid thread" each.
import { existsSync, readFileSync } from "node:fs";

/** @param {string} file */
export function readLog(file) {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8").split("\n").filter(Boolean).map((line) => {
    const [what, id, pid, thread] = line.split(" ");
    return { what, id, pid: Number(pid), thread: Number(thread) };
  });
}

/** @param {number} ms */
export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Waits for a condition; gives whether it came true.
 *
 * @param {() => boolean} condition
 * @param {number} ms
 */
export async function until(condition, ms = 5_000) {
  for (const end = Date.now() + ms; Date.now() < end;) {
    if (condition()) return true;
    await wait(20);
  }
  return condition();
}
