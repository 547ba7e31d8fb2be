// Makes dist/: what npm gets beside the sources. The bootstrap is only checked here: a change of it is to be seen in review.
//
// One file for each entry: sixty took three times as long to be imported, and 5 MB of memory (Node 20.20). The command line imports
// the library's, and has the packages that it uses in it: the library has no dependencies.
import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bin, root } from "./bin.mjs";

/** @type {import("esbuild").BuildOptions} */
const COMMON = {
  absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
  bundle: true,
  format: "esm",
  platform: "node",
  target: ["es2023", "node20.19"],
  sourcesContent: false,
  // With one other character an engine keeps all of a file's text in twice the memory, and takes longer to read it.
  charset: "ascii",
};

/** @param {string[]} command */
function run([file, ...args]) {
  execFileSync(file, args, { cwd: root, stdio: "inherit" });
}

try {
  run([process.execPath, "scripts/generate-bootstrap.mjs", "--check"]);
  rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
  run([...bin("typescript", "tsc"), "-p", "tsconfig.build.json"]);
  await build({ ...COMMON, entryPoints: ["mod.ts", "otel.ts"], outdir: "dist", packages: "external", sourcemap: true });
  await buildNats();
  await buildCommandLine();
  checkCharacters("dist/mod.js");
  cpSync(new URL("../cjs", import.meta.url), new URL("../dist/cjs", import.meta.url), { recursive: true });
} catch (error) {
  // The command has said why.
  if (typeof error.status !== "number") throw error;
  process.exitCode = error.status;
}

/**
 * What users may hold in their hands, and compare by class, is there once: in mod.js, or another file of the library.
 *
 * @param {RegExp} filter
 */
function fromTheLibrary(filter, path = "./mod.js") {
  return {
    name: `from ${path}`,
    setup(build) {
      build.onResolve({ filter }, () => ({ path, external: true }));
    },
  };
}

/** Comments stay as they are in the sources. @param {string} file */
function checkCharacters(file) {
  const other = /[^\0-\x7f]/.exec(readFileSync(join(root, file), "utf8"));
  if (other) throw new Error(`${file} has a character that is not ASCII, ${other[0]}, in a comment of its sources`);
}

/** dist/nats.js: the clients of NATS stay outside, for the program to install. */
async function buildNats() {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: ["nats.ts"],
    outfile: "dist/nats.js",
    sourcemap: true,
    metafile: true,
    external: ["@nats-io/*"],
    plugins: [fromTheLibrary(/\/(cluster|core\/errors)\.ts$|^\.\/errors\.ts$/)],
  });
  addLicenses("dist/nats.js", metafile);
}

/** dist/cli.js, with the licenses of what is in it. */
async function buildCommandLine() {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: ["src/cli/main.ts"],
    outfile: "dist/cli.js",
    metafile: true,
    // The packages in it are CommonJS, and load modules of Node's.
    banner: {
      js: 'import { createRequire as createRequireOfBundle } from "node:module";\n' +
        "const require = createRequireOfBundle(import.meta.url);",
    },
    plugins: [fromTheLibrary(/\/(mod|core\/errors)\.ts$/), fromTheLibrary(/\/nats\.ts$/, "./nats.js")],
  });
  addLicenses("dist/cli.js", metafile);
  chmodSync(join(root, "dist/cli.js"), 0o755);
}

/**
 * Adds the licenses of the packages that are in a bundle.
 *
 * @param {string} file
 * @param {import("esbuild").Metafile} metafile
 */
function addLicenses(file, metafile) {
  const packages = Object.keys(metafile.inputs).map((file) =>
    /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]
  );
  for (const folder of new Set(packages.filter((name) => name !== undefined))) {
    appendFileSync(join(root, file), licenseOf(join(root, folder)));
  }
}

/** A comment that minifiers keep. @param {string} folder of a package. */
function licenseOf(folder) {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  if (file === undefined) throw new Error(`${name} has no license`);
  const text = readFileSync(join(folder, file), "utf8").trim().replaceAll("*/", "* /");
  return `\n/*!\n${name} ${version}\n\n${text}\n*/\n`;
}
