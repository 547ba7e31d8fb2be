// Installs what the scripts need, where it is not there or the lock file is newer: a fresh clone needs no step before.
import { spawnSync } from "node:child_process";
import { lstatSync, statSync } from "node:fs";
import process from "node:process";
import { npm, root } from "./bin.mjs";

/** Runs `npm ci` unless what the lock file says is installed. Ends the program if that fails. */
export function install() {
  // `npm ci` would empty the folder that a link leads to, which is another checkout's.
  const modules = new URL("../node_modules", import.meta.url);
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  if (age("node_modules/.package-lock.json") >= age("package-lock.json")) return;
  console.log("Installing the development tools (npm ci) …");
  const [command, ...args] = [...npm(), "ci", "--no-audit", "--no-fund"];
  const { status } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * When a file was last written, in milliseconds; 0 where it is not there.
 *
 * @param {string} file
 */
function age(file) {
  return statSync(new URL(`../${file}`, import.meta.url), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
