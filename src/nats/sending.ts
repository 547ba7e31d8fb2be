/**
 * Brings jobs into the queue: each until the broker says that it has it, or will not.
 *
 * @module
 */

import { ClusterError } from "../core/errors.ts";
import { engineError, isFull, isLasting, isNobody } from "./faults.ts";
import type { Bulk } from "./bulk.ts";
import { jobHeaders } from "./letters.ts";
import type { Broker, Link } from "./link.ts";
import { isNamed, levelOf, type Names } from "./names.ts";
import type { RemoteJob } from "./remote-job.ts";

/** How long the broker has to say that it has a job, in milliseconds. */
const PATIENCE = 5_000;

/** How long to wait before the next try, in milliseconds. */
const AGAIN = 250;

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
  /** Listens for what hosts say of a job. */
  expect(broker: Broker, job: RemoteJob): void;
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

  constructor(parts: SendingParts) {
    this.#parts = parts;
  }

  /** Never rejects. */
  async send(job: RemoteJob): Promise<void> {
    for (let attempt = 1; !job.isSettled; attempt++) {
      try {
        const broker = await this.#parts.link.open();
        if (job.isSettled) return;
        // What was answered before is not run again: to a program that has forgotten what it had enqueued, or after a try of which
        // nothing is known.
        if ((attempt > 1 || isNamed(job.address)) && await this.#parts.lookUp(broker, job)) return;
        if (job.isSettled) return;
        this.#parts.expect(broker, job);
        await this.#publish(broker, job);
        return this.#parts.accepted(job, true);
      } catch (error) {
        const refusal = this.#refusal(job, error);
        if (refusal === "there") return this.#parts.accepted(job, attempt > 1);
        if (refusal !== "again") return this.#refuse(job, refusal);
        await this.#parts.pause(AGAIN);
        // A broker that has lost what it had stored has lost its queues, too.
        if (isNobody(error)) await this.#parts.link.reopen().catch(() => {});
      }
    }
  }

  /** A broker may have lost it, though it was accepted: it is sent once more. It is not taken twice. */
  async repeat(broker: Broker, job: RemoteJob): Promise<void> {
    await this.#publish(broker, job).catch(() => {});
  }

  async #publish(broker: Broker, job: RemoteJob): Promise<void> {
    const { names, bulk, owner, version, hearsSteps } = this.#parts;
    const { id, address, request } = job;
    job.body ??= await bulk.pack(broker, owner, job.args);
    const { body } = job;
    if (job.isSettled) return void await bulk.drop(broker, owner, body);
    const headers = jobHeaders(broker.client, {
      id,
      task: request.task,
      timeout: request.timeout,
      version,
      wants: { progress: request.onProgress !== null, steps: hearsSteps(job) },
      trace: job.follower?.carrier() ?? request.trace,
      args: body,
    });
    const level = levelOf(request.priority);
    if (job.state.at === "sending") job.state = { at: "sending", may: true };
    // Hosts that look at the usual line only are told of another before there is anything in it: they look for some time.
    if (level !== "normal") broker.connection.publish(names.hint(level));
    await broker.js.publish(names.job(level, address), body.bytes, {
      // Not the address: a job that was given up may be enqueued again.
      msgID: job.message,
      headers,
      timeout: PATIENCE,
    });
  }

  #refuse(job: RemoteJob, error: ClusterError): void {
    const { link: { broker }, bulk, owner, refused } = this.#parts;
    if (broker && job.body) void bulk.drop(broker, owner, job.body).catch(() => {});
    refused(job, error);
  }

  #refusal(job: RemoteJob, error: unknown): "again" | "there" | ClusterError {
    const full = isFull(error);
    // It waits or runs, whoever enqueued it.
    if (full === "subject") return "there";
    // Jobs whose caller bounds them wait for room.
    if (full === "stream") return job.request.bounded ? "again" : tooMany(this.#parts.link.broker);
    if (isLasting(error)) return engineError(`job ${job.id} can't be enqueued`, error, true);
    return "again";
  }
}

function tooMany(broker: Broker | null): ClusterError {
  const limit = broker?.maxBacklog ?? null;
  const message = `cannot enqueue work: maximum backlog exceeded${limit === null ? "" : ` (${limit})`}`;
  return new ClusterError("CC_ERR_BACKLOG_FULL", message, { ...limit === null ? {} : { limit }, retryable: true });
}
