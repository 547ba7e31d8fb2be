// Runs clusters under random load, and checks every job's account and that nothing leaks. Started by scripts/soak.mjs.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import type { Isolation } from "../../mod.ts";
import { runtime } from "../../runtimes/select.ts";
import { random as randomOf } from "../core/random.ts";
import type { Account } from "./account.ts";
import { Chaos } from "./chaos.ts";
import { type Check, CHECKS, Discrepancy } from "./discrepancy.ts";
import { backTo, type Holdings, holdings, memory, memoryOf } from "./leaks.ts";
import { type Field, runRound } from "./load.ts";
import { planRound, planSteady, type RoundPlan } from "./plan.ts";
import { type Flat, flat, Samples, Totals } from "./report.ts";

const { values: given } = parseArgs({
  options: {
    runtime: { type: "string" },
    isolation: { type: "string", default: "both" },
    seconds: { type: "string" },
    jobs: { type: "string" },
    seed: { type: "string", default: String(Math.trunc(Math.random() * 2 ** 31)) },
  },
});
const jobs = Number(given.jobs ?? Infinity);
const seconds = Number(given.seconds ?? (given.jobs === undefined ? 60 : Infinity));
const isolations: Isolation[] = given.isolation === "both" ? ["process", "thread"] : [given.isolation as Isolation];

if (!(jobs > 0 && seconds > 0) || !isolations.every((name) => name === "process" || name === "thread")) {
  throw new Error(
    "usage: soak [--runtime node|bun|deno] [--isolation process|thread|both] [--seconds 60] [--jobs 100000] [--seed 7]",
  );
}

/** How long one cluster of those is used, in seconds: there must be enough of them to compare. */
const ROUND = Math.min(10, seconds * 0.04);

/** The part of the time that goes to clusters that come and go; the rest is the steady ones'. */
const WILD = 0.7;

const MEGABYTE = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), "compute-cluster-soak-"));
const random = randomOf(Number(given.seed));
const start = performance.now();
const totals = new Totals();
const samples = new Samples();
const chaos = new Chaos(random);
let round: RoundPlan | null = null;

/** How much of the soak is done, from 0 to 1. */
function done(account?: Account): number {
  const accepted = totals.accepted + (account?.entries.length ?? 0);
  return Math.max((performance.now() - start) / 1000 / seconds, accepted / jobs);
}

let reported = start;
let running: Account | undefined;

function look(account: Account): void {
  running = account;
  if (performance.now() - reported < 5_000) return;
  reported = performance.now();
  const elapsed = ((reported - start) / 1000).toFixed(0);
  const { children, threads, descriptors } = holdings();
  const rss = (process.memoryUsage().rss / MEGABYTE).toFixed(0);
  const pids = round?.options.isolation === "process" ? account.living.map(({ id }) => id) : [];
  const workers = pids.map((pid) => ((memoryOf(pid) ?? 0) / MEGABYTE).toFixed(0));
  console.log(
    `${elapsed} s: ${totals.jobs + account.entries.length} jobs, ${totals.rounds} clusters, ${chaos.kills} kills; ` +
      `${children} children, ${threads} threads, ${descriptors} descriptors, ${rss} MB, workers [${workers}] MB`,
  );
}

async function run(
  plan: RoundPlan,
  until: number,
  longest: number,
  also: (account: Account) => void = () => {},
): Promise<void> {
  round = plan;
  running = undefined;
  const began = performance.now();
  const field: Field = {
    random,
    chaos,
    totals,
    folder,
    over: () => done(running) >= until || performance.now() - began > longest * 1000,
    look: (account) => {
      look(account);
      also(account);
    },
  };
  await runRound(plan, field);
  running = undefined;
}

/** Everything; gives what there was before and after it. */
async function soak(): Promise<{ before: Holdings; after: Holdings }> {
  // Bun opens these when they are first used.
  process.stdout.write("");
  process.stderr.write("");
  // What a runtime opens once and keeps is there after a first cluster of each kind.
  for (const isolation of isolations) await run({ ...planSteady(isolation), jobs: 200 }, 1, 10);
  const before = holdings();
  for (let i = 0; done() < WILD; i++) {
    await run(planRound(random, isolations[i % isolations.length]!), WILD, ROUND);
    samples.add(memory(), await backTo(before));
  }
  for (const [i, isolation] of isolations.entries()) {
    await run(planSteady(isolation), WILD + (1 - WILD) * (i + 1) / isolations.length, Infinity, weigh);
  }
  return { before, after: await backTo(before) };
}

function weigh(account: Account): void {
  if (round?.options.isolation === "thread") return;
  for (const { id } of account.living) {
    const rss = memoryOf(id);
    if (rss !== null) samples.workers.push(rss);
  }
}

/** What must not grow, by check. */
function trends(): [Check, Flat[]][] {
  return [
    ["descriptors", [flat("descriptors", samples.descriptors, 1, 0)]],
    ["threads", [flat("threads", samples.threads, 1, 4)]],
    [
      "memory",
      [
        flat("resident", samples.rss, 1.25, 48 * MEGABYTE, MEGABYTE),
        flat("heap", samples.heap, 1.2, 4 * MEGABYTE, MEGABYTE),
      ],
    ],
    ["worker-memory", [flat("resident", samples.workers, 1.25, 32 * MEGABYTE, MEGABYTE)]],
  ];
}

function conclude({ before, after }: { before: Holdings; after: Holdings }): void {
  const notes = new Map<Check, string>([
    ["answers", `${totals}`],
    ["end", `${chaos.kills} kills, ${chaos.stops} stops`],
  ]);
  for (const name of ["children", "listeners", "descriptors", "threads"] as const) {
    notes.set(name, `${before[name]} before, ${after[name]} after`);
  }
  for (const [check, figures] of trends()) {
    const text = figures.map((figure) => figure.text).join("; ");
    if (figures.some((figure) => !figure.flat)) throw new Discrepancy(check, `it grows: ${text}`);
    notes.set(check, [notes.get(check), text].filter(Boolean).join("; "));
  }
  for (const check of CHECKS) console.log(`ok     ${check}${notes.has(check) ? ` (${notes.get(check)})` : ""}`);
}

function fail(error: unknown): never {
  const check = error instanceof Discrepancy ? error.check : "answers";
  const what = error instanceof Discrepancy ? error.message : String((error as Error)?.stack ?? error);
  console.log(`FAILED ${check}: ${what}`);
  console.log(`  in cluster ${totals.rounds + 1}: ${JSON.stringify(round)}`);
  console.log(`  seed ${given.seed} on ${runtime}`);
  process.exit(1);
}

process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
if (given.runtime !== undefined && given.runtime !== runtime) {
  fail(new Error(`this is ${runtime}, not ${given.runtime}`));
}
console.log(`soak on ${runtime}, ${isolations.join(" and ")}: ${seconds} s, ${jobs} jobs, seed ${given.seed}`);
soak().then(conclude).then(() => process.exit(0)).catch(fail);
