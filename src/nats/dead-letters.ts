/**
 * The jobs of a queue that were set aside (`poison.ts`): to be looked at, put back into the queue, or thrown away.
 *
 * @module
 */

import type { MsgHdrs } from "@nats-io/transport-node";
import { ClusterError } from "../core/errors.ts";
import type { TraceContext } from "../core/trace.ts";
import * as check from "../validate.ts";
import { Bulk } from "./bulk.ts";
import { isFull } from "./faults.ts";
import { headersAgain, isVoid, type JobLetter, readJob } from "./letters.ts";
import { orNoQueue } from "./monitor.ts";
import { Names, ownerOf } from "./names.ts";
import { ACCESS_NAMES, type AccessOptions, resolveAccess, SHAPE, word } from "./options.ts";
import { findStored, forgetStored } from "./stored.ts";
import { read } from "./values.ts";
import { asked, type Visit, visit } from "./visit.ts";

/** How many are listed at a time, and how long to wait for them, in milliseconds. */
const BATCH = 500;
const PATIENCE = 5_000;

/** How to reach a queue. */
export interface DeadLettersOptions extends AccessOptions {
  /** Its name. */
  queue: string;
}

/** A job that was set aside. */
export interface DeadJob {
  /** Its caller's name for it, or one made up. Jobs of different tasks, or owners, may have the same. */
  readonly id: string;
  /** Like no other job's in the queue. */
  readonly address: string;
  /** The export that was to run it; null for the default export. */
  readonly task: string | null;
  /** How many hosts were given it. */
  readonly deliveries: number;
  /** When it was set aside, by the broker's clock. */
  readonly at: Date;
  /** Of its arguments as they are stored, in bytes; 0 for what is in the object store. */
  readonly size: number;
  /** Its number among those that were set aside. */
  readonly sequence: number;
}

/** What a job came with. */
export interface DeadJobContent {
  /** The longest run in milliseconds, or Infinity. */
  readonly timeout: number;
  /** The version of the worker module that it is for; null for any. */
  readonly version: string | null;
  /** The W3C trace context that it belongs to; null for none. */
  readonly trace: TraceContext | null;
  /** What it is to work on. */
  readonly args: unknown;
}

/** What has become of a job that was to be put back: `answered` if it has an answer by now, and is left where it is. */
export type Requeued = "requeued" | "answered";

/**
 * The jobs of one queue that were set aside.
 *
 * @example
 * ```ts
 * import { DeadLetters } from "compute-cluster/nats";
 *
 * const dead = await DeadLetters.open({ servers: "nats://broker:4222", queue: "images" });
 * for (const job of await dead.list()) await dead.requeue(job);
 * await dead.close();
 * ```
 */
export class DeadLetters {
  readonly #visit: Visit;
  readonly #names: Names;
  readonly #queue: string;
  readonly #bulk: Bulk;

  private constructor(visit: Visit, queue: string) {
    this.#visit = visit;
    this.#queue = queue;
    this.#names = new Names(queue);
    this.#bulk = new Bulk(this.#names, SHAPE.replicas);
  }

  /**
   * Connects.
   *
   * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`.
   * @throws {ClusterError} `CC_ERR_ENGINE` if the server can't be reached or used.
   */
  static async open(options: DeadLettersOptions): Promise<DeadLetters> {
    const { queue, ...given } = check.ownOptions(options, "options", [...ACCESS_NAMES, "queue"]);
    const name = word("queue", queue);
    return new DeadLetters(await visit(resolveAccess(given), "compute-cluster dead letters"), name);
  }

