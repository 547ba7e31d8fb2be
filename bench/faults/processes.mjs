// Whether processes are there, and their end.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

/**
 * Whether a process is there and no zombie.
 *
 * @param {number} pid
 */
export function alive(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform === "win32") return true;
  if (process.platform !== "linux") {
    return !/^(Z|$)/.test(spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim());
  }
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/**
 * Ends a process. Where it can be seen, only one that has the text in its environment: pids are used again.
 *
 * @param {number} pid
 * @param {string} mark
 */
export function end(pid, mark) {
  try {
    if (process.platform === "linux" && !readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark)) return;
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
