/**
 * Runs jobs: calls what the worker module has for them, and sees that each is answered exactly once.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { ClusterError } from "../core/errors.ts";
import { type AbortWhy, type Init, type JobEntry, type JobNumber, NO_ARGS, REPORTS, STREAMS } from "../core/frame.ts";
import { type TraceContext, traceOf } from "../core/trace.ts";
import { now } from "../now.ts";
import { traceScope } from "../trace-scope.ts";
import { notCloneable } from "../wire/cloneable.ts";
import { copyAs } from "../wire/copy.ts";
import { sendThrown } from "../wire/error-codec.ts";
import type { Answers } from "./answers.ts";
import type { Contract, Handler } from "./contract.ts";
import type { Inbox } from "./inbox.ts";
import type { Link } from "./link.ts";
import { Progress } from "./progress.ts";
import { Run } from "./run.ts";
import { Strays } from "./strays.ts";
import { noSuchTask, yieldsMuch, yieldsNothing } from "./wrong-task.ts";
import { isIterator, Yields } from "./yields.ts";

/** What calls are given to work with, and whom they tell. */
export interface CallsParts {
  readonly link: Link;
  readonly contract: Contract;
  readonly inbox: Inbox;
  readonly init: Init;
  readonly answers: Answers;
  /** Whether other jobs wait in the worker. */
  waits(): boolean;
  /** A job has been answered: there is room for another. */
  ended(): void;
}

/** The jobs that run. */
export class Calls {
  readonly #parts: CallsParts;
  /** In no order: the last takes the place of one that has ended. Not a `Map`, see `chain.ts`. */
  readonly #runs: Run[] = [];
  /** Whose function is being called, and has not returned. */
  #calling: Run | null = null;
  readonly #strays: Strays;
  /** Tells which job a `process.send` of an unmodified module belongs to, however late it comes, and which trace. */
  readonly #current = new AsyncLocalStorage<Run>();

  constructor(parts: CallsParts) {
    this.#parts = parts;
    const { link, init: { key } } = parts;
    this.#strays = new Strays((count) => link.post({ type: "stray", key, count }));
  }

  /** How many jobs run. */
  get size(): number {
    return this.#runs.length;
  }

  /** The trace of the job whose code asks; null for one without. */
  get trace(): TraceContext | null {
    return this.#current.getStore()?.context.trace ?? null;
  }

  /** Begins a job that the host has sent. Throws what a listener throws. */
  begin(entry: JobEntry, at: number): void {
    this.#place(this.#runOf(entry, at), argsOf(entry));
  }