  /**
   * All of them, the oldest first.
   *
   * @throws {ClusterError} `CC_ERR_ENGINE` if the queue is not there, or can't be read.
   */
  list(): Promise<DeadJob[]> {
    return asked("listing dead jobs", this.#list());
  }

  async #list(): Promise<DeadJob[]> {
    const { js, jsm } = this.#visit;
    const { dead } = this.#names;
    let { state: { messages: left } } = await orNoQueue(this.#queue, jsm.streams.info(dead));
    const jobs: DeadJob[] = [];
    if (left === 0) return jobs;
    const consumer = await js.consumers.get(dead, { headers_only: true });
    while (left > 0) {
      const before = jobs.length;
      const batch = await consumer.fetch({ max_messages: Math.min(left, BATCH), expires: PATIENCE });
      for await (const { subject, seq, headers, info } of batch) {
        jobs.push(deadJob(subject, headers, seq, info.timestampNanos));
        left = info.pending;
      }
      if (jobs.length === before) break;
    }
    await consumer.delete();
    return jobs;
  }

  /**
   * All that a job came with.
   *
   * @throws {ClusterError} `CC_ERR_ENGINE` if it is not there any more.
   */
  read(job: DeadJob): Promise<DeadJobContent> {
    return asked(`reading the dead job ${job.id}`, this.#read(job));
  }

  async #read(job: DeadJob): Promise<DeadJobContent> {
    const { header, data } = await this.#message(job);
    const { timeout, version, trace, args: { encoding, bytes, object } } = readJob(header, data);
    const whole = object === null ? bytes : await this.#bulk.fetch(this.#visit, ownerOf(job.address), object);
    return { timeout, version, trace, args: read({ encoding, bytes: whole }) };
  }

  /**
   * Puts a job back into its queue, as one that no host was given yet. That it was set aside is its answer no more.
   *
   * @throws {ClusterError} `CC_ERR_BACKLOG_FULL`; `CC_ERR_ENGINE` if it is not there any more. It is where it was, then.
   */
  requeue(job: DeadJob): Promise<Requeued> {
    return asked(`putting back the dead job ${job.id}`, this.#requeue(job));
  }

  async #requeue(job: DeadJob): Promise<Requeued> {
    const message = await this.#message(job);
    const found = await findStored(this.#visit, this.#names, job.address);
    if (found?.answer && !isVoid(found.answer)) return "answered";
    // It is where it was until it is in the queue; from then on a host may have it, which is not to take the old answer for its own.
    await this.#publish(job, message, found?.sequence ?? 0);
    if (found) await forgetStored(this.#visit, this.#names.answers, found.sequence);
    await forgetStored(this.#visit, this.#names.dead, job.sequence);
    return "requeued";
  }

  /**
   * Forgets a job.
   *
   * @throws {ClusterError} `CC_ERR_ENGINE` if it is not there any more.
   */
  drop(job: DeadJob): Promise<void> {
    return asked(`dropping the dead job ${job.id}`, this.#drop(job));
  }

  async #drop(job: DeadJob): Promise<void> {
    const { header, data } = await this.#message(job);
    const args = letterIn(header, data)?.args;
    if (args) await this.#bulk.drop(this.#visit, ownerOf(job.address), args).catch(() => {});
    await forgetStored(this.#visit, this.#names.dead, job.sequence);
  }

  /** Ends it. */
  async close(): Promise<void> {
    await this.#visit.connection.close();
  }

  /** @param over The number of the answer that is none to it any more; see `JobLetter.over`. */
  async #publish({ sequence }: DeadJob, { header, data }: Message, over: number): Promise<void> {
    const { client, js } = this.#visit;
    const headers = headersAgain(client, header, over);
    try {
      // Its own: if only this was done, and is done again, it is in the queue once.
      await js.publish(header.get("cc-subject"), data, { headers, msgID: `dead.${this.#queue}.${sequence}` });
    } catch (error) {
      const full = isFull(error);
      if (full === "stream") {
        throw new ClusterError("CC_ERR_BACKLOG_FULL", "the queue is full", { cause: error, retryable: true });
      }
      // Its caller has enqueued it again.
      if (full !== "subject") throw error;
    }
  }

  async #message({ id, sequence }: DeadJob): Promise<Message> {
    const found = await this.#visit.jsm.direct.getMessage(this.#names.dead, { seq: sequence });
    if (found) return found;
    throw new ClusterError("CC_ERR_ENGINE", `the dead job ${id} is not there any more`);
  }
}

/** As it is stored. */
interface Message {
  readonly header: MsgHdrs;
  readonly data: Uint8Array;
}

function deadJob(subject: string, headers: MsgHdrs | undefined, sequence: number, nanos: number): DeadJob {
  // cc.dead.queue.owner.space.name
  const address = subject.split(".").slice(3).join(".");
  const { id = address, task = null } = letterIn(headers, NO_BYTES) ?? {};
  return {
    id,
    address,
    task,
    deliveries: Number(headers?.get("cc-deliveries")) || 0,
    at: new Date(Math.floor(nanos / 1_000_000)),
    size: Number(headers?.get("Nats-Msg-Size")) || 0,
    sequence,
  };
}

const NO_BYTES = new Uint8Array(0);

/** The job that a message is; null for one that is none, or of a newer version. */
function letterIn(headers: MsgHdrs | undefined, bytes: Uint8Array): JobLetter | null {
  try {
    return readJob(headers, bytes);
  } catch {
    return null;
  }
}
