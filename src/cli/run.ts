/**
 * `compute-cluster run`: jobs from files or stdin, results to stdout or a file.
 *
 * @module
 */

import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { ComputeCluster, ComputeClusterOptions } from "../../mod.ts";
import { isOwnFault, isTerminated } from "../own-fault.ts";
import { EXIT } from "./exit-code.ts";
import { checkDistinct } from "./distinct-files.ts";
import { Fingerprint } from "./fingerprint.ts";
import { flow, type JobOutcome } from "./flow.ts";
import { Interrupts } from "./interrupts.ts";
import { checkJournal, partOf, type Plan, type State, writeJournal } from "./journal.ts";
import { answerJson, failureLine, failureSentence, successLine } from "./outcome-line.ts";
import { type Progress, shown, showProgress, SILENCE } from "./progress.ts";
import { type InputFormat, type Job, type Jobs, readJobs } from "./read-jobs.ts";
import { Results } from "./results.ts";
import { findState, type Resumed, skipDone } from "./resume.ts";
import { FileSink, type Sink, StdoutSink, syncFolder } from "./sinks.ts";
import { isUsable, make, pathOf } from "./open-cluster.ts";
import { untilHalted } from "./until-halted.ts";
import { RunError, UsageError } from "./told-errors.ts";

/** What the command was told. */
export interface RunOptions {
  readonly input: InputFormat;
  readonly output?: string;
  readonly unordered?: true;
  readonly values?: true;
  readonly failed?: string;
  readonly journal?: string;
  readonly resume?: true;
  readonly task?: string;
  readonly setupData?: string;
  readonly quiet?: true;
  /** Those of the cluster, but for its module. */
  readonly cluster: Omit<ComputeClusterOptions, "module">;
}

/** How many failures are told of on stderr; all of them are in the results. */
const MOST_TOLD = 10;

/** How long what has ended may take to be written when all is to end at once, in milliseconds. */
const LAST_WRITES = 500;

/** Runs the jobs, and returns the exit code. */
export async function run(module: string, files: readonly string[], options: RunOptions): Promise<number> {
  checkCombination(options);
  const plan = planOf(module, options);
  checkFiles(plan, files, options);
  const state = await findState(plan, options.journal, options.resume === true);
  const jobs = readJobs(options.input, files);
  if (
    process.stdin.isTTY && options.input !== "files" && (files.length === 0 || files.includes("-")) && !options.quiet
  ) {
    process.stderr.write("reading jobs from the terminal; Ctrl-D ends them\n");
  }
  return await new Run(plan, options, jobs, state).run();
}

function checkCombination({ journal, output, resume }: RunOptions): void {
  if (resume && journal === undefined) throw new UsageError("--resume needs --journal");
  if (journal !== undefined && output === undefined) {
    throw new UsageError("--journal needs --output: what stdout has got can't be taken back when a run is resumed");
  }
}

function planOf(module: string, options: RunOptions): Plan {
  const { output, failed } = options;
  return {
    module: pathOf(module),
    task: options.task ?? null,
    input: options.input,
    output: output === undefined ? "" : resolve(output),
    failedFile: failed === undefined ? null : resolve(failed),
    unordered: options.unordered === true,
    values: options.values === true,
    setupData: options.setupData ?? null,
  };
}

function checkFiles({ module, output, failedFile }: Plan, files: readonly string[], options: RunOptions): void {
  const { journal, input } = options;
  const names = files.filter((file) => file !== "-").map((file) => resolve(file));
  checkDistinct({
    read: [
      ["the worker module", module.startsWith("file:") ? fileURLToPath(module) : module],
      ...names.map((file) => ["the input", file] as const),
    ],
    written: [
      ...(output === "" ? [] : [["--output", output] as const]),
      ...(failedFile === null ? [] : [["--failed", failedFile] as const]),
      // The second is what it is written to first.
      ...(journal === undefined ? [] : [journal, partOf(journal)].map((path) => ["--journal", resolve(path)] as const)),
    ],
    stdin: input !== "files" && (files.length === 0 || files.includes("-")),
    stdout: output === "",
  });
}

