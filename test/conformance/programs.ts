/**
 * The programs of `test/programs` as Node gets them: in JavaScript, with the library in it. Node 20 takes no TypeScript, and a
 * loader for it takes ten times as long to start as such a program does, in each of its workers once more.
 */

import { build } from "esbuild";
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("../programs/", import.meta.url);

/** Beside the folder of the workers, where the programs look for them. */
const built = new URL("../.programs/", import.meta.url);

/** The path of a program that has been built. */
export function builtProgram(name: string): string {
  return fileURLToPath(new URL(name.replace(/\.ts$/, ".mjs"), built));
}

/** Builds all. Run by vitest before the first test. */
export default async function buildPrograms(): Promise<void> {
  const names = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  rmSync(built, { recursive: true, force: true });
  await build({
    entryPoints: names.map((name) => fileURLToPath(new URL(name, folder))),
    outdir: fileURLToPath(built),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    charset: "utf8",
    // They load modules of Node in a way that no bundle of ES modules has.
    external: ["@nats-io/*"],
  });
}
