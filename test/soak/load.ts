/**
 * Runs one cluster under its load, from its start to its end.
 *
 * @module
 */

import { ComputeCluster, type ComputeClusterOptions, type Isolation } from "../../mod.ts";
import { LACKS } from "../../runtimes/capabilities.ts";
import { runtime } from "../../runtimes/select.ts";
import type { Random } from "../core/random.ts";
import { isAlive } from "../conformance/kit.ts";
import { Account } from "./account.ts";
import type { Chaos } from "./chaos.ts";
import { Discrepancy } from "./discrepancy.ts";
import { Journal } from "./journal.ts";
import { planJob, type RoundPlan } from "./plan.ts";
import type { Totals } from "./report.ts";
import { isRefused, judge } from "./verdict.ts";

/** How long nothing at all may be answered, in milliseconds. */
const STUCK = 60_000;

/** What a round is given. */
export interface Field {
  readonly random: Random;
  readonly chaos: Chaos;
  readonly totals: Totals;
  /** For files. */
  readonly folder: string;
  /** Whether the time is up. */
  over(): boolean;
  /** Called now and then with the account of the cluster that runs. */
  look(account: Account): void;
}

/** Throws the first discrepancy. */
export async function runRound(round: RoundPlan, field: Field): Promise<void> {
  const { totals } = field;
  const journal = new Journal(field.folder, round.options.isolation, round.jobs + LATE);
  const module = new URL(`./workers/${round.contract}.mjs`, import.meta.url);
  const cc = new ComputeCluster({ module, ...surroundings(round.options.isolation), ...round.options });
  let watch: ReturnType<typeof setInterval> | undefined;
  try {
    const account = await new Promise<Account>((resolve, reject) => {
      const account = new Account(cc, journal, totals.jobs);
      watch = setInterval(() => {
        field.look(account);
        if (performance.now() - account.lastAnswer > STUCK) reject(stuck(account, cc));
        else if (!addsUp(cc)) {
          reject(new Discrepancy("stats", `stats() does not add up: ${JSON.stringify(cc.stats())}`));
        }
      }, 250);
      drive(cc, account, round, field).then(() => resolve(account), reject);
    });
    judge(account, round, journal.begins(account.first), cc.stats());
    totals.add(account);
  } finally {
    clearInterval(watch);
    journal.remove();
  }
}

/** What the workers' own kind allows. */
function surroundings(isolation: Isolation): Partial<ComputeClusterOptions> {
  return {
    ...flags(isolation),
    // What a job throws may be printed by a worker that dies of it.
    ...(LACKS[`${runtime} ${isolation}`].stdio ? {} : { stdio: "ignore" }),
  };
}

/** The workers are JavaScript: what this program needs for TypeScript would only make their starts slow. */
function flags(isolation: Isolation): Partial<ComputeClusterOptions> {
  if (LACKS[`${runtime} ${isolation}`].execArgv || runtime === "bun") return {};
  if (isolation === "thread") return { execArgv: [] };
  return { execArgv: [runtime === "deno" ? "--v8-flags=--expose-gc" : "--expose-gc"] };
}

/** Jobs that come after the end. */
const LATE = 3;

async function drive(cc: ComputeCluster, account: Account, round: RoundPlan, field: Field): Promise<void> {
  const { random, chaos } = field;
  const harmful = round.harm && round.options.isolation === "process";
  while (account.entries.length < round.jobs && !field.over()) {
    await account.below(round.window);
    // A burst, or one at a time.
    const limit = random.once(3) ? round.window : account.outstanding + 1;
    while (account.outstanding < limit && account.entries.length < round.jobs) {
      account.submit(planJob(random, round));
      if (harmful) chaos.strike(account);
    }
    // Refusals come at once: other things must have a turn.
    const last = account.entries.at(-1);
    if (last && isRefused(last)) await pause(1);
    else if (random.once(1_000)) await pause(random.integer(80));
  }
  if (!round.midFlight) await account.below(1);
  await end(account, round, field);
  if (account.outstanding > 0) await pause(0);
  const left = [...account.workers.keys()].filter((id) => round.options.isolation === "process" && isAlive(Number(id)));
  if (left.length > 0) throw new Discrepancy("end", `the cluster has closed, and workers ${left} live`);
  // An answer too many may still come.
  await pause(5);
  if (cc.listenerCount("error") !== 1) throw new Discrepancy("listeners", "the cluster has lost a listener");
}

async function end(account: Account, round: RoundPlan, { random }: Field): Promise<void> {
  const ends = [account.end(round.ending === "exit" ? "exit" : "close")];
  const late = { ...round, harm: false };
  for (let i = 0; i < LATE; i++) account.submit(planJob(random, late));
  if (round.ending === "close, then exit") {
    await pause(random.integer(30));
    ends.push(account.end("exit"));
  }
  await Promise.all(ends);
}

function stuck(account: Account, cc: ComputeCluster): Discrepancy {
  const waiting = account.entries.filter(({ answers }) => answers === 0);
  const [first] = waiting;
  const jobs = `${waiting.length} jobs wait; the first is job ${first?.n}, given to workers [${first?.workers}]`;
  return new Discrepancy("answers", `nothing was answered for ${STUCK} ms: ${jobs}\n  ${JSON.stringify(cc.stats())}`);
}

function addsUp(cc: ComputeCluster): boolean {
  const { accepted, succeeded, failed, waiting, running } = cc.stats().jobs;
  return accepted === succeeded + failed + waiting + running;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
