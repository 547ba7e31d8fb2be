/**
 * Brings jobs into the queue: each until the broker says that it has it, or will not.
 *
 * @module
 */

import { ClusterError } from "../core/errors.ts";
import { engineError, isFull, isLasting, isNobody, isOutOfRoom, isUnanswered } from "./faults.ts";
import type { Bulk } from "./bulk.ts";
import { jobHeaders } from "./letters.ts";
import type { Broker, Link } from "./link.ts";
import { isNamed, levelOf, type Names } from "./names.ts";
import type { RemoteJob } from "./remote-job.ts";
import { Turns } from "./turns.ts";

/** How long to wait before the next try, in milliseconds. */
const AGAIN = 250;

/** How often a job is sent that no stream takes: its servers may be about to choose a leader. */
const UNHEARD = 120;

/** How many bytes of jobs are on their way at a time, and how many a job is counted for at least: more would keep the broker from saying. */
const MOST = 32 * 1_048_576;
const LEAST = 32 * 1_024;

/** Whose a job is that is in the queue. */
type Whose = "ours" | "another's" | "nobody knows";

/** What sending is given to work with, and whom it tells. */
export interface SendingParts {
  readonly link: Link;
  readonly names: Names;
  readonly bulk: Bulk;
  readonly owner: string;
  /** The version of the worker module that jobs are for, or null. */
  readonly version: string | null;
  /** Whether anyone hears of a job's steps. */
  hearsSteps(job: RemoteJob): boolean;
  /** Refuses a job before it is sent, or lets it be; null for a job without limits. */
  decide(job: RemoteJob): Promise<void> | null;
  /** Listens for what hosts say of a job. Rejects if that is not allowed. */
  expect(broker: Broker, job: RemoteJob): Promise<void>;
  /** Waits for what an earlier job of the same name has still to do. */
  before(address: string): Promise<void>;
  /** Looks whether the job was answered already; says whether it was. */
  lookUp(broker: Broker, job: RemoteJob): Promise<boolean>;
  /** The queue has it. `mine`: because this program has sent it. */
  accepted(job: RemoteJob, mine: boolean): void;
  /** The queue will never have it. */
  refused(job: RemoteJob, error: ClusterError): void;
  /** Waits, the program staying alive. */
  pause(delay: number): Promise<void>;
}

/** Sends jobs. */
export class Sending {
  readonly #parts: SendingParts;
  readonly #turns = new Turns(MOST);

  constructor(parts: SendingParts) {
    this.#parts = parts;
  }

