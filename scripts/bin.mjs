// The development tools of node_modules, by the files they consist of: what is in `.bin` can't be spawned on Windows.
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";

const windows = process.platform === "win32";
const modules = new URL("../node_modules/", import.meta.url);

/** The folder of the project. */
export const root = fileURLToPath(new URL("../", import.meta.url));

/** The executables of the other runtimes. */
export const deno = fileURLToPath(new URL(windows ? "deno/deno.exe" : "deno/deno", modules));
export const bun = fileURLToPath(new URL("bun/bin/bun.exe", modules));

/**
 * The start of the command that runs a package's tool on this Node.
 *
 * @param {string} name The package.
 * @param {string} [tool] The name of the tool, where the package has it under another.
 * @returns {string[]}
 */
export function bin(name, tool = name) {
  const { bin } = JSON.parse(readFileSync(new URL(`${name}/package.json`, modules), "utf8"));
  const file = typeof bin === "string" ? bin : bin[tool];
  return [process.execPath, fileURLToPath(new URL(`${name}/${file}`, modules))];
}

/**
 * The start of the command that runs npm: the one that runs this script, or that of the PATH.
 *
 * @returns {string[]}
 */
export function npm() {
  const own = process.env["npm_execpath"];
  if (own?.endsWith("npm-cli.js")) return [process.execPath, own];
  return windows ? ["cmd.exe", "/d", "/s", "/c", "npm"] : ["npm"];
}
