// What a result is worth nothing without: where, when, and of what.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { root } from "../../scripts/bin.mjs";

/** @param {string} file */
const versionIn = (file) => JSON.parse(readFileSync(file, "utf8")).version;

/** The commit, and whether there is more. */
function commit() {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { cwd: root, encoding: "utf8" }).trim();
  } catch {
    return "no git";
  }
}

/**
 * @typedef {object} Stamp
 * @property {string} day
 * @property {string} commit
 * @property {string} machine
 * @property {string} versions
 * @property {{ before: string, after: string }} load
 */

/**
 * @param {string[]} packages What was measured.
 * @param {string} before The load average before.
 * @returns {Stamp}
 */
export const stampOf = (packages, before) => ({
  day: new Date().toISOString().slice(0, 10),
  commit: commit(),
  machine: machine(),
  versions: versions(packages),
  load: { before, after: load() },
});

/** The versions of packages. @param {string[]} packages */
function versions(packages) {
  const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));
  return packages.map((name) =>
    name === "compute-cluster"
      ? `${name} ${versionIn(join(root, "package.json"))}`
      : `${name.replace("-0.0.9", "")} ${versionIn(join(modules, name, "package.json"))}`
  ).join(", ");
}

const machine = () =>
  `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${availableParallelism()} cores, ` +
  `${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${release()} ${process.arch}`;

/** How many processes wanted to run in the last minute; more than 0 before the bench: others were at work. */
export const load = () => loadavg()[0].toFixed(1);
