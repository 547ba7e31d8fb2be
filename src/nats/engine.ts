/**
 * The engine of a cluster whose jobs are run by hosts that serve a queue: submits jobs, and gives their callers the answers.
 *
 * Where to look: the steps of a job `remote-jobs.ts`; how jobs get into the queue `sending.ts`; how answers come back `receiving.ts`;
 * what a queue is at the broker `queue.ts`; what is at the other end `host.ts`.
 *
 * @module
 */

import { Announcing } from "../core/announcing.ts";
import type { CloseMode, Engine, JobHandle, JobRequest, Outcome, Stats } from "../core/engine.ts";
import { ClusterError } from "../core/errors.ts";
import { Forecast } from "../core/forecast.ts";
import { Lifetime } from "../core/lifetime.ts";
import * as loss from "../core/loss.ts";
import { Outbox } from "../core/outbox.ts";
import type { EngineParts } from "../distributed.ts";
import { Admission } from "./admission.ts";
import { Bulk } from "./bulk.ts";
import { within } from "./connecting.ts";
import { engineError } from "./faults.ts";
import { lacking, unsupported } from "./lacking.ts";
import type { AnswerLetter } from "./letters.ts";
import { FAREWELL, Link } from "./link.ts";
import { freshName, namedAddress, Names } from "./names.ts";
import { type ResolvedQueue, SHAPE } from "./options.ts";
import { Receiving } from "./receiving.ts";
import { RemoteJob } from "./remote-job.ts";
import { isMine, RemoteJobs } from "./remote-jobs.ts";
import { Sending } from "./sending.ts";
import { readFailure } from "./failures.ts";
import { RollCall } from "./roll-call.ts";
import { write, type Written } from "./values.ts";
import { Tidying } from "./tidying.ts";
import { Withdrawing } from "./withdrawing.ts";

/** The owner of jobs whose submitter has none. */
export const ANYONE = "any";

/** Of a job that is never sent. */
const NOTHING: Written = { encoding: "undefined", bytes: new Uint8Array(0) };

/** What the engine obeys beside the queue's options. */
export interface NatsEngineOptions {
  readonly queue: ResolvedQueue;
  /** Whose the jobs are; see `names.ts`. */
  readonly owner: string;
}

/** Submits jobs to one queue. */
export class NatsEngine implements Engine {
  readonly #parts: EngineParts;
  readonly #owner: string;
  /** In the addresses of jobs that have no name of their own: no other program's, and not to be guessed. */
  readonly #space = freshName();
  readonly #lifetime = new Lifetime();
  readonly #outbox: Outbox;
  readonly #announcing: Announcing;
  readonly #jobs: RemoteJobs;
  readonly #link: Link;
  readonly #bulk: Bulk;
  readonly #sending: Sending;
  readonly #receiving: Receiving;
  readonly #withdrawing: Withdrawing;
  readonly #rollCall: RollCall;
  readonly #tidying: Tidying;
  readonly #admission: Admission;
  #ending = false;
  #last = 0;

