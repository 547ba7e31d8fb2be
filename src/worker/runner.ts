/**
 * Runs jobs inside the worker, and sees that each is answered exactly once.
 *
 * Jobs wait in the line until one may begin: the host sends some ahead, so that the worker has the next at hand, and may take
 * back what has not begun (see `exchange.ts`). Answers leave together where that costs no time (see `answers.ts`).
 *
 * @module
 */

import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { setImmediate } from "node:timers";
import type { ClusterError } from "../core/errors.ts";
import { type AbortWhy, type Init, type JobEntry, type JobNumber, NO_ARGS, REPORTS, STREAMS } from "../core/frame.ts";
import { type TraceContext, traceOf } from "../core/trace.ts";
import { now } from "../now.ts";
import { traceScope } from "../trace-scope.ts";
import { notCloneable } from "../wire/cloneable.ts";
import { copyAs } from "../wire/copy.ts";
import { sendThrown } from "../wire/error-codec.ts";
import { Answers } from "./answers.ts";
import type { Contract, Handler } from "./contract.ts";
import type { Inbox } from "./inbox.ts";
import { Line, needsTicket } from "./line.ts";
import type { Link } from "./link.ts";
import { exchangeOf, type WorkerExchange } from "./exchange.ts";
import { Progress } from "./progress.ts";
import { Run } from "./run.ts";
import { Strays } from "./strays.ts";
import { noSuchTask, yieldsMuch, yieldsNothing } from "./wrong-task.ts";
import { isIterator, Yields } from "./yields.ts";

/** How long jobs may follow one another without the loop turning, in milliseconds: it hears of aborts and recalls then. */
const TURN = 2;

/** Runs what the host sends. */
export class Runner {
  readonly #link: Link;
  readonly #contract: Contract;
  readonly #inbox: Inbox;
  readonly #init: Init;
  readonly #exchange: WorkerExchange;
  readonly #answers: Answers;
  readonly #endWith: (error: unknown) => void;
  readonly #line = new Line();
  /** In no order: the last takes the place of one that has ended. Not a `Map`, see `chain.ts`. */
  readonly #runs: Run[] = [];
  #advancing = false;
  /** Whose function is being called, and has not returned. */
  #calling: Run | null = null;
  readonly #strays: Strays;
  /** Not in the context of the job that has just ended, whose storages and trace are none of the next one's. */
  readonly #advanceApart: () => void = AsyncResource.bind(() => this.#advance());
  /** Tells which job a `process.send` of an unmodified module belongs to, however late it comes, and which trace. */
  readonly #current = new AsyncLocalStorage<Run>();

  /** @param endWith Ends the worker with an error. */
  constructor(link: Link, contract: Contract, inbox: Inbox, init: Init, endWith: (error: unknown) => void) {
    this.#init = init;
    this.#exchange = exchangeOf(init);
    this.#answers = new Answers(link, init, this.#exchange, this.#advanceApart);
    this.#endWith = endWith;
    this.#link = link;
    this.#contract = contract;
    this.#inbox = inbox;
    this.#strays = new Strays((count) => link.post({ type: "stray", key: init.key, count }));
  }

  /** Takes jobs from the host. Throws what a listener throws; the jobs after it begin later, if the module survives that. */
  take(jobs: readonly JobEntry[]): void {
    this.#line.push(jobs);
    this.#answers.expect(this.#line.size);
    this.#advance();
  }

  /** Drops so many jobs, the last that wait for a ticket: the host has taken them back. */
  recall(count: number): void {
    this.#line.drop(count);
    this.#link.post({ type: "recalled", key: this.#init.key });
  }

  /** The trace of the job whose code asks; null for one without. */
  get trace(): TraceContext | null {
    return this.#current.getStore()?.context.trace ?? null;
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

  /** The worker ends: what was answered leaves first. */
  flush(): void {
    this.#answers.flush();
  }

  // ---- the line

  #waits(): boolean {
    return this.#line.size > 0;
  }

