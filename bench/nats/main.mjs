// Jobs through a NATS server, measured on one machine: how many a second, how soon, what they cost the server, next to a bare loop over
// the official client in the same run; and, by simulation with these costs, what more hosts need.
//
//   npm run bench:nats                    all of it; about 7 minutes
//   npm run bench:nats -- --quick         a look at whether it works: the figures are worth nothing
//   npm run bench:nats -- --write         all of it, and writes docs/scale.md; on a machine that has nothing else to do
//   npm run bench:nats -- --server 2.10   with another version of the server
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { tsImport } from "tsx/esm/api";
import { deno, root } from "../../scripts/bin.mjs";
import { BARE, busy, compared, idle, memory } from "./cases.mjs";
import { forecast } from "./forecast.mjs";
import { page } from "./page.mjs";
import { heldJobs, idleHosts, keptAnswers } from "./standing.mjs";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean" },
    write: { type: "boolean" },
    server: { type: "string", default: "2.9" },
  },
});
const { quick = false, write = false, server: version } = values;
if (quick && write) throw new Error("figures that are worth nothing are not written");

const built = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: root, encoding: "utf8" });
if (built.status !== 0) throw new Error(built.stderr);

/** Slots of hosts that only wait: as many as the plans have. */
const IDLE_SLOTS = 8;

const size = quick ? { jobs: 100, repetitions: 2 } : { jobs: 2_000, repetitions: 5 };
const standing = { time: quick ? 2_000 : 30_000 };
const places = quick ? [[1, 1], [2, 2]] : [[1, 1], [2, 1], [4, 1], [1, 4], [4, 4]];
const results = {
  version,
  node: process.version,
  cores: availableParallelism(),
  load: loadavg()[0],
  throughput: [],
  busy: [],
  idle: [],
};

for (const [hosts, submitters] of places) {
  const place = { hosts, submitters };
  results.throughput.push(
    shown("jobs", { ...place, ...await compared({ version, ...place }, { ours: {}, ...BARE }, size) }),
  );
}
results.replicas = shown(
  "replicas",
  await compared(
    { version, hosts: 1, submitters: 1 },
    { one: {}, three: { servers: 3, replicas: 3 } },
    { ...size, jobs: size.jobs / 2 },
  ),
);
for (const [hosts, slots] of quick ? [[1, 4]] : [[1, 4], [2, 4], [4, 8]]) {
  results.busy.push(shown("busy", await busy({ version, hosts, slots }, { jobs: (quick ? 25 : 50) * slots * hosts })));
}
for (const others of [0, quick ? 3 : 19]) {
  results.idle.push(shown("idle", await idle({ version, idle: others }, { jobs: quick ? 50 : 1_000 })));
}
results.memory = shown("memory", await memory({ version }, { jobs: quick ? 100 : 2_000 }));
// Side by side, since there is little to do: each has a server of its own.
[results.held, ...results.idleHosts] = shown(
  "standing",
  await Promise.all([
    heldJobs({ version, held: quick ? 20 : 500 }, standing),
    ...(quick ? [1, 3] : [1, 10, 100]).map((hosts) => idleHosts({ version, hosts, slots: IDLE_SLOTS }, standing)),
  ]),
);
results.kept = shown("kept", await keptAnswers({ version }, { answers: quick ? 2_000 : 200_000 }));

const library = {
  ...await tsImport("../../src/nats/pulling.ts", import.meta.url),
  ...await tsImport("../../src/nats/room.ts", import.meta.url),
};
const text = page(results, shown("forecast", forecast(results, library)));
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
  if (!others.includes(line)) writeFileSync(index, others.replace("- [Decisions]", `${line}- [Decisions]`));
  spawnSync(deno, ["fmt", "--quiet", file, index], { cwd: root, stdio: "inherit" });
}

/** @template T @param {string} name @param {T} result @returns {T} */
function shown(name, result) {
  console.error(
    name,
    JSON.stringify(result, (_, value) => typeof value === "number" ? Number(value.toPrecision(4)) : value),
  );
  return result;
}
