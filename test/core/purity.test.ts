import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Import {
  readonly from: string;
  /** A file of ours, relative to the root, or a bare specifier. */
  readonly to: string;
  /** Whether the import is gone when the types are. */
  readonly typeOnly: boolean;
}

/** Whole import and export-from statements, and dynamic imports of a literal; the statements begin their line. */
const STATIC = /^(?:import|export)\s+(type\s)?(?:[\w*{}\s,$]+?\sfrom\s*)?["']([^"']+)["']/gm;
const DYNAMIC = /\bimport\(\s*["']([^"'$]+)["']\s*\)/g;

/** What a text imports. Comments are no code; text in template strings is not code of ours either. */
function specifiersOf(source: string): { specifier: string; typeOnly: boolean }[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const statics = [...code.matchAll(STATIC)].map(([, type, specifier]) => ({
    specifier: specifier!,
    typeOnly: type !== undefined,
  }));
  const dynamics = [...code.matchAll(DYNAMIC)].map(([, specifier]) => ({ specifier: specifier!, typeOnly: false }));
  return [...statics, ...dynamics];
}

function sourcesUnder(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

function importsOf(file: string): Import[] {
  return specifiersOf(readFileSync(join(root, file), "utf8")).map(({ specifier, typeOnly }) => ({
    from: file,
    to: specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier) : specifier,
    typeOnly,
  }));
}

/** A cycle among the edges, as the files along it, or null. */
function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return null;
  };
  for (const file of edges.keys()) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return null;
}

const files = [
  ...sourcesUnder("src"),
  ...sourcesUnder("runtimes"),
  ...["mod.ts", "nats.ts", "otel.ts"].filter((file) => existsSync(join(root, file))),
];
const imports = files.flatMap(importsOf);
const isIn = (folder: string, file: string): boolean => file.startsWith(`${folder}/`);
const shown = ({ from, to }: Import): string => `${from} → ${to}`;

/**
 * The command line is a program that uses the library as its users do: it imports `mod.ts` and `nats.ts`, and what it needs of the runtime when it
 * starts. No part of the library imports it.
 */
const isProgram = (file: string): boolean => isIn("src/cli", file);

/** The runtime's own modules, imported or by their file, and its clock. */
const isBuiltIn = (to: string): boolean => to.startsWith("node:") || ["src/built-in.ts", "src/now.ts"].includes(to);

