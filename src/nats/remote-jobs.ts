/**
 * The jobs of a program that have no outcome yet: each step of theirs, with what is counted and what is told of it.
 *
 * @module
 */

import type { Announcing } from "../core/announcing.ts";
import type { Clock } from "../core/clock.ts";
import type { Outcome, Stats } from "../core/engine.ts";
import type { ClusterError } from "../core/errors.ts";
import type { Forecast } from "../core/forecast.ts";
import { queued, refused } from "../core/job-facts.ts";
import { Ledger, type Staff } from "../core/ledger.ts";
import type { Lifetime } from "../core/lifetime.ts";
import type { Outbox } from "../core/outbox.ts";
import { type ReadonlyRegister, Register } from "../core/register.ts";
import type { AnswerLetter } from "./letters.ts";
import type { RemoteJob } from "./remote-job.ts";
import { type Place, returned, settled, started, workerOf } from "./remote-job-facts.ts";

/** The workers are elsewhere. */
const NOBODY: Staff = { count: () => 0, recycled: 0, lostStarts: 0, utilisation: 0 };

/** What they are given to work with, and whom they tell. */
export interface RemoteJobsParts {
  readonly clock: Clock;
  readonly lifetime: Lifetime;
  readonly forecast: Forecast;
  readonly outbox: Outbox;
  readonly announcing: Announcing;
  /** There is one more, or one less. */
  changed(): void;
  /** The broker has one: it is to be looked for if nothing is heard of it. */
  watch(): void;
  /** Nothing more is expected of one. */
  forget(job: RemoteJob): void;
  /** One is over, and its caller will be told. */
  ended(): void;
}

/** Those of one engine. */
export class RemoteJobs {
  readonly #parts: RemoteJobsParts;
  readonly #unsettled = new Register<string, RemoteJob>();
  readonly #ledger = new Ledger();
  #refusedSinceDrain = false;

  constructor(parts: RemoteJobsParts) {
    this.#parts = parts;
  }

  /** By address. */
  get unsettled(): ReadonlyRegister<string, RemoteJob> {
    return this.#unsettled;
  }

  /** There is one more. */
  add(job: RemoteJob): void {
    const { forecast, clock, changed } = this.#parts;
    this.#unsettled.set(job.address, job);
    if (this.#unsettled.size === 1) forecast.watch(true, clock.now());
    changed();
  }

  /** @param mine Whether this program has put it into the queue; false if another had enqueued the same name. */
  accepted(job: RemoteJob, mine: boolean): void {
    const { state } = job;
    // Hosts may be quicker with what they say of it than the broker with whose it is.
    if (state.at === "queued" || state.at === "running") job.state = { ...state, mine: state.mine && mine };
    if (state.at !== "sending") return;
    const { announcing, watch } = this.#parts;
    job.state = { at: "queued", mine };
    this.#ledger.jobs.accepted++;
    if (announcing.hears(job, "job:queued")) announcing.sayOf(job, queued(job, this.#unsettled.size));
    watch();
  }

  /** It does not get into the queue, whether it is one of them or was never to be. */
  refuse(job: RemoteJob, error: ClusterError): void {
    if (job.isSettled) return;
    const { lifetime, outbox, announcing, ended } = this.#parts;
    this.#remove(job);
    job.state = { at: "settled" };
    this.#ledger.jobs.refused++;
    this.#refusedSinceDrain ||= error.code === "CC_ERR_BACKLOG_FULL" && lifetime.at === "open";
    outbox.push(() => job.done({ ok: false, error }));
    if (announcing.hears(job, "job:refused")) announcing.sayOf(job, refused(job, error));
    ended();
  }

  /** A host runs it. */
  started(job: RemoteJob, place: Place): void {
    if (job.isSettled) return;
    if (job.state.at === "sending") this.accepted(job, true);
    const { announcing, clock } = this.#parts;
    const since = clock.now();
    job.state = { at: "running", mine: isMine(job), worker: workerOf(place), since, attempt: place.attempt };
    if (announcing.hears(job, "job:started")) announcing.sayOf(job, started(job, place, since));
  }

  /** Its host has given it back. */
  returned(job: RemoteJob, place: Place): void {
    if (job.state.at !== "running") return;
    const { announcing } = this.#parts;
    job.state = { at: "queued", mine: job.state.mine };
    if (announcing.hears(job, "job:returned")) announcing.sayOf(job, returned(job, place));
  }

  /** It has said how far it is. */
  progressed({ request: { onProgress }, isSettled }: RemoteJob, value: unknown): void {
    if (!onProgress || isSettled) return;
    this.#parts.outbox.push(() => onProgress(value));
  }

  /**
   * It has its outcome.
   *
   * @param answer Of the host that had it, if one did.
   */
  settle(job: RemoteJob, outcome: Outcome, answer: AnswerLetter | null): void {
    if (job.isSettled) return;
    if (job.state.at === "sending") this.accepted(job, true);
    const { clock, forecast, outbox, announcing } = this.#parts;
    const now = clock.now();
    const { submittedAt, request } = job;
    const { attempt = 0, ran = 0 } = answer ?? {};
    const startedAt = Math.max(submittedAt, now - ran);
    if (outcome.ok) forecast.record(request.task, ran);
    this.#ledger.settled({ request, submittedAt, startedAt, attempt }, outcome.ok, now);
    this.#remove(job);
    job.state = { at: "settled" };
    outbox.push(() => job.done(outcome));
    if (announcing.hears(job, "job:settled")) {
      announcing.sayOf(job, settled(job, outcome, answer, startedAt, now));
    }
    this.#parts.ended();
  }

  #remove(job: RemoteJob): void {
    job.expiry?.cancel();
    if (this.#unsettled.get(job.address) !== job) return;
    const { clock, lifetime, forecast, announcing, changed, forget } = this.#parts;
    forget(job);
    this.#unsettled.delete(job.address);
    const { size } = this.#unsettled;
    if (size === 0) forecast.watch(false, clock.now());
    changed();
    if (size > 0 || !this.#refusedSinceDrain || lifetime.at !== "open") return;
    this.#refusedSinceDrain = false;
    announcing.tell("drain", () => ({ type: "drain" }));
  }

  get stats(): Stats {
    const { clock, lifetime, forecast } = this.#parts;
    const now = clock.now();
    let running = 0;
    for (const { state } of this.#unsettled.values()) if (state.at === "running") running++;
    return this.#ledger.stats({ name: "nats", isolation: "process" }, NOBODY, {
      state: lifetime.at,
      waiting: this.#unsettled.size - running,
      running,
      expectedRun: forecast.runOfAny(now),
      expectedRunOf: (task) => forecast.run(task, now),
    });
  }
}

/** Whether this program has put it into the queue, as far as is known. */
export function isMine({ state }: RemoteJob): boolean {
  if (state.at === "settled") return false;
  return state.at === "sending" ? state.may : state.mine;
}
