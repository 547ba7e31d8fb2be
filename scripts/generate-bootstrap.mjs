// Makes src/worker/bootstrap.generated.ts out of src/worker/bootstrap.ts. With --check it only says whether it is fresh.
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("..", import.meta.url);
const target = new URL("src/worker/bootstrap.generated.ts", root);

const { outputFiles, metafile } = await build({
  entryPoints: [fileURLToPath(new URL("src/worker/bootstrap.ts", root))],
  bundle: true,
  write: false,
  metafile: true,
  minify: true,
  format: "esm",
  platform: "node",
  target: ["es2023", "node20.19"],
  // Names of classes are part of what is encoded.
  keepNames: false,
  legalComments: "none",
  charset: "utf8",
});
const source = taking(outputFiles[0].text.trim()) + "\n//# sourceURL=compute-cluster-worker.js";
const text = `// Made by scripts/generate-bootstrap.mjs from bootstrap.ts; not to be edited.

/** Source text of the module that runs in every worker. */
export const bootstrap: string = ${JSON.stringify(source)};
`;

/**
 * The runtime's modules asked for instead of imported: for each import Node resolves a name beside this text's URL, which is the text,
 * and makes a module of ES out of the module (4 ms for all of them, 20.20 and 22.23). @param {string} bundle
 */
function taking(bundle) {
  const text = bundle
    .replaceAll(
      /\bimport\{([^{}]*)\}from"(node:[\w/]+)"/g,
      (_, names, id) => `var{${names.replaceAll(" as ", ":")}}=process.getBuiltinModule("${id}")`,
    )
    .replaceAll(/\bimport ([\w$]+) from"(node:[\w/]+)"/g, 'var $1=process.getBuiltinModule("$2")');
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
    .filter(({ kind }) => kind === "import-statement");
  const taken = text.match(/\bprocess\.getBuiltinModule\(/g)?.length;
  if (taken !== imports.length) throw new Error("an import of the bootstrap has another form than was thought of");
  return text;
}

const stale = (() => {
  try {
    return readFileSync(target, "utf8") !== text;
  } catch {
    return true;
  }
})();
if (process.argv.includes("--check")) {
  if (stale) {
    console.error("src/worker/bootstrap.generated.ts is stale: run node scripts/generate-bootstrap.mjs");
    process.exitCode = 1;
  }
} else if (stale) {
  writeFileSync(target, text);
}
