/**
 * `compute-cluster dead`: the jobs that were set aside because their hosts were all lost.
 *
 * @module
 */

import process from "node:process";
import { inspect } from "node:util";
import { type DeadJob, DeadLetters } from "../../nats.ts";
import { type AccessFlags, accessOf, toldError } from "./access.ts";
import { EXIT } from "./exit-code.ts";
import { answerJson } from "./outcome-line.ts";
import { print } from "./print.ts";
import { reasonOf } from "./reason.ts";
import { aligned, bytes, printable, time } from "./table.ts";
import { UsageError } from "./told-errors.ts";

/** What the command was told. */
export interface DeadFlags extends AccessFlags {
  readonly queue: string;
  readonly all?: true;
  readonly json?: true;
}

/** What is done to jobs. */
export type DeadAction = "show" | "requeue" | "drop";

/** Lists them, and returns the exit code. */
export function listDead(flags: DeadFlags): Promise<number> {
  return withLetters(flags, async (letters) => {
    const jobs = await letters.list();
    if (flags.json) {
      for (const job of jobs) await print(`${JSON.stringify(job)}\n`);
    } else await print(jobs.length > 0 ? `${table(jobs)}\n` : `no jobs of ${flags.queue} were set aside\n`);
    return EXIT.done;
  });
}

/** Does something to some of them, and returns the exit code. */
export function handleDead(action: DeadAction, ids: readonly string[], flags: DeadFlags): Promise<number> {
  if ((ids.length === 0) === (flags.all !== true)) throw new UsageError("give the ids of jobs, or --all");
  return withLetters(flags, async (letters) => {
    const jobs = chosen(await letters.list(), ids, flags);
    let done = 0;
    for (const job of jobs) if (await handled(letters, action, job)) done++;
    if (action !== "show") say(`${done} of ${jobs.length} ${action === "requeue" ? "put back" : "dropped"}`);
    return done === jobs.length ? EXIT.done : EXIT.failed;
  });
}

/** Says whether it was done. */
async function handled(letters: DeadLetters, action: DeadAction, job: DeadJob): Promise<boolean> {
  try {
    if (action === "show") await show(letters, job);
    else if (action === "drop") await letters.drop(job);
    else if (await letters.requeue(job) === "answered") {
      say(`${job.id}: has an answer by now, and is left here`);
      return false;
    }
    return true;
  } catch (error) {
    say(`${job.id}: ${reasonOf(error)}`);
    return false;
  }
}

async function show(letters: DeadLetters, job: DeadJob): Promise<void> {
  const { args, timeout, ...content } = await letters.read(job);
  const limit = timeout === Infinity ? {} : { timeout };
  await print(`${JSON.stringify({ ...job, ...limit, ...content, ...shownArgs(args) }, null, 2)}\n`);
}

/** What JSON does not have, as Node shows it. */
function shownArgs(args: unknown): Record<string, unknown> {
  try {
    const json = answerJson(args);
    return json === "" ? {} : { args: JSON.parse(json) };
  } catch {
    return { argsShown: inspect(args, { depth: 6 }) };
  }
}

/** The jobs of these names, or all. */
function chosen(jobs: readonly DeadJob[], ids: readonly string[], { all, queue }: DeadFlags): readonly DeadJob[] {
  if (all) return jobs;
  const found = ids.map((id) => {
    const named = jobs.filter((job) => job.address === id || job.id === id);
    if (named.length === 0) throw new UsageError(`no job ${JSON.stringify(id)} of ${queue} was set aside`);
    if (named.length === 1) return named[0] as DeadJob;
    const addresses = named.map(({ address }) => address).join(", ");
    throw new UsageError(`${JSON.stringify(id)} are several jobs; give one of their addresses: ${addresses}`);
  });
  return [...new Set(found)];
}

function table(jobs: readonly DeadJob[]): string {
  return aligned([
    ["id", "task", "deliveries", "age", "size"],
    ...jobs.map(({ id, task, deliveries, at, size }) => [
      id,
      task ?? "default",
      String(deliveries),
      time(Math.max(0, Date.now() - at.getTime())),
      bytes(size),
    ]),
  ], [0, 1]);
}

async function withLetters(flags: DeadFlags, use: (letters: DeadLetters) => Promise<number>): Promise<number> {
  try {
    const letters = await DeadLetters.open({ ...accessOf(flags), queue: flags.queue });
    try {
      return await use(letters);
    } finally {
      await letters.close();
    }
  } catch (error) {
    throw toldError(error);
  }
}

function say(text: string): void {
  process.stderr.write(`${printable(text)}\n`);
}
