// All static checks, or those that are named: node scripts/check.mjs [name...]. Goes on after a failure.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { bin, deno, npm, root } from "./bin.mjs";

const node = process.execPath;
const tsc = bin("typescript", "tsc");

/** What Deno says without failing, but must not. */
const COMPLAINT = /\bwarning\b/i;

/** @type {Record<string, () => string[][]>} The commands of each check. */
const CHECKS = {
  types: () => [[...tsc, "-p", "tsconfig.json"]],
  core: () => [[...tsc, "-p", "src/core/tsconfig.json"]],
  "test-types": () => [[...tsc, "-p", "test/tsconfig.json"], [...tsc, "-p", "test/package/tsconfig.json"]],
  "deno-types": () => [[deno, "check", "--quiet", "mod.ts", "nats.ts", "otel.ts", "src", "runtimes"]],
  bootstrap: () => [[node, "scripts/generate-bootstrap.mjs", "--check"]],
  versions: () => [[node, "scripts/sync-versions.mjs", "--check"]],
  capabilities: () => [[node, "--import", "tsx", "scripts/sync-capabilities.mjs", "--check"]],
  format: () => [[deno, "fmt", "--check"]],
  lint: () => [[...bin("oxlint"), "--quiet"], [deno, "lint", "--quiet"]],
  unused: () => [[...bin("knip"), "--no-config-hints"]],
  docs: () => [[deno, "doc", "--lint", "--quiet", "mod.ts", "nats.ts", "otel.ts"]],
  jsr: () => [[deno, "publish", "--dry-run", "--allow-dirty"]],
  npm: () => {
    const archive = pack();
    return [[...bin("publint"), "run", archive, "--strict"], [...bin("@arethetypeswrong/cli", "attw"), archive]];
  },
};

/** @type {string[]} */
const folders = [];

/** Packs, and gives the path of the archive. */
function pack() {
  const folder = mkdtempSync(join(tmpdir(), "compute-cluster-check-"));
  folders.push(folder);
  const [command, ...args] = [...npm(), "pack", "--silent", "--pack-destination", folder];
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`npm pack failed\n${stdout}\n${stderr}`);
  return join(folder, readdirSync(folder)[0]);
}

/**
 * Runs a check; gives what is wrong, or null.
 *
 * @param {string} name
 */
function problem(name) {
  try {
    for (const [command, ...args] of CHECKS[name]()) {
      const { error, status, stdout, stderr } = spawnSync(command, args, {
        cwd: root,
        encoding: "utf8",
        timeout: 120_000,
        // With package.json, Deno tries to document the types of every dependency.
        env: { ...process.env, NO_COLOR: "1", ...(name === "deno-types" ? {} : { DENO_NO_PACKAGE_JSON: "1" }) },
      });
      const output = `${stdout ?? ""}${stderr ?? ""}`.trim();
      if (error) return error.message;
      if (status !== 0 || (command === deno && COMPLAINT.test(output))) return output;
    }
    return null;
  } catch (error) {
    return String(error);
  }
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in CHECKS));
if (unknown.length > 0) {
  console.error(`there is no check ${unknown.join(", ")}; there are: ${Object.keys(CHECKS).join(", ")}`);
  process.exit(1);
}
try {
  for (const name of asked.length > 0 ? asked : Object.keys(CHECKS)) {
    const start = performance.now();
    const wrong = problem(name);
    console.log(
      `${wrong === null ? "ok    " : "FAILED"} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`,
    );
    if (wrong === null) continue;
    console.error(wrong);
    process.exitCode = 1;
  }
} finally {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
