/**
 * `compute-cluster bench`: which pool serves a worker module best.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import process from "node:process";
import type { Isolation } from "../../mod.ts";
import { type Figures, measure } from "./bench-pool.ts";
import { best, sentence, table } from "./bench-report.ts";
import { EXIT } from "./exit-code.ts";
import { pathOf } from "./open-cluster.ts";
import { readJobs } from "./read-jobs.ts";
import { reasonOf } from "./reason.ts";
import { UsageError } from "./told-errors.ts";

/** What the command was told. */
export interface BenchOptions {
  readonly args?: string;
  readonly input?: string;
  readonly task?: string;
  readonly setupData?: string;
  readonly seconds: number;
  readonly json?: true;
}

/** The most sample jobs: they are kept in memory. */
const MOST_SAMPLES = 10_000;

/** Measures, prints, and returns the exit code. */
export async function bench(module: string, options: BenchOptions): Promise<number> {
  const samples = await samplesOf(options);
  const setup = options.setupData === undefined ? {} : { setupData: JSON.parse(options.setupData) };
  const found: Figures[] = [];
  let isWhole = true;
  for (const isolation of ["process", "thread"] as const) {
    try {
      for (const size of sizes()) {
        process.stderr.write(`${plan(isolation, size)} …\n`);
        const cluster = { module: pathOf(module), isolation, maxWorkers: size, minWorkers: size, ...setup };
        found.push(await measure({ cluster, size, isolation, samples, task: options.task, seconds: options.seconds }));
      }
    } catch (error) {
      // A module may be of use in processes only, or in threads.
      isWhole = false;
      process.stderr.write(`not in a ${isolation}: ${reasonOf(error)}\n`);
    }
  }
  if (found.length === 0) throw new UsageError("the module could not be measured");
  const text = options.json
    ? JSON.stringify({ pools: found, best: best(found) }, null, 2)
    : `${table(found)}\n\n${sentence(found)}`;
  process.stdout.write(`${text}\n`);
  return !isWhole || found.some(({ failed }) => failed > 0) ? EXIT.failed : EXIT.done;
}

function plan(isolation: Isolation, size: number): string {
  return `${size} ${isolation === "process" ? "process" : "thread"}${
    size === 1 ? "" : isolation === "process" ? "es" : "s"
  }`;
}

/** One worker, half the cores, all, a quarter more as is the default, and twice as many. */
function sizes(): number[] {
  const cores = availableParallelism();
  const sizes = [1, Math.ceil(cores / 2), cores, Math.ceil(cores * 1.25), 2 * cores];
  return [...new Set(sizes)].sort((a, b) => a - b);
}

async function samplesOf({ args, input }: BenchOptions): Promise<unknown[]> {
  if (input === undefined) return [args === undefined ? undefined : JSON.parse(args)];
  const jobs = readJobs("ndjson", [input]);
  const samples: unknown[] = [];
  for (let job = await jobs.next(); job && samples.length < MOST_SAMPLES; job = await jobs.next()) {
    if (!job.ok) throw new UsageError(`${job.place}: ${job.error.message}`);
    samples.push(job.args);
  }
  jobs.stop();
  if (samples.length === 0) throw new UsageError(`there are no jobs in ${input}`);
  return samples;
}
