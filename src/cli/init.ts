/**
 * `compute-cluster init`: a worker and a program, to begin with.
 *
 * @module
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import { UsageError } from "./told-errors.ts";
import { VERSION } from "../version.ts";

/** What differs between the runtimes. */
interface Setting {
  /** Of both files, such as `.ts`. */
  readonly extension: string;
  /** What the program imports. */
  readonly specifier: string;
  /** How the package is installed; null where it needs not be. */
  readonly install: string | null;
  /** What runs the program. */
  readonly start: string;
}

/**
 * Writes the files.
 *
 * @returns what to do next.
 * @throws {UsageError} if one of them is there, or can't be written.
 */
export function init(folder: string): string {
  const at = resolve(folder);
  const { extension, specifier, install, start } = settingIn(at);
  const files = {
    [`worker${extension}`]: worker(extension.includes("t")),
    [`main${extension}`]: main(extension, specifier),
  };
  const there = Object.keys(files).filter((name) => existsSync(join(at, name)));
  if (there.length > 0) {
    throw new UsageError(`${there.join(" and ")} in ${at} would be overwritten; nothing was written`);
  }
  try {
    makeFolder(at);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(at, name), text, { flag: "wx" });
  } catch (error) {
    throw new UsageError(`can't write into ${at}: ${(error as Error).message}`);
  }
  const steps = [
    at === process.cwd() ? null : `cd ${quoted(relative(process.cwd(), at))}`,
    install,
    `${start} main${extension}`,
  ].filter((step) => step !== null);
  return `wrote ${Object.keys(files).join(" and ")}; next:\n\n${steps.map((step) => `  ${step}\n`).join("")}`;
}

/** As shells take it, and not as an option. */
function quoted(path: string): string {
  const name = path.startsWith("-") ? `./${path}` : path;
  if (/^[\w./-]+$/.test(name)) return name;
  return process.platform === "win32" ? `"${name}"` : `'${name.replaceAll("'", String.raw`'\''`)}'`;
}

/** Not `recursive`: where nothing can be made, as in /proc, that never ends (Node 20.20). */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

function settingIn(folder: string): Setting {
  if ("Deno" in globalThis) {
    return {
      extension: ".ts",
      specifier: `jsr:@x/compute-cluster@^${VERSION}`,
      install: null,
      start: "deno run --allow-read=.",
    };
  }
  if ("Bun" in globalThis) {
    return { extension: ".ts", specifier: "compute-cluster", install: "bun add compute-cluster", start: "bun" };
  }
  // Node 22.18 and later take TypeScript. What is in a package of CommonJS says by its name that it is an ES module.
  const letter = (process.features as { typescript?: unknown }).typescript ? "t" : "j";
  return {
    extension: isModulePackage(folder) ? `.${letter}s` : `.m${letter}s`,
    specifier: "compute-cluster",
    install: "npm install compute-cluster",
    start: "node",
  };
}

/** Whether the nearest package.json says that its files are ES modules. */
function isModulePackage(folder: string): boolean {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).type === "module";
  } catch (error) {
    const parent = dirname(folder);
    return error instanceof SyntaxError || parent === folder ? false : isModulePackage(parent);
  }
}

function worker(isTyped: boolean): string {
  const [args, result] = isTyped ? ["{ digits }: { digits: number }", ": string"] : ["{ digits }", ""];
  return `// What a job does. It runs on another core: it may compute as long as it likes.
export default (${args})${result} => {
  // Pi, by Machin's formula, with as many digits as were asked for.
  const unit = 10n ** BigInt(digits + 10);
  const arctan = (x${isTyped ? ": bigint" : ""})${isTyped ? ": bigint" : ""} => {
    let sum = 0n;
    for (let [term, n, sign] = [unit / x, 1n, 1n]; term !== 0n; [term, n, sign] = [term / (x * x), n + 2n, -sign]) {
      sum += (sign * term) / n;
    }
    return sum;
  };
  return String((4n * (4n * arctan(5n) - arctan(239n))) / 10n ** 10n);
};
`;
}

function main(extension: string, specifier: string): string {
  const type = extension.includes("t") ? `<typeof import("./worker${extension}")>` : "";
  return `import { ComputeCluster } from "${specifier}";

const cc = new ComputeCluster${type}({ module: new URL("./worker${extension}", import.meta.url) });

const jobs = [1_000, 2_000, 3_000, 4_000].map((digits) => ({ digits }));
for await (const pi of cc.map(jobs)) console.log(\`\${pi.length} digits, the last ten: \${pi.slice(-10)}\`);

await cc.close();
`;
}
