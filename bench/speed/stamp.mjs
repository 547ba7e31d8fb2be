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

/** The versions of packages. @param {string[]} packages */
export function versions(packages) {
  const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));
  return packages.map((name) =>
    name === "compute-cluster"
      ? `${name} ${versionIn(join(root, "package.json"))} (${commit()})`
      : `${name.replace("-0.0.9", "")} ${versionIn(join(modules, name, "package.json"))}`
  ).join(", ");
}

export const machine = () =>
  `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${availableParallelism()} cores, ` +
  `${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform} ${release()} ${process.arch}`;

/** How many processes wanted to run in the last minute; more than 0 before the bench: others were at work. */
export const load = () => loadavg()[0].toFixed(1);
