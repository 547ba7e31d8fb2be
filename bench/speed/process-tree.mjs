// The memory of a process and all that it started. Linux only.
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/**
 * In MB.
 *
 * @param {number} root
 */
export function memoryOf(root) {
  if (process.platform !== "linux") {
    throw new Error("memory is measured on Linux only");
  }
  const sums = { pss: 0, rss: 0 };
  for (const pid of tree(root)) {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    sums.pss += Number(/^Pss:\s+(\d+)/m.exec(rollup)[1]) / 1024;
    sums.rss += Number(/^Rss:\s+(\d+)/m.exec(rollup)[1]) / 1024;
  }
  return sums;
}

/** @param {number} root */
function tree(root) {
  /** @type {Map<number, number[]>} */
  const children = new Map();
  for (const name of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const parent = parentOf(name);
    children.set(parent, [...children.get(parent) ?? [], Number(name)]);
  }
  const all = [root];
  for (const pid of all) all.push(...children.get(pid) ?? []);
  return all;
}

/** @param {string} pid */
function parentOf(pid) {
  try {
    // After the name, which may have spaces and parentheses in it.
    return Number(/.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))[1]);
  } catch {
    // It has ended.
    return 0;
  }
}
