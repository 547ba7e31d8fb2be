// Another state of this library, built aside.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { root } from "../../scripts/bin.mjs";
import { UsageError } from "./options.mjs";

/**
 * Builds a commit in a worktree that goes when the program ends.
 *
 * @param {string} ref
 * @returns {{ ref: string, dist: string }} Its name, and the URL of what is imported.
 */
export function build(ref) {
  const commit = commitOf(ref);
  const folder = mkdtempSync(join(tmpdir(), "compute-cluster-against-"));
  const tree = join(folder, "tree");
  process.once("exit", () => {
    try {
      git("worktree", "remove", "--force", tree);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  git("worktree", "add", "--detach", tree, commit);
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"), "junction");
  execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: tree, stdio: ["ignore", 2, 2] });
  return { ref, dist: pathToFileURL(join(tree, "dist/mod.js")).href };
}

/** @param {string} ref */
function commitOf(ref) {
  try {
    return git("rev-parse", "--verify", "--quiet", `${ref}^{commit}`).trim();
  } catch {
    throw new UsageError(`there is no commit ${ref}`);
  }
}

/** @param {string[]} args */
const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
