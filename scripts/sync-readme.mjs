// Writes the table of capabilities into README.md; with --check it only says whether it is fresh. Needs a runtime that takes
// TypeScript: node --import tsx scripts/sync-readme.mjs
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { LACKS } from "../runtimes/capabilities.ts";

const file = new URL("../README.md", import.meta.url);
const rows = new Map();
for (const [kind, lacks] of Object.entries(LACKS)) {
  for (const [capability, { because, link, seen }] of Object.entries(lacks)) {
    const why = link ? `[${because}](${link})` : because;
    const key = `${capability}\0${seen ? `${why} (${seen})` : why}`;
    rows.set(key, [...rows.get(key) ?? [], kind]);
  }
}
const lines = [...rows].map(([key, kinds]) => {
  const [capability, why] = key.split("\0");
  return { capability, line: `| \`${capability}\` | ${kinds.join(", ")} | ${why} |` };
});
lines.sort((a, b) => a.capability < b.capability ? -1 : 1);
const table = ["", "| what | where not | why |", "| --- | --- | --- |", ...lines.map(({ line }) => line), ""].join("\n");

const before = readFileSync(file, "utf8");
const after = before.replace(/(<!-- capabilities -->)[^]*(<!-- \/capabilities -->)/, `$1\n${table}\n$2`);
if (process.argv.includes("--check")) {
  if (before !== after) {
    console.error("README.md is stale: run node --import tsx scripts/sync-readme.mjs");
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, after);
}
