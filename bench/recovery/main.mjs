// How soon a job is answered that hangs, how soon another worker works, and how soon exit settles: in milliseconds, median and
// worst of 20.
//
//   npm run bench:recovery              every runtime, isolation and way to hang
//   npm run bench:recovery -- node      one runtime
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bun, deno, root } from "../../scripts/bin.mjs";

const TIMES = 20;
const COMMANDS = { node: [process.execPath], bun: [bun], deno: [deno, "run", "-A"] };
const WAYS = ["spin", "wait", "child", "deaf", "stopped", "flood"];
/** What there is for threads only in part: they have no signals of their own, and Deno's can't be stopped. */
const skips = (runtime, isolation, way) =>
  isolation === "thread" && (runtime === "deno" || way === "deaf" || way === "stopped");

const built = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: root, encoding: "utf8" });
if (built.status !== 0) throw new Error(built.stderr);

const asked = process.argv.slice(2);
const one = fileURLToPath(new URL("./one.mjs", import.meta.url));
console.log("| kind | hangs in | answer | another worker works | exit settles |\n| --- | --- | --- | --- | --- |");
for (const [runtime, [file, ...args]] of Object.entries(COMMANDS)) {
  if (asked.length > 0 && !asked.includes(runtime)) continue;
  for (const isolation of ["process", "thread"]) {
    for (const way of WAYS) {
      if (skips(runtime, isolation, way)) continue;
      const { stderr, status } = spawnSync(file, [...args, one, isolation, way, String(TIMES)], {
        encoding: "utf8",
        stdio: ["ignore", "ignore", "pipe"],
        timeout: 300_000,
      });
      if (status !== 0) throw new Error(`${runtime} ${isolation} ${way}: code ${status}\n${stderr}`);
      const { answers, replacements, exits } = JSON.parse(stderr.trim().split("\n").at(-1));
      const cells = [answers, replacements, exits].map(shown);
      console.log(`| ${runtime} ${isolation} | ${way} | ${cells.join(" | ")} |`);
    }
  }
}

function shown(times) {
  const sorted = times.toSorted((a, b) => a - b);
  return `${median(sorted).toFixed(1)} (${sorted.at(-1).toFixed(1)})`;
}

function median(sorted) {
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
