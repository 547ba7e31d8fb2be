// Runs the main example on real files; arguments go to it: npm start -- ~/texts --quality 9
import { spawnSync } from "node:child_process";
import process from "node:process";
import { root } from "./bin.mjs";
import { install } from "./install.mjs";

install();
const loader = process.features.typescript ? [] : ["--import", "tsx"];
const { status, signal } = spawnSync(
  process.execPath,
  [...loader, "examples/compress/main.ts", ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit" },
);
process.exitCode = signal ? 1 : status ?? 1;