  /** Runs a job that the host is not told of. Rejects with what it throws. */
  replay(task: string | null, args: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const job = { id: "replay", task, attempt: 1 };
      this.#place(new Run(0, job, null, now(), null, null, { resolve, reject }), args);
    });
  }

  /** So many more of what a job yields are wanted. */
  more(number: JobNumber, count: number): void {
    this.#run(number)?.yields?.more(count);
  }

  /** The host does not want a job any more. Returns whether it runs. */
  abort(number: JobNumber, why: AbortWhy): boolean {
    const run = this.#run(number);
    if (!run) return false;
    const { link, init: { key } } = this.#parts;
    const [text, name] = ABORTED[why];
    const reason = new DOMException(text, name);
    // Said before the handler hears of it: its answer may come at once.
    const heeds = run.context.takesSignal || run.yields !== null;
    link.post({ type: "aborting", key, job: number, heeds });
    run.context.abort(reason);
    run.yields?.stop();
    return true;
  }

  /**
   * What `process.send` does: the first message of a job is its answer. While a function waits for something it is so only if that returns
   * none: who has sent it is not known, and agents that watch a process send messages, too.
   */
  send(message: unknown): void {
    const run = this.#calling ?? this.#current.getStore() ?? this.#only();
    // A stream ends with its iterator.
    if (run && !run.answered && !run.yields) {
      const isItsOwn = run === this.#calling || !this.#parts.contract.handler(run.context.job.task);
      if (isItsOwn) return this.#succeed(run, message);
      if (run.said === null) return void (run.said = { message: this.#asItIs(message) });
    }
    this.#strays.add();
    if (run?.answered && this.#runs.length > 0) this.#strays.warn(run.context.job.id);
  }

  /** A copy; what can't be copied is refused when it is sent. */
  #asItIs(message: unknown): unknown {
    try {
      return copyAs(this.#parts.init.serialization, message);
    } catch {
      return message;
    }
  }

  /** A message from outside of any job's asynchronous context belongs to the one job that runs, if only one does. */
  #only(): Run | null {
    return this.#runs.length === 1 ? this.#runs[0] as Run : null;
  }

  #run(number: JobNumber): Run | undefined {
    return this.#runs.find((one) => one.number === number);
  }

  // ---- beginning

  #runOf(entry: JobEntry, now: number): Run {
    const [number] = entry;
    // Most jobs have nothing beside their arguments.
    if (entry.length === 2) return new Run(number, { id: String(number), task: null, attempt: 1 }, null, now);
    const { link, init } = this.#parts;
    const [, , flags = 0, task = null, id = null, attempt = 1, credit = 0, trace] = entry;
    const progress = (flags & REPORTS) === 0 ? null : this.#progressOf(number);
    const yields = (flags & STREAMS) === 0 ? null : new Yields(link, init, number, credit);
    const job = { id: id ?? String(number), task, attempt };
    return new Run(number, job, trace ? traceOf(trace) : null, now, progress, yields);
  }

  #progressOf(job: JobNumber): Progress {
    const { link, init: { key, serialization } } = this.#parts;
    const checked = <T>(value: unknown, use: () => T): T => {
      try {
        return use();
      } catch (cause) {
        throw this.#notCloneable("the progress", "progress", value, cause, String(job));
      }
    };
    return new Progress(
      (value) => checked(value, () => link.post({ type: "progress", key, job, value })),
      (value) => checked(value, () => copyAs(serialization, value)),
    );
  }

  #place(run: Run, args: unknown): void {
    run.at = this.#runs.push(run) - 1;
    const { trace } = run.context;
    if (trace === null) this.#call(run, args);
    else this.#callTraced(run, trace, args);
  }

  /** Telemetry that fails before the job has begun does not keep it from beginning. */
  #callTraced(run: Run, trace: TraceContext, args: unknown): void {
    let begun = false;
    const begin = (): void => {
      if (begun) return;
      begun = true;
      this.#call(run, args);
    };
    this.#current.run(run, () => {
      try {
        traceScope()?.begin(trace, begin);
      } catch (error) {
        // A listener's own, see `begin`.
        if (begun) throw error;
      }
      begin();
    });
  }

  #call(run: Run, args: unknown): void {
    const { contract, inbox } = this.#parts;
    const { task } = run.context.job;
    const handler = contract.handler(task);
    const listens = task === null && inbox.heard;
    if (!handler && !listens) this.#fail(run, noSuchTask(task, contract.tasks));
    else if (!handler && run.yields) this.#fail(run, yieldsNothing(task));
    else if (!handler) this.#current.run(run, () => inbox.deliver(args));
    else if (run.yields) void this.#stream(run, run.yields, handler, args);
    else this.#handle(run, handler, args);
  }

  #handle(run: Run, handler: Handler, args: unknown): void {
    let result: unknown;
    try {
      this.#calling = run;
      result = handler(args, run.context);
      // Whoever returns an object with a `then` that is no function, or that throws, gets no promise, or that error.
      if (!isThenable(result)) return this.#returned(run, result);
    } catch (error) {
      return this.#fail(run, error);
    } finally {
      this.#calling = null;
    }
    // A promise of ours tames thenables that call back twice or throw.
    new Promise((resolve) => resolve(result)).then(
      (value) => this.#returned(run, value),
      (error) => this.#fail(run, error),
    );
  }

  #returned(run: Run, value: unknown): void {
    const { said } = run;
    // It has sent its answer.
    if (run.answered && value === undefined) return;
    if (said === null || value !== undefined) return this.#succeed(run, value);
    run.said = null;
    this.#succeed(run, said.message);
  }

  async #stream(run: Run, yields: Yields, handler: Handler, args: unknown): Promise<void> {
    const { context } = run;
    const { job } = context;
    const checked = (value: unknown, send: () => void): void => {
      try {
        send();
      } catch (cause) {
        throw this.#notCloneable("what was yielded", "yielded", value, cause, job.id);
      }
    };
    try {
      const result = handler(args, context);
      await yields.drain(result, () => yieldsNothing(job.task), checked, () => context.transfers.splice(0));
    } catch (error) {
      return this.#fail(run, error);
    }
    this.#succeed(run, undefined);
  }

  // ---- answering

  #succeed(run: Run, value: unknown): void {
    if (run.replay) return this.#endReplay(run, run.replay.resolve);
    if (isIterator(value)) return this.#fail(run, yieldsMuch(run.context.job.task));
    try {
      this.#answer(run, 0, value);
    } catch (cause) {
      this.#fail(run, this.#notCloneable("the answer", "result", value, cause, run.context.job.id));
    }
  }

  #notCloneable(what: string, root: string, value: unknown, cause: unknown, job: string): ClusterError {
    return notCloneable({ what, value, root, format: this.#parts.init.serialization, cause }, { job });
  }

  #endReplay(run: Run, end: () => void): void {
    if (!run.answered) this.#remove(run);
    run.answered = true;
    end();
  }

  #fail(run: Run, thrown: unknown): void {
    const { replay } = run;
    if (replay) return this.#endReplay(run, () => replay.reject(thrown));
    sendThrown(thrown, this.#parts.init.serialization, (encoded) => this.#answer(run, 1, encoded));
  }

  /** Throws what the line throws for a value that it can't carry; then nothing was sent. */
  #answer(run: Run, failed: 0 | 1, value: unknown): void {
    // It may be the second try, with why the first could not be sent.
    if (!run.answered) this.#remove(run);
    run.answered = true;
    if (run.said) this.#strays.add();
    run.said = null;
    run.progress?.end();
    const { answers, waits, ended } = this.#parts;
    const at = now();
    const ran = Math.round((at - run.begunAt) * 1000);
    // What is kept back can be read before what was yielded, or reported, arrives.
    const last = run.yields !== null || run.progress?.told === true || !waits();
    answers.add([run.number, failed, value, ran], failed ? [] : run.context.transfers, last, at);
    ended();
  }

  #remove(run: Run): void {
    const last = this.#runs.pop() as Run;
    if (last === run) return;
    this.#runs[run.at] = last;
    last.at = run.at;
  }
}

/** What a handler's signal is aborted with. */
const ABORTED: Readonly<Record<AbortWhy, readonly [text: string, name: string]>> = {
  timeout: ["The job ran longer than its timeout", "TimeoutError"],
  deadline: ["The job's deadline has passed", "TimeoutError"],
  abort: ["The job was aborted", "AbortError"],
};

function argsOf([, args, flags = 0]: JobEntry): unknown {
  return (flags & NO_ARGS) === 0 ? args : undefined;
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
