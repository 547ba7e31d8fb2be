/**
 * Folders of a project that uses the package, which go with their test.
 */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { onTestFinished } from "vitest";

/** Text of files by their names. */
export type Files = Readonly<Record<string, string>>;

/** A fresh folder with files in it. */
export function makeFolder(files: Files = {}, parent: string = tmpdir()): string {
  const folder = realpathSync(mkdtempSync(join(parent, "compute-cluster-package-")));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

export function removeFolder(folder: string): void {
  // Windows may hold the files of a process for a while after its end.
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** A fresh folder that is removed after the test, however it ends. */
export function testFolder(files: Files, finished: typeof onTestFinished, parent?: string): string {
  const folder = makeFolder(files, parent);
  finished(() => removeFolder(folder));
  return folder;
}

/** An environment in which no user has configured anything, and caches are new. */
export function freshHome(folder: string): Record<string, string> {
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  return {
    HOME: home,
    USERPROFILE: home,
    XDG_CACHE_HOME: join(home, "cache"),
    DENO_DIR: join(home, "deno"),
    DENO_NO_UPDATE_CHECK: "1",
    BUN_INSTALL_CACHE_DIR: join(home, "bun"),
    npm_config_cache: join(home, "npm"),
    npm_config_userconfig: join(home, "npmrc"),
    npm_config_update_notifier: "false",
    NO_PROXY: "127.0.0.1",
    no_proxy: "127.0.0.1",
  };
}
