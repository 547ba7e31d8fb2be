/**
 * A temporary project that has the package and its development tools installed, with a folder for each folder of each page.
 */

import { transformSync } from "esbuild";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { bun, deno, root } from "../../scripts/bin.mjs";
import { stripsTypes } from "../conformance/kit.ts";
import type { Host } from "../examples/programs.ts";
import type { Folder, Run } from "./layout.ts";

const MANIFEST = { private: true, type: "module", dependencies: { "compute-cluster": "*", "@types/node": "*" } };

const COMPILER = {
  compilerOptions: {
    target: "esnext",
    lib: ["esnext"],
    module: "nodenext",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
  },
};

/** A folder of a page, written. */
export interface Written {
  readonly path: string;
  readonly folder: Folder;
}

export class Project {
  readonly path: string = realpathSync(mkdtempSync(join(tmpdir(), "compute-cluster-docs-")));
  /** The folder that is first in the PATH. */
  readonly #tools: string = join(this.path, "tools");

  /** Puts the package and all tools in place. */
  install(): void {
    const modules = join(this.path, "node_modules");
    mkdirSync(modules);
    for (const name of readdirSync(join(root, "node_modules"))) {
      if (!name.startsWith(".")) symlinkSync(join(root, "node_modules", name), join(modules, name), "junction");
    }
    // A copy, as users have one: Deno takes what is elsewhere for sources of the program's own.
    for (const name of ["package.json", "dist"]) {
      cpSync(join(root, name), join(modules, "compute-cluster", name), { recursive: true });
    }
    mkdirSync(this.#tools);
    this.#linkTools(modules);
  }

  /** What a user's PATH and `node_modules/.bin` have. */
  #linkTools(modules: string): void {
    const bin = join(modules, ".bin");
    mkdirSync(bin);
    for (const name of readdirSync(join(root, "node_modules/.bin"))) {
      symlinkSync(realpathSync(join(root, "node_modules/.bin", name)), join(bin, name));
    }
    const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).bin ?? {};
    const commands: Record<string, string> = typeof own === "string" ? { "compute-cluster": own } : own;
    for (const [name, file] of Object.entries(commands)) {
      const path = join(modules, "compute-cluster", file);
      chmodSync(path, 0o755);
      symlinkSync(path, join(bin, name));
    }
    for (const [name, file] of [["node", process.execPath], ["bun", bun], ["bunx", bun], ["deno", deno]] as const) {
      symlinkSync(file, join(this.#tools, name));
    }
    // What npx does with a package that is installed, without the second that npm takes.
    const npx = `#!/bin/sh\ntool=$1; shift; exec '${bin}'/"$tool" "$@"\n`;
    writeFileSync(join(this.#tools, "npx"), npx, { mode: 0o755 });
  }

  write(name: string, folder: Folder): Written {
    const path = join(this.path, name);
    mkdirSync(path, { recursive: true });
    const files = [...folder.files.values()];
    if (!folder.files.has("package.json")) writeFileSync(join(path, "package.json"), JSON.stringify(MANIFEST));
    for (const { name, text } of files) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
      if (!stripsTypes && name.endsWith(".ts")) writeFileSync(join(path, inJs(name)), stripped(text));
    }
    return { path, folder };
  }

  /** The command that checks the types of files, which must be there; `types` are the globals that they have. */
  compilerFor(name: string, files: readonly string[], types: readonly string[]): string[] {
    const config = join(this.path, `tsconfig.${name}.json`);
    const { compilerOptions } = COMPILER;
    writeFileSync(config, JSON.stringify({ compilerOptions: { ...compilerOptions, types }, files }));
    return [process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", config];
  }

  /** The command of a run, on one runtime where it is a program. */
  commandOf({ file, block }: Run, host: Host): string[] {
    if (file === null) return ["sh", "-euc", stripsTypes ? block.text : block.text.replace(NODES, inJs)];
    switch (host) {
      case "node":
        return [process.execPath, stripsTypes ? file : inJs(file)];
      case "bun":
        return [bun, file];
      case "deno":
        // Where nothing else checks its types.
        return [deno, "run", "-A", "--no-prompt", ...(block.hosts?.join() === "deno" ? ["--check"] : []), file];
    }
  }

  /** An environment in which nobody has configured anything, and servers take any port. */
  get env(): Record<string, string> {
    const home = join(this.path, "home");
    return {
      HOME: home,
      XDG_CACHE_HOME: join(home, "cache"),
      DENO_DIR: join(home, "deno"),
      DENO_NO_UPDATE_CHECK: "1",
      npm_config_cache: join(home, "npm"),
      npm_config_update_notifier: "false",
      npm_config_offline: "true",
      PORT: "0",
      PATH: [this.#tools, process.env["PATH"]].join(delimiter),
    };
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Lines in which Node gets a file in TypeScript, which a Node that takes none gets as a build would make it. */
const NODES = /^(?:node|npx compute-cluster|npx vitest)\b.*$/gm;

function inJs(text: string): string {
  return text.replace(/(?<=\w)\.ts\b/g, ".js");
}

function stripped(text: string): string {
  const renamed = text.replace(/(["'`])(\.[\w./-]+)\.ts\1/g, "$1$2.js$1");
  return transformSync(renamed, { loader: "ts", format: "esm", target: "esnext" }).code;
}