describe("Imports", () => {
  it("specifiersOf finds every form of import, and none in comments", () => {
    const source = [
      'import "./a.ts";',
      'import b, { c as d } from "./b.ts";',
      "import * as e from './e.ts';",
      'import type { F } from "./f.ts";',
      'import {\n  type G,\n  h,\n} from "./g.ts";',
      'export * from "./i.ts";',
      'export { j } from "./j.ts";',
      'export type { K } from "./k.ts";',
      'const l = await import("./l.ts");',
      '// import "./no.ts";',
      ' * import { no } from "./no.ts";',
      '/*\nimport "./no.ts";\n*/',
      'export const text = "from nowhere";',
    ].join("\n");
    const found = specifiersOf(source).map(({ specifier, typeOnly }) => specifier + (typeOnly ? " (type)" : ""));
    expect(found).toEqual([
      "./a.ts",
      "./b.ts",
      "./e.ts",
      "./f.ts (type)",
      "./g.ts",
      "./i.ts",
      "./j.ts",
      "./k.ts (type)",
      "./l.ts",
    ]);
  });

  it("findCycle finds a cycle, and none where paths only meet again", () => {
    expect(findCycle(new Map([["a", ["b", "c"]], ["b", ["d"]], ["c", ["d"]], ["d", []]]))).toBeNull();
    expect(findCycle(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]]))).toEqual(["b", "c", "b"]);
  });

  it("every import of ours leads to a file", () => {
    expect(imports.length).toBeGreaterThan(30);
    const missing = imports.filter(({ from, to }) =>
      /^\.|^(src|runtimes)\//.test(to) && !existsSync(join(root, to)) && from
    );
    expect(missing.map(shown)).toEqual([]);
  });

  it("no file imports itself by way of others", () => {
    const edges = new Map<string, string[]>(files.map((file) => [file, []]));
    for (const { from, to, typeOnly } of imports) if (!typeOnly && edges.has(to)) edges.get(from)!.push(to);
    expect(findCycle(edges)).toBeNull();
  });

  it("src/core imports nothing from outside, not even types", () => {
    const wrong = imports.filter(({ from, to }) => isIn("src/core", from) && !isIn("src/core", to));
    expect(wrong.map(shown)).toEqual([]);
  });

  it("src/wire imports src/core, each other and the runtime's own modules only", () => {
    const allowed = (to: string): boolean => isIn("src/core", to) || isIn("src/wire", to) || isBuiltIn(to);
    const wrong = imports.filter(({ from, to }) => isIn("src/wire", from) && !allowed(to));
    expect(wrong.map(shown)).toEqual([]);
  });

  it("runtimes import src/core, src/wire, each other and the runtime's own modules only", () => {
    const allowed = (to: string): boolean =>
      ["src/core", "src/wire", "runtimes"].some((folder) => isIn(folder, to)) || isBuiltIn(to);
    const wrong = imports.filter(({ from, to }) => isIn("runtimes", from) && !allowed(to));
    expect(wrong.map(shown)).toEqual([]);
  });

  it("sources import no module of the runtime's that takes time to load", () => {
    // Loaded by the runtimes themselves, and quickly shown as modules.
    const free = ["async_hooks", "buffer", "events", "path", "timers", "url", "util/types"].map((name) =>
      `node:${name}`
    );
    const wrong = imports.filter(({ from, to, typeOnly }) =>
      to.startsWith("node:") && !typeOnly && !free.includes(to) && from !== "src/built-in.ts" && !isProgram(from)
    );
    expect(wrong.map(shown)).toEqual([]);
    expect(imports.some(({ to }) => free.includes(to))).toBe(true);
  });

  it("nothing of the library imports mod.ts, or the command line", () => {
    expect(imports.filter(({ from, to }) => to === "mod.ts" && !isProgram(from)).map(shown)).toEqual([]);
    expect(imports.filter(({ from, to }) => isProgram(to) && !isProgram(from)).map(shown)).toEqual([]);
  });

  it("the command line imports nothing of the library but mod.ts, nats.ts, and what keeps nothing that would be there twice", () => {
    const shared = new Set(["src/version.ts", "src/own-fault.ts"]);
    const ofLibrary = ({ to }: Import): boolean => /^(src|runtimes)\//.test(to) && !isProgram(to) && !shared.has(to);
    expect(imports.filter((found) => isProgram(found.from) && ofLibrary(found)).map(shown)).toEqual([]);
  });

  it("src/otel and src/nats alone in the library import packages, and what others import of them is otel.ts and nats.ts", () => {
    const allowed: Readonly<Record<string, RegExp>> = {
      "src/otel": /^@opentelemetry\/api$/,
      "src/nats": /^@nats-io\/(?:transport-node|jetstream|obj)$|^devalue$/,
    };
    const packages = imports.filter(({ from, to }) =>
      !isProgram(from) && !isBuiltIn(to) && !/^(?:src|runtimes)\//.test(to)
    );
    expect(packages.filter(({ from, to }) => !allowed[posix.dirname(from)]?.test(to)).map(shown)).toEqual([]);
    for (const folder of Object.keys(allowed)) {
      expect(packages.some(({ from }) => isIn(folder, from))).toBe(true);
      const inside = imports.filter(({ from, to }) => isIn(folder, to) && !isIn(folder, from) && !isProgram(from));
      expect(new Set(inside.map(({ from }) => from))).toEqual(new Set([`${posix.basename(folder)}.ts`]));
    }
  });

  it("every file is named for what it is about", () => {
    const vague = /^(utils?|helpers?|common|misc|types?)\./;
    expect(files.filter((file) => vague.test(posix.basename(file)))).toEqual([]);
  });
});

describe("Core", () => {
  it("src/core compiles without any runtime's globals", () => {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const project = join(root, "src/core");
    const shownConfig = spawnSync(process.execPath, [tsc, "-p", project, "--showConfig"], {
      cwd: dirname(project),
      encoding: "utf8",
    });
    const { compilerOptions } = JSON.parse(shownConfig.stdout) as {
      compilerOptions: { lib: string[]; types: string[] };
    };
    expect([compilerOptions.lib, compilerOptions.types]).toEqual([["es2023"], []]);
    const check = spawnSync(process.execPath, [tsc, "-p", project, "--noEmit"], {
      cwd: dirname(project),
      encoding: "utf8",
    });
    expect(check.stdout + check.stderr).toBe("");
    expect(check.status).toBe(0);
  });
});