  /** Never rejects. */
  async send(job: RemoteJob): Promise<void> {
    for (let attempt = 1, unheard = 0; !job.isSettled; attempt++) {
      try {
        const broker = await this.#parts.link.open();
        if (broker.requests.absence) await broker.requests.absence;
        if (isNamed(job.address)) await this.#parts.before(job.address);
        if (job.isSettled) return;
        // What was answered before is not run again: to a program that has forgotten what it had enqueued, or after a try of which
        // nothing is known.
        if ((attempt > 1 || isNamed(job.address)) && await this.#lookUp(broker, job)) return;
        const decision = attempt === 1 ? this.#parts.decide(job) : null;
        if (decision) await decision;
        if (job.isSettled) return;
        await this.#parts.expect(broker, job);
        await this.#publish(broker, job);
        return this.#parts.accepted(job, true);
      } catch (error) {
        if (isNobody(error)) unheard++;
        const refusal = unheard < UNHEARD ? this.#refusal(job, error) : nobody(job, error);
        if (refusal === "there") return this.#there(job, attempt > 1 ? await this.#whose(job) : "another's");
        if (refusal !== "again") return this.#refused(job, refusal);
        await this.#parts.pause(AGAIN);
        // A broker that has lost what it had stored has lost its queues, too.
        if (isUnanswered(error)) await this.#parts.link.reopen().catch(() => {});
      }
    }
  }

  /** A broker may have lost it, though it was accepted, and the queue with it: it is sent once more. It is not taken twice. */
  async repeat(broker: Broker, job: RemoteJob): Promise<void> {
    try {
      await this.#sendAgain(broker, job).catch(async (error) => {
        if (!isUnanswered(error)) throw error;
        await this.#parts.link.reopen();
        await this.#sendAgain(broker, job);
      });
    } catch {
      // It is there, or it is looked for again.
    }
  }

  async #sendAgain(broker: Broker, job: RemoteJob): Promise<void> {
    if (job.body) await this.#parts.bulk.restore(broker, this.#parts.owner, job.body, job.args);
    await this.#publish(broker, job);
  }

  /** Whose it is that is in the queue: this program's, of which it was not told, or of whoever enqueued the same name meanwhile. */
  async #whose({ address, message, request: { priority } }: RemoteJob): Promise<Whose> {
    const { link: { broker }, names } = this.#parts;
    if (!isNamed(address)) return "ours";
    if (!broker) return "nobody knows";
    try {
      // Only who may see others' jobs may look.
      const subject = names.job(levelOf(priority), address);
      const found = await broker.requests.answer(broker.jsm.streams.getMessage(names.jobs, { last_by_subj: subject }));
      return found?.header.get("Nats-Msg-Id") === message ? "ours" : "another's";
    } catch {
      return "nobody knows";
    }
  }

  #there(job: RemoteJob, whose: Whose): void {
    if (whose === "another's") this.#drop(job);
    // To have a job run in vain is better than to take another's away.
    this.#parts.accepted(job, whose === "ours");
  }

  #refused(job: RemoteJob, error: ClusterError): void {
    this.#drop(job);
    this.#parts.refused(job, error);
  }

  /** Its arguments are in no message. */
  #drop({ body }: RemoteJob): void {
    const { link: { broker }, bulk, owner } = this.#parts;
    if (broker && body) void bulk.drop(broker, owner, body).catch(() => {});
  }

  async #lookUp(broker: Broker, job: RemoteJob): Promise<boolean> {
    const turn = this.#turns.begin(LEAST);
    if (turn) await turn;
    try {
      return job.isSettled || await this.#parts.lookUp(broker, job);
    } finally {
      this.#turns.end(LEAST);
    }
  }

  async #publish(broker: Broker, job: RemoteJob): Promise<void> {
    const weight = Math.max(LEAST, job.args.bytes.byteLength);
    const turn = this.#turns.begin(weight);
    if (turn) await turn;
    try {
      if (!job.isSettled) await this.#store(broker, job);
    } finally {
      this.#turns.end(weight);
    }
  }

  async #store(broker: Broker, job: RemoteJob): Promise<void> {
    const { names, bulk, owner, version, hearsSteps } = this.#parts;
    const { id, address, request } = job;
    const letter = {
      id,
      task: request.task,
      timeout: request.timeout,
      version,
      wants: { progress: request.onProgress !== null, steps: hearsSteps(job) },
      trace: job.trace,
      over: job.over,
      args: { ...job.args, object: null },
    };
    let headers = jobHeaders(broker.client, letter);
    // What is not in the store is looked at each time: the broker may take less than it did.
    if (!job.body?.object) job.body = await bulk.pack(broker, owner, job.args, headers);
    if (job.isSettled) return this.#drop(job);
    if (job.body.object !== null) headers = jobHeaders(broker.client, { ...letter, args: job.body });
    const level = levelOf(request.priority);
    if (job.state.at === "sending") job.state = { at: "sending", may: true };
    // Not the address: a job that was given up may be enqueued again.
    headers.append("Nats-Msg-Id", job.message);
    await broker.requests.publish(names.job(level, address), job.body.bytes, headers);
    // Hosts that are at the usual line are told once there is something in another: they look at once.
    if (level !== "normal") broker.connection.publish(names.hint(level));
  }

  #refusal(job: RemoteJob, error: unknown): "again" | "there" | ClusterError {
    const full = isFull(error);
    // It waits or runs, whoever enqueued it; or one does that was given up, and has to leave first.
    if (full === "subject") return job.over > 0 ? "again" : "there";
    // Jobs whose caller bounds them wait for room.
    if (full === "stream") return job.request.bounded ? "again" : tooMany(this.#parts.link.broker);
    if (isOutOfRoom(error)) return engineError(`job ${job.id} can't be enqueued: the server has no room`, error, true);
    if (isLasting(error)) return engineError(`job ${job.id} can't be enqueued`, error, true);
    return "again";
  }
}

function nobody(job: RemoteJob, cause: unknown): ClusterError {
  const why = "the server has no such queue, or no JetStream";
  return engineError(`job ${job.id} can't be enqueued: ${why}`, cause, true);
}

function tooMany(broker: Broker | null): ClusterError {
  const limit = broker?.maxBacklog ?? null;
  const message = `cannot enqueue work: maximum backlog exceeded${limit === null ? "" : ` (${limit})`}`;
  return new ClusterError("CC_ERR_BACKLOG_FULL", message, { ...limit === null ? {} : { limit }, retryable: true });
}
