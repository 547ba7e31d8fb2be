/**
 * Packs the package once, and installs it in a folder that the tests share: it must not be changed but in folders below.
 */

import { cpSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { npm, root } from "../../scripts/bin.mjs";
import { succeeds } from "./command.ts";
import { freshHome, makeFolder, removeFolder } from "./folder.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Path of what `npm pack` made. */
    tarball: string;
    /** A folder in which the package is installed. */
    installed: string;
  }
}

/** What packing does not read. */
const APART = ["node_modules", ".git", "dist", ".runtimes", "test", "examples", "bench", "docs"];

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = makeFolder({ "package.json": JSON.stringify({ private: true, type: "module" }) });
  try {
    // A copy, since packing builds: others may be using dist/.
    const source = join(folder, "source");
    for (const name of readdirSync(root)) {
      if (!APART.includes(name)) cpSync(join(root, name), join(source, name), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(source, "node_modules"), "junction");
    const env = freshHome(folder);
    await succeeds([...npm(), "pack", "--pack-destination", folder], { cwd: source, env });
    const name = readdirSync(folder).find((file) => file.endsWith(".tgz")) as string;
    await succeeds([...npm(), "install", `./${name}`, "--offline", "--no-audit", "--no-fund"], { cwd: folder, env });
    project.provide("tarball", join(folder, name));
    project.provide("installed", folder);
  } catch (error) {
    removeFolder(folder);
    throw error;
  }
  return () => removeFolder(folder);
}
