/**
 * Runs jobs inside the worker, and sees that each is answered exactly once. The host decides how many run at once.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { ClusterError } from "../core/errors.ts";
import type { AbortWhy, JobEntry, JobNumber } from "../core/frame.ts";
import { findUncloneable } from "../wire/cloneable.ts";
import { encodeThrown } from "../wire/error-codec.ts";
import { RunContext } from "./context.ts";
import type { Contract, Handler } from "./contract.ts";
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
  readonly #runs = new Map<JobNumber, Run>();
  /** Tells which job a `process.send` of an unmodified module belongs to, however late it comes. */
  readonly #current = new AsyncLocalStorage<Run>();

  constructor(link: Link, contract: Contract, inbox: Inbox) {
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
    else this.#answer(run, 1, encodeThrown(noSuchTask(task, this.#contract.tasks)));
  }

  abort(number: JobNumber, why: AbortWhy): void {
    const run = this.#runs.get(number);
    if (!run || run.answered) return;
    const reason = why === "timeout"
      ? new DOMException("The job ran longer than its timeout", "TimeoutError")
      : new DOMException("The job was aborted", "AbortError");
    // Said before the handler hears of it: its answer may come at once.
    if (run.context.abort(reason)) this.#link.post({ type: "aborting", job: number });
  }

  /** What `process.send` does: the first message of a job is its answer. */
  send(message: unknown): void {
    const run = this.#current.getStore() ?? this.#only();
    if (run && !run.answered) this.#answer(run, 0, message);
    else this.#link.post({ type: "stray" });
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
    } catch (error) {
      return this.#answer(run, 1, encodeThrown(error));
    }
    if (!isThenable(result)) return this.#answer(run, 0, result);
    // `Promise.resolve` also tames thenables that call back twice or throw.
    Promise.resolve(result).then(
      (value) => this.#answer(run, 0, value),
      (error) => this.#answer(run, 1, encodeThrown(error)),
    );
  }

  #answer(run: Run, failed: 0 | 1, value: unknown): void {
    run.answered = true;
    this.#runs.delete(run.number);
    try {
      this.#link.post({ type: "answers", answers: [[run.number, failed, value]] }, run.context.transfers);
    } catch (cause) {
      const error = encodeThrown(notCloneable(value, run.context.job.id, cause));
      this.#link.post({ type: "answers", answers: [[run.number, 1, error]] });
    }
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function notCloneable(value: unknown, job: string, cause: unknown): ClusterError {
  const offender = findUncloneable(value, "result");
  const path = offender?.path ?? "result";
  const why = offender
    ? `${path} is ${offender.what}`
    : `${path}: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new ClusterError("CC_ERR_NOT_CLONEABLE", `the result of job ${job} can't be sent to the host: ${why}`, {
    job,
    path,
    cause,
  });
}

function noSuchTask(task: string | null, tasks: readonly string[]): ClusterError {
  const choice = tasks.length > 0 ? `it exports: ${tasks.join(", ")}` : "it exports no task";
  const message = task === null
    ? `the worker module has no default export that is a function: name a task; ${choice}`
    : `task must be a function that the worker module exports, got ${JSON.stringify(task)}; ${choice}`;
  return new ClusterError("CC_ERR_OPTION", message, { retryable: true });
}