/** One run. */
class Run {
  readonly #plan: Plan;
  readonly #options: RunOptions;
  readonly #jobs: Jobs;
  readonly #from: State;
  readonly #fingerprint = new Fingerprint();
  /** Ends it at once. */
  readonly #halt = new AbortController();
  readonly #interrupts: Interrupts;
  #progress: Progress = SILENCE;
  #results: Results | null = null;
  #cluster: ComputeCluster | null = null;
  /** In units of the jobs' sizes. */
  #done = 0;
  #ended = 0;
  #failed = 0;
  #told = 0;

  constructor(plan: Plan, options: RunOptions, jobs: Jobs, from: State) {
    this.#plan = plan;
    this.#options = options;
    this.#jobs = jobs;
    this.#from = from;
    this.#interrupts = new Interrupts(() => this.#drain(), () => this.#stop(STOPPED));
  }

  async run(): Promise<number> {
    const start = performance.now();
    // A run ends by itself: Deno 2.9.6 does not stay for a stdin that has been paused.
    const alive = setInterval(() => {}, 1_000_000);
    try {
      // First it is to be known that the input is the same, and that the module loads.
      const held = await skipDone(this.#from, this.#input());
      const cluster = make({ module: this.#plan.module, ...this.#options.cluster });
      this.#cluster = cluster;
      // What a worker has done to its job is told with that.
      cluster.on("error", (error) => this.#results && !("job" in error) && this.#say(error.message));
      await isUsable(cluster);
      const results = this.#results = new Results(await this.#resultParts());
      const why = await this.#runAll(cluster, results, held);
      if (!isOption(why)) this.#summary((performance.now() - start) / 1000);
      return this.#exitCode(why, results.failures);
    } catch (error) {
      if (this.#halt.signal.reason === STOPPED) return this.#exitCode(null, 0);
      throw error;
    } finally {
      clearInterval(alive);
      this.#progress.end();
      this.#jobs.stop();
      await (this.#halt.signal.aborted ? this.#cluster?.exit() : this.#cluster?.close());
      this.#interrupts.end();
    }
  }

  #input(): Resumed {
    return {
      next: () => this.#read(),
      prefix: () => this.#fingerprint.prefix,
      isStopped: () => this.#interrupts.exitCode !== null,
      skip: (job) => this.#done += job.size,
    };
  }

  /** Returns why it has ended early, or null. */
  async #runAll(cluster: ComputeCluster, results: Results, held: Job[]): Promise<unknown> {
    if (!this.#options.quiet) {
      this.#progress = showProgress(() => ({
        done: this.#done,
        total: this.#jobs.total,
        jobs: this.#ended,
        failures: this.#failed,
        workers: cluster.stats().workers,
      }), this.#options.output === undefined);
    }
    const { signal } = this.#halt;
    let why: unknown = null;
    try {
      await flow(cluster, {
        task: this.#options.task,
        ordered: !this.#options.unordered,
        signal,
        next: () => this.#next(held),
        settle: (job, outcome) => this.#settle(job, outcome),
        room: () => {
          const room = results.room();
          return room && untilHalted(room, signal, 0);
        },
      });
    } catch (error) {
      why = error;
    }
    // Whoever takes no results is not waited for.
    const isWhole = why === null && this.#interrupts.exitCode === null;
    await untilHalted(results.end(isWhole), signal, LAST_WRITES);
    return signal.aborted ? signal.reason : why;
  }

  async #next(held: Job[]): Promise<Job | null> {
    if (this.#interrupts.exitCode !== null) return null;
    return held.shift() ?? await this.#read();
  }

  #exitCode(why: unknown, failures: number): number {
    const code = failures > 0 ? EXIT.failed : EXIT.done;
    if (why === null || why === STOPPED) return this.#interrupts.exitCode ?? code;
    // Whoever read the results wants no more of them.
    if (isEndOfPipe(why)) return code;
    if (isOption(why)) throw new UsageError(why.message);
    throw why;
  }

  async #resultParts(): Promise<ConstructorParameters<typeof Results>[0]> {
    const { output, failed, journal } = this.#options;
    const from = this.#from;
    const sink = output === undefined ? new StdoutSink() : await FileSink.open(output, from.outputBytes);
    if (journal !== undefined && sink instanceof FileSink && !sink.isRegular) {
      throw new UsageError(`--journal needs a file as --output, which ${output} is not`);
    }
    const failedSink: Sink | null = failed === undefined ? null : await FileSink.open(failed, from.failedBytes);
    if (journal !== undefined && failedSink instanceof FileSink && !failedSink.isRegular) {
      throw new UsageError(`--journal needs a file as --failed, which ${failed} is not`);
    }
    if (journal !== undefined) await checkJournal(journal);
    const write = journal === undefined ? null : async (state: State, isFirst: boolean) => {
      await writeJournal(journal, { plan: this.#plan, state });
      if (isFirst) await syncFolder(journal);
    };
    return {
      output: sink,
      failed: failedSink,
      from,
      read: () => this.#fingerprint.prefix,
      journal: write,
      broken: (cause) =>
        this.#stop(isEndOfPipe(cause) ? cause : new RunError(`can't write the results: ${cause.message}`)),
    };
  }

  async #read(): Promise<Job | null> {
    const job = await this.#jobs.next();
    if (job && this.#options.journal !== undefined) this.#fingerprint.add(job.line);
    return job;
  }

  #settle(job: Job, outcome: JobOutcome): void {
    if (!outcome.ok && concernsAll(outcome.error)) throw outcome.error;
    if (!outcome.ok && this.#interrupts.exitCode !== null && isTerminated(outcome.error)) throw STOPPED;
    this.#done += job.size;
    this.#ended++;
    if (!outcome.ok) return this.#fail(job, outcome);
    try {
      const json = answerJson(outcome.value);
      this.#results?.add(job.index, this.#options.values ? `${json || "null"}\n` : successLine(job, json), null);
    } catch (error) {
      this.#fail(job, { ok: false, error });
    }
  }

  #fail(job: Job, outcome: Extract<JobOutcome, { ok: false }>): void {
    this.#failed++;
    this.#results?.add(job.index, this.#options.values ? "" : failureLine(job, outcome.error), job);
    if (++this.#told <= MOST_TOLD) this.#say(failureSentence(job, outcome));
    else if (this.#told === MOST_TOLD + 1) this.#say("more jobs fail; this is not told of each");
  }

  /** Finishes what is under way. */
  #drain(): void {
    this.#jobs.stop();
    const { running = 0, waiting = 0 } = this.#cluster?.stats().jobs ?? {};
    this.#say(`interrupted: finishing what is under way (jobs: ${shown(running + waiting)}); again to stop at once`);
  }

  #stop(why: unknown): void {
    this.#jobs.stop();
    this.#halt.abort(why);
    void this.#cluster?.exit();
  }

  #say(text: string): void {
    if (this.#options.quiet) return;
    if (this.#progress === SILENCE) process.stderr.write(`${text}\n`);
    else this.#progress.say(text);
  }

  #summary(seconds: number): void {
    if (this.#options.quiet) return;
    this.#progress.end();
    this.#progress = SILENCE;
    const before = this.#from.done.length > 0 ? " more" : "";
    const rate = shown(this.#ended / Math.max(seconds, 0.001));
    this.#say(
      `${shown(this.#ended)}${before} ${this.#ended === 1 ? "job" : "jobs"}, ${shown(this.#failed)} failed, in ${
        shown(seconds)
      } s (${rate}/s)`,
    );
    if (this.#interrupts.exitCode !== null && this.#options.journal !== undefined) {
      this.#say("--resume goes on from here");
    }
  }
}

/** The reason of a second signal, or of a first one that the workers got, too: their jobs are to be run again. */
const STOPPED = new Error("stopped by a signal");

/** Every other job would fail for the same reason, and this one has not begun. */
function concernsAll(error: unknown): boolean {
  return isOwnFault(error) && error.retryable &&
    ["CC_ERR_WORKER_START", "CC_ERR_OPTION", "CC_ERR_CLOSED"].includes(error.code);
}

function isEndOfPipe(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EPIPE";
}

function isOption(error: unknown): error is Error {
  return (error as { code?: unknown } | null)?.code === "CC_ERR_OPTION";
}
