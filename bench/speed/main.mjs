// How fast it is, and how fast others are:
//
//   npm run bench                                           everyone, everything, and docs/benchmarks.md
//   npm run bench -- --runtime node20,node26,bun,deno       on these, one after the other
//   npm run bench -- --cases noop,spin                      these cases
//   npm run bench -- --contenders compute-cluster,piscina   these (a name, or its first words)
//   npm run bench -- --reps 9                               instead of 5, or of less for what takes long
//   npm run bench -- --quick                                short, to see that it works
//   npm run bench -- --against main~3                       the library at that commit too, and what has become slower
//   npm run bench -- --json results.json                    all figures
//   npm run bench -- --cases … --write                      docs/benchmarks.md, though that's not everything
//
// Each measurement is made in a process of its own. All take turns in each repetition, so that what the machine does
// meanwhile concerns everyone; ratios are made of the same repetition.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { npm, root } from "../../scripts/bin.mjs";
import { build } from "./against.mjs";
import { chosen, parseOptions, UsageError } from "./options.mjs";
import { runtimeOf } from "./runtimes.mjs";

/** @import { Results } from "./report.mjs" */

/** Gets what is not there. */
function prepare() {
  const bench = fileURLToPath(new URL("../", import.meta.url));
  const { dependencies } = JSON.parse(readFileSync(join(bench, "package.json"), "utf8"));
  const [command, ...args] = npm();
  const stdio = /** @type {const} */ (["ignore", 2, 2]);
  if (!Object.keys(dependencies).every((name) => existsSync(join(bench, "node_modules", name)))) {
    execFileSync(command, [...args, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: bench, stdio });
  }
  execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: root, stdio });
}

async function main() {
  const options = parseOptions(process.argv.slice(2));
  const runtimes = options.runtimes.map(runtimeOf);
  prepare();
  if (options.against !== null) {
    process.env.BENCH_AGAINST = JSON.stringify(build(options.against));
  }
  // Only now, when all they need is there.
  const [{ CASES }, { ENTRANTS }, { chart }, { load }, { measureAll }] = await Promise.all([
    import("./cases.mjs"),
    import("./entrants.mjs"),
    import("./chart.mjs"),
    import("./stamp.mjs"),
    import("./session.mjs"),
  ]);
  const cases = chosen(CASES, options.cases, "case");
  const entrants = chosen(ENTRANTS, options.contenders, "contender");

  const before = load();
  /** @type {Results[]} */
  const all = [];
  for (const runtime of runtimes) {
    all.push(await measureAll(runtime, cases, entrants, options));
  }

  const { chartName, documentOf } = await import("./document.mjs");
  const docs = join(root, "docs");
  const charts = options.write ? all.filter((results) => chart(results) !== null) : [];
  for (const results of charts) writeFileSync(join(docs, chartName(results)), chart(results));
  const text = documentOf(all, { ref: options.against, loads: [before, load()], charts });
  console.log(text);
  if (options.write) writeFileSync(join(docs, "benchmarks.md"), text);
  if (options.json !== null) writeFileSync(options.json, JSON.stringify(all, null, 2));
  // What is measured here has to work here.
  const own = all.flatMap(({ tests }) => tests.flatMap(({ rows }) => rows.filter(({ entrant }) => entrant.own)));
  if (own.some(({ outcomes }) => outcomes.some((outcome) => outcome?.failure))) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