  constructor({ queue, owner }: NatsEngineOptions, parts: EngineParts) {
    this.#parts = parts;
    this.#owner = owner;
    this.#outbox = new Outbox(parts.clock);
    this.#announcing = new Announcing(parts.observer, this.#outbox);
    const names = new Names(queue.queue);
    const bulk = new Bulk(names, queue.shape.replicas ?? SHAPE.replicas);
    this.#bulk = bulk;
    const link = new Link(queue, `compute-cluster submitter ${owner}`, Names.inbox(owner), {
      again: () => link.broker && this.#receiving.lookForAll(link.broker),
      failed: (error) => this.#warn(error),
    });
    this.#link = link;
    const forecast = new Forecast();
    this.#jobs = new RemoteJobs({
      clock: parts.clock,
      lifetime: this.#lifetime,
      forecast,
      outbox: this.#outbox,
      announcing: this.#announcing,
      changed: () => this.#hold(),
      watch: () => link.broker && this.#receiving.watch(link.broker),
      forget: (job) => this.#receiving.forget(job),
      ended: () => this.#windDown(),
    });
    const { unsettled } = this.#jobs;
    this.#rollCall = new RollCall(link, names, parts.clock);
    this.#tidying = new Tidying({
      clock: parts.clock,
      names,
      prefix: `${owner}.${this.#space}`,
      waiting: () => [...unsettled.values()].map(({ answersBefore }) => answersBefore),
    });
    this.#withdrawing = new Withdrawing({
      link,
      names,
      owner,
      clock: parts.clock,
      withdrew: (number) => this.#tidying.withdrew(number),
      answered: (broker, address) => this.#receiving.discard(broker, address),
      ended: () => {
        this.#hold();
        this.#windDown();
      },
    });
    this.#admission = new Admission({
      link,
      names,
      clock: parts.clock,
      forecast,
      maxLatency: parts.maxLatency,
      own: () => unsettled.size,
      refused: (job, error) => this.#turn(() => this.#jobs.refuse(job, error)),
    });
    this.#receiving = new Receiving({
      clock: parts.clock,
      names,
      bulk,
      tidying: this.#tidying,
      owner,
      space: this.#space,
      jobs: unsettled,
      answered: (job, answer, value) =>
        this.#turn(() => this.#jobs.settle(job, this.#outcome(job, answer, value), answer)),
      unreadable: (job, cause) => this.#turn(() => this.#jobs.settle(job, unreadable(job, cause), null)),
      progressed: (job, value) => this.#turn(() => this.#jobs.progressed(job, value)),
      stepped: (job, step, by) => this.#turn(() => this.#jobs[step](job, by)),
      lost: () => void link.reopen().catch(() => {}),
      missed: (broker, job) => this.#sending.repeat(broker, job),
    });
    this.#sending = new Sending({
      link,
      names,
      bulk,
      owner,
      version: queue.version,
      hearsSteps: (job) => this.#announcing.hears(job, "job:started") || this.#announcing.hears(job, "job:returned"),
      decide: (job) => this.#admission.decide(job),
      expect: (broker, job) => this.#receiving.expect(broker, job),
      before: (address) => this.#withdrawing.before(address),
      lookUp: (broker, job) => this.#receiving.lookUp(broker, job),
      accepted: (job, mine) => this.#turn(() => this.#jobs.accepted(job, mine)),
      refused: (job, error) => this.#turn(() => this.#jobs.refuse(job, error)),
      pause: (delay) => new Promise((resolve) => parts.clock.schedule(delay, resolve, true)),
    });
  }

  submit(request: JobRequest, done: (outcome: Outcome) => void): JobHandle {
    const number = String(++this.#last);
    // Like no other job's: hosts have those of many programs.
    const id = request.id ?? `${this.#space}-${number}`;
    const args = this.#written(request, id);
    const job = new RemoteJob({
      id,
      address: request.id === null
        ? `${this.#owner}.${this.#space}.${number}`
        : namedAddress(this.#owner, request.task, request.id),
      request,
      args: args.ok ? args.written : NOTHING,
      message: `${this.#space}.${number}`,
      submittedAt: this.#parts.clock.now(),
      answersBefore: this.#tidying.highest,
      done,
      cancel: (cancelled, reason) => {
        this.#giveUp(cancelled, reason);
        this.#outbox.deliverSoon();
      },
    });
    const refusal = this.#lifetime.at === "open" ? unsupported(job) : loss.closed(job.id);
    if (refusal) this.#jobs.refuse(job, refusal);
    else this.#take(job, args.ok ? null : args.error);
    this.#outbox.deliverSoon();
    return job;
  }

  /** The arguments as they are now. */
  #written({ args }: JobRequest, id: string): { ok: true; written: Written } | { ok: false; error: ClusterError } {
    try {
      return { ok: true, written: write(args) };
    } catch (cause) {
      return { ok: false, error: this.#parts.notCloneable(args, id, cause) };
    }
  }

  /** @param unsendable Why its arguments can't be sent, or null. */
  #take(job: RemoteJob, unsendable: ClusterError | null): void {
    this.#jobs.add(job);
    if (unsendable) return this.#jobs.settle(job, { ok: false, error: unsendable }, null);
    const { deadline } = job.request;
    if (deadline !== Infinity) {
      const late = (): void => this.#giveUp(job, loss.pastDeadline(job));
      job.expiry = this.#parts.clock.schedule(deadline, () => this.#turn(late));
    }
    void this.#sending.send(job);
  }

  #outcome({ id }: RemoteJob, { status }: AnswerLetter, value: unknown): Outcome {
    switch (status) {
      case "value":
        return { ok: true, value };
      case "thrown":
        return { ok: false, error: this.#parts.decodeError(value) };
      case "failed":
        return { ok: false, error: readFailure(value, id) };
      case "aborted":
        return { ok: false, error: withdrawn(id) };
    }
  }

  /** Only what no request is told: a hint or an abort that is not allowed, credentials that are not taken any more. */
  #warn(error: Error): void {
    const { subject } = error.cause as { subject?: string };
    if (subject === undefined || /^cc\.(?:hint|abort)\./.test(subject)) this.#parts.observer.warn(error);
  }

  /** Its caller wants it no more. */
  #giveUp(job: RemoteJob, reason: unknown): void {
    const { state } = job;
    if (state.at === "settled") return;
    // What somebody else has put into the queue is theirs to give up.
    // First, lest the cluster end before it is.
    if (isMine(job)) this.#withdrawing.withdraw(job);
    this.#jobs.settle(job, { ok: false, error: reason }, null);
  }

  /** The program stays alive for its jobs, and until those that it wants no more are withdrawn. */
  #hold(): void {
    this.#link.hold(this.#jobs.unsettled.size > 0 || this.#withdrawing.busy);
  }

  get isOpen(): boolean {
    return this.#lifetime.at === "open";
  }

  /** Hosts take what they can: whoever feeds the queue is bounded by its own limit. */
  get isHungry(): boolean {
    return true;
  }

  warm(done: (error: unknown) => void): void {
    const told = (error: unknown): void => this.#turn(() => this.#outbox.push(() => done(error)));
    if (this.#lifetime.at !== "open") return void this.#parts.clock.soon(() => told(loss.closed()));
    this.#rollCall.anyone().then(() => told(null), told);
  }

  broadcast(
    _: JobRequest,
    __: boolean | string,
    done: (outcomes: readonly Outcome[]) => void,
  ): Pick<JobHandle, "cancel"> {
    this.#parts.clock.soon(() => done([{ ok: false, error: lacking("broadcast: workers belong to their hosts") }]));
    return { cancel() {} };
  }

  renew(done: (error: unknown) => void): void {
    this.#parts.clock.soon(() => done(lacking("renew: workers belong to their hosts")));
  }

  close(mode: CloseMode, closed: () => void): void {
    const before = this.#lifetime.at;
    if (before === "closed") return void this.#parts.clock.soon(closed);
    this.#lifetime.end(mode, closed);
    if (before === "open") this.#announcing.tell("closing", () => ({ type: "closing", mode, workers: 0 }));
    if (this.#lifetime.now) {
      for (const job of [...this.#jobs.unsettled.values()]) {
        const untouched = job.state.at === "sending" && !job.state.may;
        this.#giveUp(job, loss.cutOff(job.id, !untouched));
      }
    }
    this.#windDown();
    this.#outbox.deliverSoon();
  }

  /** Ends when nothing is waited for any more, and all that was to be withdrawn is. */
  #windDown(): void {
    const { at } = this.#lifetime;
    if (at !== "closing" || this.#jobs.unsettled.size > 0 || this.#withdrawing.busy || this.#ending) return;
    this.#ending = true;
    this.#receiving.end();
    this.#rollCall.end();
    this.#admission.end();
    this.#link.hold(true);
    void this.#finish();
  }

  async #finish(): Promise<void> {
    const { broker } = this.#link;
    if (broker && this.#link.up) {
      await within(FAREWELL, Promise.all([this.#tidying.tidy(broker), this.#bulk.dropped()]));
    }
    await this.#link.close();
    const waiting = this.#lifetime.finish();
    this.#announcing.tell("close", () => ({ type: "close" }));
    for (const closed of waiting) this.#outbox.push(closed);
    this.#outbox.deliver();
  }

  /** What the runtime has begun, not a caller, who is told nothing before the call has returned. */
  #turn(run: () => void): void {
    run();
    this.#outbox.deliver();
  }

  stats(): Stats {
    return this.#jobs.stats;
  }
}

function unreadable({ id }: RemoteJob, cause: unknown): Outcome {
  return { ok: false, error: engineError(`the answer of job ${id} can't be read`, cause) };
}

function withdrawn(job: string): ClusterError {
  return new ClusterError("CC_ERR_CLOSED", `job ${job} was given up by the program that had enqueued it`, { job });
}
