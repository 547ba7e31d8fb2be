/**
 * Runs jobs inside the worker, and sees that each is answered exactly once. The host decides how many run at once.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers";
import { ClusterError } from "../core/errors.ts";
import type { AbortWhy, Answer, Init, JobEntry, JobNumber } from "../core/frame.ts";
import { notCloneable } from "../wire/cloneable.ts";
import { encodeThrown } from "../wire/error-codec.ts";
import { RunContext } from "./context.ts";
import type { Contract, Handler } from "./contract.ts";
import { Gauge } from "./gauge.ts";
import type { Inbox } from "./inbox.ts";
import type { Link } from "./link.ts";

/** One job in progress. */
interface Run {
  readonly number: JobNumber;
  readonly context: RunContext;
  answered: boolean;
}

/** Runs what the host sends. */
export class Runner {
  readonly #link: Link;
  readonly #contract: Contract;
  readonly #inbox: Inbox;
  readonly #init: Init;
  readonly #gauge: Gauge;
  #strays = 0;
  readonly #runs = new Map<JobNumber, Run>();
  /** Tells which job a `process.send` of an unmodified module belongs to, however late it comes. */
  readonly #current = new AsyncLocalStorage<Run>();

  constructor(link: Link, contract: Contract, inbox: Inbox, init: Init) {
    this.#init = init;
    this.#gauge = new Gauge(init.measures);
    this.#link = link;
    this.#contract = contract;
    this.#inbox = inbox;
  }

  start([number, args, task, id, attempt]: JobEntry): void {
    const run: Run = { number, context: new RunContext({ id, task, attempt }), answered: false };
    this.#runs.set(number, run);
    const handler = this.#contract.handler(task);
    if (handler) this.#call(run, handler, args);
    else if (task === null && this.#inbox.heard) this.#current.run(run, () => this.#inbox.deliver(args));
    else this.#fail(run, noSuchTask(task, this.#contract.tasks));
  }

  abort(number: JobNumber, why: AbortWhy): void {
    const run = this.#runs.get(number);
    if (!run || run.answered) return;
    const reason = why === "timeout"
      ? new DOMException("The job ran longer than its timeout", "TimeoutError")
      : new DOMException("The job was aborted", "AbortError");
    // Said before the handler hears of it: its answer may come at once.
    this.#link.post({ type: "aborting", key: this.#init.key, job: number, heeds: run.context.takesSignal });
    run.context.abort(reason);
  }

  /** What `process.send` does: the first message of a job is its answer. */
  send(message: unknown): void {
    const run = this.#current.getStore() ?? this.#only();
    if (run && !run.answered) return this.#succeed(run, message);
    this.#stray();
    if (run && this.#runs.size > 0) warnOfStray(run.context.job.id);
  }

  /** Told together, once the running code has returned: a module may send a million. */
  #stray(): void {
    if (++this.#strays > 1) return;
    setImmediate(() => {
      const count = this.#strays;
      this.#strays = 0;
      this.#link.post({ type: "stray", key: this.#init.key, count });
    });
  }

  /** A message from outside of any job's asynchronous context belongs to the one job that runs, if only one does. */
  #only(): Run | undefined {
    if (this.#runs.size !== 1) return undefined;
    return this.#runs.values().next().value;
  }

  #call(run: Run, handler: Handler, args: unknown): void {
    let result: unknown;
    try {
      result = handler(args, run.context);
      // Whoever returns an object with a `then` that is no function, or that throws, gets no promise, or that error.
      if (!isThenable(result)) return this.#succeed(run, result);
    } catch (error) {
      return this.#fail(run, error);
    }
    // A promise of ours tames thenables that call back twice or throw.
    new Promise((resolve) => resolve(result)).then(
      (value) => this.#succeed(run, value),
      (error) => this.#fail(run, error),
    );
  }

  #succeed(run: Run, value: unknown): void {
    try {
      this.#answer(run, 0, value);
    } catch (cause) {
      const refused = { what: "the answer", value, root: "result", format: this.#init.serialization, cause };
      this.#fail(run, notCloneable(refused, { job: run.context.job.id }));
    }
  }

  #fail(run: Run, thrown: unknown): void {
    const format = this.#init.serialization;
    try {
      this.#answer(run, 1, encodeThrown(thrown, { format }));
    } catch {
      this.#answer(run, 1, encodeThrown(thrown, { format, cautious: true }));
    }
  }

  /** Throws what the line throws for a value that it can't carry; then nothing was sent. */
  #answer(run: Run, failed: 0 | 1, value: unknown): void {
    run.answered = true;
    this.#runs.delete(run.number);
    const { key } = this.#init;
    const answers: readonly Answer[] = [[run.number, failed, value]];
    const memory = this.#gauge.read();
    const frame = { type: "answers", key, answers, ...(memory === undefined ? {} : { memory }) } as const;
    this.#link.post(frame, failed ? [] : run.context.transfers);
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

let warned = false;

/**
 * Once per worker: a module that answers from something that outlives a job (a timer or a connection that the first job
 * made) would otherwise wait for ever, and nobody would know why. Its message is not taken for the answer of the job that
 * runs: it may as well be a second answer of the first.
 */
function warnOfStray(job: string): void {
  if (warned) return;
  warned = true;
  process.emitWarning(
    `a message was dropped: process.send was called by what job ${job} had started, after that job was answered, while ` +
      "another job runs. If it is to answer that one, make what it comes from (a timer, a connection) when the module " +
      "loads, not inside of a job.",
    "ComputeClusterWarning",
  );
}

function noSuchTask(task: string | null, tasks: readonly string[]): ClusterError {
  if (task === null && tasks.length === 0) {
    // Without one the worker would not have become ready.
    const message = "the worker module's message listener is gone: it was removed, or added with process.once";
    return new ClusterError("CC_ERR_OPTION", message, { retryable: true });
  }
  const choice = tasks.length > 0 ? `it exports: ${tasks.join(", ")}` : "it exports no task";
  const message = task === null
    ? `the worker module has no default export that is a function: name a task; ${choice}`
    : `task must be a function that the worker module exports, got ${JSON.stringify(task)}; ${choice}`;
  return new ClusterError("CC_ERR_OPTION", message, { retryable: true });
}
