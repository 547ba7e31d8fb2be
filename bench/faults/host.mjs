// One fault, done to one contender: node host.mjs <contender> <fault> <folder>. The facts go into the folder.
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { inspect } from "node:util";
import { CONTENDERS } from "../contenders.mjs";
import { FAULTS } from "./faults.mjs";
import { readLog, until, wait } from "./log.mjs";

/** @import { Outcome } from "./verdicts.mjs" */
/** @import { Settled } from "./faults.mjs" */

/** A job that has not settled after this is said to hang, in milliseconds. */
const PATIENCE = 6_000;

const [name, faultName, folder] = process.argv.slice(2);
const contender = CONTENDERS.find((contender) => contender.name === name);
const fault = FAULTS.find((fault) => fault.name === faultName);
const log = join(folder, "log");

/** @type {import("../contenders.mjs").Pool[]} */
const pools = [];

/** @type {import("./faults.mjs").Host["start"]} */
async function start(options, file) {
  const worker = file === "late" ? contender.lateFile ?? contender.file : contender.file;
  const pool = await contender.start(new URL(`./workers/${worker}`, import.meta.url), {
    settings: contender.settings.faults,
    ...options,
  });
  pools.push(pool);
  return pool;
}

/** @type {import("./faults.mjs").Host["settle"]} */
function settle(job) {
  const start = performance.now();
  return new Promise((resolve) => {
    /** @param {Settled["state"]} state */
    const done = (state) => (value) => {
      clearTimeout(timer);
      resolve({ state, value, ms: performance.now() - start });
    };
    const timer = setTimeout(done("hang"), PATIENCE);
    try {
      (typeof job === "function" ? job() : job).then(done("value"), done("error"));
    } catch (error) {
      done("error")(error);
    }
  });
}

/**
 * @param {Settled} settled
 * @returns {Outcome}
 */
const note = ({ state, value, ms }) => ({ state, text: inspect(value).slice(0, 2_000), ms: Math.round(ms) });

const facts = await fault.run({
  contender,
  start,
  settle,
  note,
  ran: (id) => readLog(log).filter((line) => line.what === "run" && line.id === id),
  beats: () => readLog(log).filter(({ what }) => what === "beat"),
  loads: () => readLog(log).filter(({ what }) => what === "load"),
  wait,
  until,
});
writeFileSync(join(folder, "facts.new"), JSON.stringify(facts));
renameSync(join(folder, "facts.new"), join(folder, "facts.json"));

if (fault.end === "killed") process.kill(process.pid, "SIGKILL");
if (fault.end === undefined) {
  await Promise.race([Promise.all(pools.map((pool) => pool.close())).catch(() => {}), wait(3_000)]);
  process.exit();
}