  #hasPlace(): boolean {
    return this.#runs.length < this.#init.concurrency;
  }

  /** Begins jobs as long as there is room. */
  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    // What a listener throws is the module's own affair, and it may survive it: the jobs after it go on then.
    let goOn = true;
    try {
      goOn = this.#beginWaiting(now() + TURN);
    } finally {
      this.#advancing = false;
      // What has come is read between the first and the second.
      if (goOn) setImmediate(() => setImmediate(this.#advanceApart));
    }
    this.#line.tidy();
    // With room left nothing runs, or only what waits for something: no answer is to wait for that. Without, a handler may
    // be about to answer in this very turn.
    if (this.#waits() && this.#runs.length > 0) this.#answers.flushSoon();
    else this.#answers.flush();
  }

  /** Returns whether to go on once the loop has turned. */
  #beginWaiting(until: number): boolean {
    for (let entry = this.#line.first; entry && this.#hasPlace(); entry = this.#line.first) {
      const at = now();
      if (at > until) return true;
      // The job may end the worker, and what another has answered is not to go with it.
      if (this.#answers.mayBeLost()) return false;
      if (!this.#mayBegin(entry)) continue;
      this.#line.shift();
      this.#answers.flushIfDue(at);
      this.#place(this.#runOf(entry, at), argsOf(entry));
    }
    return false;
  }

  #runOf(entry: JobEntry, now: number): Run {
    const [number] = entry;
    // Most jobs have nothing beside their arguments.
    if (entry.length === 2) return new Run(number, { id: String(number), task: null, attempt: 1 }, null, now);
    const [, , flags = 0, task = null, id = null, attempt = 1, credit = 0, trace] = entry;
    const progress = (flags & REPORTS) === 0 ? null : this.#progressOf(number);
    const yields = (flags & STREAMS) === 0 ? null : new Yields(this.#link, this.#init, number, credit);
    const job = { id: id ?? String(number), task, attempt };
    return new Run(number, job, trace ? traceOf(trace) : null, now, progress, yields);
  }

  #progressOf(job: JobNumber): Progress {
    const { key, serialization } = this.#init;
    const checked = <T>(value: unknown, use: () => T): T => {
      try {
        return use();
      } catch (cause) {
        throw this.#notCloneable("the progress", "progress", value, cause, String(job));
      }
    };
    return new Progress(
      (value) => checked(value, () => this.#link.post({ type: "progress", key, job, value })),
      (value) => checked(value, () => copyAs(serialization, value)),
    );
  }

  /**
   * Whether a job that waits may begin; otherwise all are dropped that may not. A worker that can't tell is of no use, and ends,
   * whatever the module does about what is thrown.
   */
  #mayBegin(entry: JobEntry): boolean {
    try {
      if (!needsTicket(entry)) this.#exchange.count();
      else if (!this.#exchange.takeTicket()) {
        this.#line.drop(Infinity);
        return false;
      }
      return true;
    } catch (error) {
      this.#line.clear();
      this.#endWith(error);
      return false;
    }
  }

  /** Once the code that has answered has returned. */
  #advanceSoon(): void {
    // What a listener throws must be seen by the runtime as thrown; Deno's microtasks swallow some values (2.9.6).
    if (this.#contract.handler(null)) queueMicrotask(this.#advanceApart);
    else setImmediate(this.#advanceApart);
  }

  // ---- running

  #place(run: Run, args: unknown): void {
    run.at = this.#runs.push(run) - 1;
    const { trace } = run.context;
    if (trace === null) this.#begin(run, args);
    else this.#beginTraced(run, trace, args);
  }

  /** Telemetry that fails before the job has begun does not keep it from beginning. */
  #beginTraced(run: Run, trace: TraceContext, args: unknown): void {
    let begun = false;
    const begin = (): void => {
      if (begun) return;
      begun = true;
      this.#begin(run, args);
    };
    this.#current.run(run, () => {
      try {
        traceScope()?.begin(trace, begin);
      } catch (error) {
        // A listener's own, see `take`.
        if (begun) throw error;
      }
      begin();
    });
  }

  #begin(run: Run, args: unknown): void {
    const { task } = run.context.job;
    const handler = this.#contract.handler(task);
    const listens = task === null && this.#inbox.heard;
    if (!handler && !listens) this.#fail(run, noSuchTask(task, this.#contract.tasks));
    else if (!handler && run.yields) this.#fail(run, yieldsNothing(task));
    else if (!handler) this.#current.run(run, () => this.#inbox.deliver(args));
    else if (run.yields) void this.#stream(run, run.yields, handler, args);
    else this.#call(run, handler, args);
  }

  #remove(run: Run): void {
    const last = this.#runs.pop() as Run;
    if (last === run) return;
    this.#runs[run.at] = last;
    last.at = run.at;
  }

  #run(number: JobNumber): Run | undefined {
    return this.#runs.find((one) => one.number === number);
  }

  abort(number: JobNumber, why: AbortWhy): void {
    const run = this.#run(number);
    if (!run) return this.#leaveOut(number);
    const [text, name] = ABORTED[why];
    const reason = new DOMException(text, name);
    // Said before the handler hears of it: its answer may come at once.
    const heeds = run.context.takesSignal || run.yields !== null;
    this.#link.post({ type: "aborting", key: this.#init.key, job: number, heeds });
    run.context.abort(reason);
    run.yields?.stop();
  }

  /** A job that has not begun never does; nobody waits for the answer, but the host for the job's end. */
  #leaveOut(number: JobNumber): void {
    const entry = this.#line.find(number);
    if (!entry) return;
    if (!this.#mayBegin(entry)) return;
    this.#line.remove(entry);
    this.#link.post({ type: "answers:text", key: this.#init.key, text: `[[${number},1,null,0]]` });
  }

  /**
   * What `process.send` does: the first message of a job is its answer. While a function waits for something it is so only if that returns
   * none: who has sent it is not known, and agents that watch a process send messages, too.
   */
  send(message: unknown): void {
    const run = this.#calling ?? this.#current.getStore() ?? this.#only();
    // A stream ends with its iterator.
    if (run && !run.answered && !run.yields) {
      const isItsOwn = run === this.#calling || !this.#contract.handler(run.context.job.task);
      if (isItsOwn) return this.#succeed(run, message);
      if (run.said === null) return void (run.said = { message: this.#asItIs(message) });
    }
    this.#strays.add();
    if (run?.answered && this.#runs.length > 0) this.#strays.warn(run.context.job.id);
  }

  /** A copy; what can't be copied is refused when it is sent. */
  #asItIs(message: unknown): unknown {
    try {
      return copyAs(this.#init.serialization, message);
    } catch {
      return message;
    }
  }

  /** A message from outside of any job's asynchronous context belongs to the one job that runs, if only one does. */
  #only(): Run | null {
    return this.#runs.length === 1 ? this.#runs[0] as Run : null;
  }

  #call(run: Run, handler: Handler, args: unknown): void {
    let result: unknown;
    try {
      this.#calling = run;
      result = handler(args, run.context);
      // Whoever returns an object with a `then` that is no function, or that throws, gets no promise, or that error.
      if (!isThenable(result)) return this.#succeed(run, result);
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
    return notCloneable({ what, value, root, format: this.#init.serialization, cause }, { job });
  }

  #endReplay(run: Run, end: () => void): void {
    if (!run.answered) this.#remove(run);
    run.answered = true;
    end();
  }

  #fail(run: Run, thrown: unknown): void {
    const { replay } = run;
    if (replay) return this.#endReplay(run, () => replay.reject(thrown));
    sendThrown(thrown, this.#init.serialization, (encoded) => this.#answer(run, 1, encoded));
  }

  /** Throws what the line throws for a value that it can't carry; then nothing was sent. */
  #answer(run: Run, failed: 0 | 1, value: unknown): void {
    // It may be the second try, with why the first could not be sent.
    if (!run.answered) this.#remove(run);
    run.answered = true;
    if (run.said) this.#strays.add();
    run.said = null;
    run.progress?.end();
    const at = now();
    const ran = Math.round((at - run.begunAt) * 1000);
    // What is kept back can be read before what was yielded, or reported, arrives.
    const last = run.yields !== null || run.progress?.told === true || !this.#waits();
    this.#answers.add([run.number, failed, value, ran], failed ? [] : run.context.transfers, last, at);
    if (this.#waits() && !this.#advancing) this.#advanceSoon();
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
