// The runtimes that can be asked for, and the commands that start them.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { bun, deno, root } from "../../scripts/bin.mjs";
import { UsageError } from "./options.mjs";

/** What there is, in the order of the tables. */
export const NAMES = ["node20", "node22", "node24", "node26", "bun", "deno"];

/**
 * @typedef {object} Runtime
 * @property {string} name Such as node20, in file names too.
 * @property {string} title With its version.
 * @property {string[]} command
 */

/**
 * @param {string} name
 * @returns {Runtime}
 */
export function runtimeOf(name) {
  const command = commandOf(name);
  const { stdout } = spawnSync(command[0], ["--version"], { encoding: "utf8" });
  const version = /\d+\.\d+\.\d+\S*/.exec(stdout ?? "")?.[0];
  if (version === undefined) {
    throw new UsageError(`${command[0]} can't be started`);
  }
  if (name === "bun" || name === "deno") {
    return { name, title: `${name === "bun" ? "Bun" : "Deno"} ${version}`, command };
  }
  return { name: `node${version.split(".")[0]}`, title: `Node ${version}`, command };
}

/** @param {string} name */
function commandOf(name) {
  if (name === "node") return [process.execPath];
  if (name === "bun") return [bun];
  if (name === "deno") return [deno, "run", "-A"];
  if (!/^node\d+$/.test(name)) {
    throw new UsageError(
      `there is no runtime ${name}; there are: node, ${NAMES.join(", ")}`,
    );
  }
  const file = join(
    root,
    ".runtimes",
    name,
    "node_modules/node/bin",
    process.platform === "win32" ? "node.exe" : "node",
  );
  if (!existsSync(file)) {
    throw new UsageError(`${name} is not there: "npm run matrix -- ${name}" fetches it`);
  }
  return [file];
}
