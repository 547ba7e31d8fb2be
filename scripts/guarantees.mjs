// Writes docs/guarantees.md out of the results of a test run:
//
//   node scripts/test.mjs --keep results && node --import tsx scripts/guarantees.mjs results
//
// Fails if a promise has no test, if a suite is named that did not run, or if a test failed.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { CAPABILITIES, LACKS } from "../runtimes/capabilities.ts";
import { BESIDE, PROMISES } from "./promises.mjs";

const RUNTIMES = ["node", "bun", "deno"];
const KINDS = RUNTIMES.flatMap((runtime) => [`${runtime} process`, `${runtime} thread`]);
const folder = process.argv[2];
if (!folder) throw new Error("the folder of the results is missing: node scripts/test.mjs --keep results");

/** What became of the cases: by kind of worker and suite, a list of name and status. */
const ran = new Map();
for (const runtime of RUNTIMES) {
  const { testResults } = JSON.parse(readFileSync(join(folder, `${runtime}.json`), "utf8"));
  for (const { ancestorTitles: [kind, suite], title, status } of testResults.flatMap((file) => file.assertionResults)) {
    if (!KINDS.includes(kind)) continue;
    const key = `${kind}\0${suite}`;
    ran.set(key, [...ran.get(key) ?? [], { title, status }]);
  }
}

const known = new Set([...ran.keys()].map((key) => key.split("\0")[1]));
const named = new Set([...PROMISES.flatMap(({ suites }) => suites), ...BESIDE]);
for (const suite of named) if (!known.has(suite)) throw new Error(`no suite ${JSON.stringify(suite)} has run`);
for (const suite of known) {
  if (!named.has(suite)) throw new Error(`no promise names the suite ${JSON.stringify(suite)}`);
}

const casesOf = (kind, suites) => suites.flatMap((suite) => ran.get(`${kind}\0${suite}`) ?? []);

/** One cell: how many cases passed, and a mark where the kind lacks something that the promise needs. */
function cell(kind, { promise, suites, capabilities }) {
  const cases = casesOf(kind, suites);
  const failed = cases.filter(({ status }) => status === "failed");
  if (cases.length === 0) throw new Error(`nothing has tried on a ${kind}: ${promise}`);
  if (failed.length > 0) throw new Error(`failed on a ${kind}: ${failed.map(({ title }) => title).join("; ")}`);
  const lacks = capabilities.filter((capability) => LACKS[kind][capability]);
  const passed = cases.filter(({ status }) => status === "passed").length;
  return lacks.length > 0 ? `${passed} (${lacks.join(", ")})` : String(passed);
}

function exceptions({ capabilities }) {
  const lines = [];
  for (const kind of KINDS) {
    for (const capability of capabilities) {
      const lack = LACKS[kind][capability];
      if (!lack) continue;
      const why = lack.link ? `[${lack.because}](${lack.link})` : lack.because;
      lines.push(
        `- \`${capability}\` (${CAPABILITIES[capability]}), ${kind}: ${why}${lack.seen ? ` (${lack.seen})` : ""}`,
      );
    }
  }
  return lines.length > 0 ? ["", "Exceptions:", "", ...lines] : [];
}

function section(promised, index) {
  const names = new Map();
  for (const suite of promised.suites) {
    const titles = KINDS.flatMap((kind) => casesOf(kind, [suite]).map(({ title }) => title));
    names.set(suite, [...new Set(titles)]);
  }
  const proofs = [...names].flatMap((
    [suite, titles],
  ) => [`- ${suite}`, ...titles.map((title) => `  - ${escaped(title)}`)]);
  return [
    `## Promise ${index + 1}`,
    "",
    `**${promised.promise}**`,
    "",
    promised.how,
    ...exceptions(promised),
    "",
    "<details><summary>The tests that prove it</summary>",
    "",
    ...proofs,
    "",
    "</details>",
  ];
}

const escaped = (title) => title.replaceAll(/[<>*_[\]\\`]/g, "\\$&");
const total = [...ran.values()].flat().filter(({ status }) => status === "passed").length;
const versions = JSON.parse(readFileSync(join(folder, "versions.json"), "utf8"));
const text = [
  "# Guarantees",
  "",
  "Made by `scripts/guarantees.mjs` out of the results of `npm test`; not to be edited. " +
  `${total} cases passed on ${versions.join(", ")}.`,
  "",
  "Each number is how many cases passed on that kind of worker. A word beside it names what the kind can't do, which the promise's",
  "exceptions explain; its cases then check what happens instead.",
  "",
  `| promise | ${KINDS.join(" | ")} |`,
  `| --- | ${KINDS.map(() => "---").join(" | ")} |`,
  ...PROMISES.map((promised, i) =>
    `| [${i + 1}](#promise-${i + 1}). ${promised.promise} | ${KINDS.map((kind) => cell(kind, promised)).join(" | ")} |`
  ),
  "",
  ...PROMISES.flatMap((promised, i) => [...section(promised, i), ""]),
].join("\n");
writeFileSync(new URL("../docs/guarantees.md", import.meta.url), text);
