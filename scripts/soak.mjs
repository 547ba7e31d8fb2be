// Runs the soak: clusters under random load, with every job's account checked and nothing leaked.
//
//   node scripts/soak.mjs                                       a minute on Node, processes and threads
//   node scripts/soak.mjs --runtime bun --isolation thread      on Bun or Deno; one kind of worker
//   node scripts/soak.mjs --seconds 600 --jobs 1000000          until either is reached
//   node scripts/soak.mjs --seed 7                              the same plans once more
import { spawnSync } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import { bun, deno, root } from "./bin.mjs";

const RUNTIMES = {
  node: [process.execPath, "--expose-gc", ...(process.features.typescript ? [] : ["--import", "tsx"])],
  bun: [bun, "run"],
  deno: [deno, "run", "-A", "--no-prompt", "--v8-flags=--expose-gc"],
};

const { runtime } = parseArgs({ strict: false, options: { runtime: { type: "string", default: "node" } } }).values;
const command = RUNTIMES[runtime];
if (!command) {
  console.error(`there is no runtime ${runtime}; there are: ${Object.keys(RUNTIMES).join(", ")}`);
  process.exit(1);
}
const [file, ...args] = command;
const { status } = spawnSync(file, [...args, "test/soak/soak.ts", ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
process.exitCode = status ?? 1;
