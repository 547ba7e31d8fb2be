// Writes the table of capabilities into docs/processes-and-threads.md; with --check it only says whether it is fresh.
// Needs a runtime that takes TypeScript: node --import tsx scripts/sync-capabilities.mjs
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { CAPABILITIES, LACKS } from "../runtimes/capabilities.ts";

const file = new URL("../docs/processes-and-threads.md", import.meta.url);
const rows = new Map();
for (const [kind, lacks] of Object.entries(LACKS)) {
  for (const [capability, { because, link, seen }] of Object.entries(lacks)) {
    const why = link ? `[${because}](${link})` : because;
    const key = `${capability}\0${seen ? `${why} (${seen})` : why}`;
    rows.set(key, [...rows.get(key) ?? [], kind]);
  }
}
const cells = [...rows].map(([key, kinds]) => {
  const [capability, why] = key.split("\0");
  return [capability, kinds.join(", "), why];
});
const order = Object.keys(CAPABILITIES);
cells.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
for (const cell of cells) cell[0] = CAPABILITIES[cell[0]];
const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column].length)));
const row = (texts, fill = " ") => `| ${texts.map((text, i) => text.padEnd(widths[i], fill)).join(" | ")} |`;
const table = ["", row(["what", "where not", "why"]), row(["", "", ""], "-"), ...cells.map((texts) => row(texts)), ""]
  .join("\n");

const before = readFileSync(file, "utf8");
const after = before.replace(/(<!-- capabilities -->)[^]*(<!-- \/capabilities -->)/, `$1\n${table}\n$2`);
if (process.argv.includes("--check")) {
  if (before !== after) {
    console.error("docs/processes-and-threads.md is stale: run node --import tsx scripts/sync-capabilities.mjs");
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, after);
}
