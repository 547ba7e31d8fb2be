// How fast it is, and how fast others are:
//
//   npm run bench                                           everyone, everything, and docs/benchmarks.md; hours
//   npm run bench -- --runtime node20,node26,bun,deno       on these, one after the other
//   npm run bench -- --cases noop,spin                      these cases
//   npm run bench -- --contenders compute-cluster,piscina   these (a name, or its first words)
//   npm run bench -- --reps 9                               instead of 5, or of less for what takes long
//   npm run bench -- --quick                                short, to see that it works
//   npm run bench -- --against main~3                       the library at that commit too, and what has become slower
//   npm run bench -- --json results.json                    all figures
//   npm run bench -- --cases … --write                      docs/benchmarks.md too, with what was measured before of the others
//
// Each measurement is made in a process of its own. All take turns in each repetition, so that what the machine does
// meanwhile concerns everyone; ratios are made of the same repetition.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { deno, npm, root } from "../../scripts/bin.mjs";
import { build } from "./against.mjs";
import { chosen, parseOptions, UsageError } from "./options.mjs";
import { runtimeOf } from "./runtimes.mjs";

/** @import { Results } from "./report.mjs" */
/** @import { Section } from "./sections.mjs" */

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
  const [{ CASES }, { ENTRANTS }, { load, stampOf }, { measureAll }, { keep, sectionsOf }] = await Promise.all([
    import("./cases.mjs"),
    import("./entrants.mjs"),
    import("./stamp.mjs"),
    import("./session.mjs"),
    import("./sections.mjs"),
  ]);
  const cases = chosen(CASES, options.cases, "case");
  const entrants = chosen(ENTRANTS, options.contenders, "contender");
  const packages = [...new Set(entrants.flatMap((entrant) => entrant.package ?? []))];

  /** @type {Results[]} */
  const all = [];
  /** @type {Section[]} */
  const sections = [];
  for (const runtime of runtimes) {
    const before = load();
    const results = await measureAll(runtime, cases, entrants, options);
    all.push(results);
    sections.push(...sectionsOf(results, stampOf(packages, before)));
  }

  const { documentOf } = await import("./document.mjs");
  console.log(documentOf(sections, { ref: options.against, charts: [] }));
  if (options.write) await write(keep(sections, { CASES, ENTRANTS }));
  if (options.json !== null) writeFileSync(options.json, JSON.stringify(all, null, 2));
  // What is measured here has to work here.
  const own = sections.flatMap(({ rows }) => rows.filter(({ entrant }) => entrant.own));
  if (own.some(({ outcomes }) => outcomes.some((outcome) => outcome?.failure))) process.exitCode = 1;
}

/** docs/benchmarks.md, its charts and the figures that it is made of, as `npm run check` wants them. @param {Section[]} sections */
async function write(sections) {
  const [{ chart }, { chartName, documentOf }, { FILE }] = await Promise.all([
    import("./chart.mjs"),
    import("./document.mjs"),
    import("./sections.mjs"),
  ]);
  const docs = join(root, "docs");
  const charts = [...new Set(sections.map(({ runtime }) => runtime.name))].filter((name) => {
    const picture = chart(sections.filter(({ runtime }) => runtime.name === name));
    if (picture !== null) writeFileSync(join(docs, chartName(name)), picture);
    return picture !== null;
  });
  const page = join(docs, "benchmarks.md");
  writeFileSync(page, documentOf(sections, { ref: null, charts }));
  const written = [page, FILE, ...charts.map((name) => join(docs, chartName(name)))];
  execFileSync(deno, ["fmt", "--quiet", ...written], { cwd: root, stdio: "inherit" });
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
