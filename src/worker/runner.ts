/**
 * Takes jobs from the host, and begins them as long as there is room.
 *
 * Jobs wait in the line until one may begin: the host sends some ahead, so that the worker has the next at hand, and may take
 * back what has not begun (see `exchange.ts`). What becomes of a job that has begun `calls.ts`; how its answer leaves `answers.ts`.
 *
 * @module
 */

import { AsyncResource } from "node:async_hooks";
import { setImmediate } from "node:timers";
import type { AbortWhy, Init, JobEntry, JobNumber } from "../core/frame.ts";
import { now } from "../now.ts";
import { Answers } from "./answers.ts";
import { Calls } from "./calls.ts";
import type { Contract } from "./contract.ts";
import { exchangeOf, type WorkerExchange } from "./exchange.ts";
import type { Inbox } from "./inbox.ts";
import { Line, needsTicket } from "./line.ts";
import type { Link } from "./link.ts";

/** How long jobs may follow one another without the loop turning, in milliseconds: it hears of aborts and recalls then. */
const TURN = 2;

/** Runs what the host sends. */
export class Runner {
  readonly #link: Link;
  readonly #contract: Contract;
  readonly #init: Init;
  readonly #exchange: WorkerExchange;
  readonly #answers: Answers;
  readonly #endWith: (error: unknown) => void;
  readonly #line = new Line();
  /** What has begun. */
  readonly calls: Calls;
  #advancing = false;
  /** Not in the context of the job that has just ended, whose storages and trace are none of the next one's. */
  readonly #advanceApart: () => void = AsyncResource.bind(() => this.#advance());

  /** @param endWith Ends the worker with an error. */
  constructor(link: Link, contract: Contract, inbox: Inbox, init: Init, endWith: (error: unknown) => void) {
    this.#link = link;
    this.#contract = contract;
    this.#init = init;
    this.#exchange = exchangeOf(init);
    this.#answers = new Answers(link, init, this.#exchange, this.#advanceApart);
    this.#endWith = endWith;
    this.calls = new Calls({
      link,
      contract,
      inbox,
      init,
      answers: this.#answers,
      waits: () => this.#waits(),
      ended: () => this.#ended(),
    });
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

  /** The host does not want the job any more. */
  abort(number: JobNumber, why: AbortWhy): void {
    if (!this.calls.abort(number, why)) this.#leaveOut(number);
  }

  /** The worker ends: what was answered leaves first. */
  flush(): void {
    this.#answers.flush();
  }

  #waits(): boolean {
    return this.#line.size > 0;
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
    if (this.#waits() && this.calls.size > 0) this.#answers.flushSoon();
    else this.#answers.flush();
  }

  /** Returns whether to go on once the loop has turned. */
  #beginWaiting(until: number): boolean {
    const { concurrency } = this.#init;
    for (let entry = this.#line.first; entry && this.calls.size < concurrency; entry = this.#line.first) {
      const at = now();
      if (at > until) return true;
      // The job may end the worker, and what another has answered is not to go with it.
      if (this.#answers.mayBeLost()) return false;
      if (!this.#mayBegin(entry)) continue;
      this.#line.shift();
      this.#answers.flushIfDue(at);
      this.calls.begin(entry, at);
    }
    return false;
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

  /** A job that has not begun never does; nobody waits for the answer, but the host for the job's end. */
  #leaveOut(number: JobNumber): void {
    const entry = this.#line.find(number);
    if (!entry || !this.#mayBegin(entry)) return;
    this.#line.remove(entry);
    this.#link.post({ type: "answers:text", key: this.#init.key, text: `[[${number},1,null,0]]` });
  }

  /** A job has been answered: the next begins once the code that has answered has returned. */
  #ended(): void {
    if (!this.#waits() || this.#advancing) return;
    // What a listener throws must be seen by the runtime as thrown; Deno's microtasks swallow some values (2.9.6).
    if (this.#contract.handler(null)) queueMicrotask(this.#advanceApart);
    else setImmediate(this.#advanceApart);
  }
}
