#!/usr/bin/env node
/**
 * The command line: `compute-cluster run`, `bench` and `init`, and for many machines `serve`, `top` and `dead`.
 *
 * ```sh
 * npx compute-cluster --help
 * deno run -A jsr:@x/compute-cluster/cli --help
 * ```
 *
 * @module
 */

import process from "node:process";
import { Command, CommanderError, Option } from "commander";
import type { ComputeClusterOptions, Isolation } from "../../mod.ts";
import { bench, type BenchOptions } from "./bench.ts";
import { EXIT } from "./exit-code.ts";
import { init } from "./init.ts";
import { addDead, addServe, addTop } from "./queue-commands.ts";
import { INPUT_FORMATS } from "./read-jobs.ts";
import { reasonOf } from "./reason.ts";
import { run, type RunOptions } from "./run.ts";
import { UsageError } from "./told-errors.ts";
import { count, duration, json, seconds } from "./values.ts";
import { VERSION } from "../version.ts";

/** As commander gives them. */
interface RunFlags extends Omit<RunOptions, "cluster"> {
  readonly retries?: number;
  readonly timeout?: number;
  readonly maxWorkers?: number;
  readonly isolation?: Isolation;
  readonly concurrency?: number;
}

const isolation = (): Option =>
  new Option("--isolation <kind>", "what workers are (default: process; on Deno thread)").choices([
    "process",
    "thread",
  ]);

const setupData = (): Option =>
  new Option("--setup-data <json>", "handed to the module's setup() in every worker").argParser(json);

/** The exit code, or null to end as the runtime does when nothing is left to do. */
let exitCode: number | null = null;

function program(): Command {
  const program = new Command("compute-cluster")
    .description("Heavy computation on all cores: runs a worker module on many jobs.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError("(--help tells more)");

  program.command("run")
    .summary("run a worker module on jobs from files or stdin")
    .description(
      "Runs the default export of a worker module, or a task of it, on each job, and writes a line of JSON for each:\n" +
        '{"index":0,"value":…} or {"index":1,"at":"jobs.ndjson:2","error":{…}}.',
    )
    .argument("<module>", "the worker module, a path or a URL")
    .argument("[files...]", "where the jobs are; stdin if there are none, and for -")
    .addOption(
      new Option(
        "--input <format>",
        "what a job is: a line of JSON (ndjson), a line as a string (lines), or the name of a file itself (files)",
      ).choices(INPUT_FORMATS).default("ndjson"),
    )
    .option("-o, --output <file>", "write results there, not to stdout")
    .option("--unordered", "write results as jobs end, not in the order of the jobs")
    .option("--values", "write the values alone, and nothing for jobs that fail")
    .option("--failed <file>", "write the inputs of failed jobs there, to be run again")
    .option("--journal <file>", "keep a journal, with which an interrupted run can be resumed; needs --output")
    .option("--resume", "go on with the run of the journal: what it has done is not done again")
    .option("--task <name>", "the export of the module that runs the jobs (default: its default export)")
    .option("--retries <n>", "run a job again whose worker was lost, so often", count(0))
    .option("--timeout <time>", "longest run of a job, such as 500ms or 2s", duration)
    .option("--max-workers <n>", "the most workers (default: usable cores × 1.25)", count(1))
    .addOption(isolation())
    .option("--concurrency <n>", "jobs at once in one worker, for handlers that wait (default: 1)", count(1))
    .addOption(setupData())
    .option("-q, --quiet", "say nothing on stderr but errors of usage")
    .addHelpText(
      "after",
      `
Exit code: 0, 1 if jobs failed or the run broke off, 2 for wrong usage, 130 after Ctrl-C.
The first Ctrl-C finishes the jobs under way, the second stops at once.

Examples:
  compute-cluster run ./area.js jobs.ndjson > areas.ndjson
  compute-cluster run ./shrink.js --input files photos/*.jpg
  compute-cluster run ./area.js jobs.ndjson -o areas.ndjson --journal areas.journal --resume`,
    )
    .action(async (module: string, files: string[], flags: RunFlags) => {
      const { retries, timeout, maxWorkers, isolation, concurrency, ...options } = flags;
      const setupData = flags.setupData === undefined ? undefined : JSON.parse(flags.setupData);
      const cluster = { retries, timeout, maxWorkers, isolation, concurrency, setupData } satisfies Partial<
        ComputeClusterOptions
      >;
      exitCode = await run(module, files, { ...options, cluster });
    });

  program.command("bench")
    .summary("measure a worker module at several pool sizes")
    .description(
      "Measures how many jobs a second a worker module does in pools of several sizes, of processes and of threads,\n" +
        "and says which serves it best.",
    )
    .argument("<module>", "the worker module, a path or a URL")
    .addOption(new Option("--args <json>", "the arguments of each job").argParser(json).conflicts("input"))
    .option("--input <file>", "sample jobs, a line of JSON each, run in turn")
    .option("--task <name>", "the export of the module that runs the jobs (default: its default export)")
    .addOption(setupData())
    .option("--seconds <n>", "how long to measure each pool", seconds, 2)
    .option("--json", "print the figures as JSON")
    .addHelpText(
      "after",
      `
Examples:
  compute-cluster bench ./area.js --args '{"r":2}'
  compute-cluster bench ./shrink.js --input samples.ndjson --seconds 10`,
    )
    .action(async (module: string, options: BenchOptions) => {
      exitCode = await bench(module, options);
    });

  program.command("init")
    .summary("write a worker and a program that uses it")
    .description(
      "Writes a worker module and a program that uses it, for the runtime that runs this. Overwrites nothing.",
    )
    .argument("[folder]", "where to", ".")
    .action((folder: string) => {
      process.stdout.write(init(folder));
    });

  const ended = (code: number): void => void (exitCode = code);
  addServe(program, { isolation, setupData }, ended);
  addTop(program, ended);
  addDead(program, ended);
  return program;
}

async function main(): Promise<void> {
  // Of help that is piped to `head`, too. Whoever does not listen to what is said is no reason to end.
  for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
  try {
    await program().parseAsync(process.argv);
  } catch (error) {
    process.exitCode = tell(error);
    if (error instanceof CommanderError) return;
    exitCode = process.exitCode;
  }
  // Nothing is left to be done but what can't be ended: a read of a terminal, or a write to a pipe that nobody reads.
  if (exitCode !== null) process.exit(exitCode);
}

/** Says on stderr what went wrong, and returns the exit code. */
function tell(error: unknown): number {
  // It has told itself, or has shown help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const isUsage = error instanceof UsageError;
  process.stderr.write(`error: ${isUsage ? error.message : reasonOf(error)}\n`);
  return isUsage ? EXIT.usage : EXIT.failed;
}

void main();
