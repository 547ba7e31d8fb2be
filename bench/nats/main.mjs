// Jobs through a NATS server, measured on one machine: how many a second, how soon, what they cost the server, next to a bare loop over
// the official client in the same run.
//
//   npm run bench:nats                    all of it; some minutes
//   npm run bench:nats -- --quick         a look at whether it works: the figures are worth nothing
//   npm run bench:nats -- --write         all of it, and writes docs/scale.md; on a machine that has nothing else to do
//   npm run bench:nats -- --server 2.10   with another version of the server
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { deno, root } from "../../scripts/bin.mjs";
import { busy, idle, memory, throughput } from "./cases.mjs";
import { page } from "./page.mjs";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean" },
    write: { type: "boolean" },
    server: { type: "string", default: "2.9" },
  },
});
const { quick = false, write = false, server: version } = values;
if (quick && write) {
  throw new Error("figures that are worth nothing are not written");
}

const built = spawnSync(process.execPath, ["scripts/build.mjs"], {
  cwd: root,
  encoding: "utf8",
});
if (built.status !== 0) throw new Error(built.stderr);

const size = { jobs: quick ? 200 : 10_000 };
const places = quick ? [[1, 1], [2, 2]] : [[1, 1], [2, 1], [4, 1], [1, 4], [4, 4]];
const results = {
  version,
  node: process.version,
  load: loadavg()[0],
  throughput: [],
  bare: [],
  busy: [],
  idle: [],
};

for (const [hosts, submitters] of places) {
  const setting = { version, hosts, submitters };
  // One after the other, so that both have the same of what else the machine does.
  results.bare.push(
    shown("bare", await throughput({ ...setting, bare: true }, size)),
  );
  results.throughput.push(shown("cluster", await throughput(setting, size)));
}
for (const [hosts, slots] of quick ? [[1, 4]] : [[1, 4], [2, 4], [4, 8]]) {
  results.busy.push(
    shown(
      "busy",
      await busy({ version, hosts, slots }, {
        jobs: quick ? 100 : 200 * slots * hosts / 4,
      }),
    ),
  );
}
for (const others of [0, quick ? 3 : 19]) {
  results.idle.push(
    shown(
      "idle",
      await idle({ version, idle: others }, { jobs: quick ? 50 : 1_000 }),
    ),
  );
}
results.memory = shown(
  "memory",
  await memory({ version }, { jobs: quick ? 100 : 2_000 }),
);

const text = page(results);
if (write) publish(text);
else console.log(text);
process.exit();

/** Writes the page, and what leads to it. @param {string} text */
function publish(text) {
  const [file, index] = ["docs/scale.md", "docs/README.md"].map((path) => join(root, path));
  writeFileSync(file, text);
  const others = readFileSync(index, "utf8");
  const line =
    "- [How far it goes](scale.md): what a job costs a NATS server, and what 10, 100 and 10 000 hosts need.\n";
  if (!others.includes(line)) {
    writeFileSync(
      index,
      others.replace("- [Decisions]", `${line}- [Decisions]`),
    );
  }
  spawnSync(deno, ["fmt", "--quiet", file, index], {
    cwd: root,
    stdio: "inherit",
  });
}

/** @template T @param {string} name @param {T} result @returns {T} */
function shown(name, result) {
  console.error(name, JSON.stringify(result));
  return result;
}
