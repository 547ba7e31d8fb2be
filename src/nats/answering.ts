/**
 * What a host tells of the jobs that it has: to whoever waits for them, as it happens, and to the broker, which keeps the answers.
 *
 * @module
 */

import type { MsgHdrs } from "@nats-io/transport-node";
import type { ComputeCluster } from "../cluster.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { ClusterError } from "../core/errors.ts";
import type { Fact } from "../core/fact.ts";
import { Register } from "../core/register.ts";
import type { Bulk } from "./bulk.ts";
import type { Delivery } from "./delivery.ts";
import { engineError, isFull, isLasting, isOutOfRoom } from "./faults.ts";
import { writeFailure } from "./failures.ts";
import {
  answerHeaders,
  type AnswerLetter,
  type Body,
  type JobLetter,
  progressHeaders,
  setStep,
  type Status,
  type Step,
} from "./letters.ts";
import type { Broker } from "./link.ts";
import { findStored, forgetStored } from "./stored.ts";
import { isNamed, Names, ownerOf } from "./names.ts";
import type { RunIds } from "./run-ids.ts";
import type { Tally } from "./tally.ts";
import { write, type Written } from "./values.ts";

/** Answers that are larger than this, in bytes, are told of only: they would be sent twice. */
const LARGE = 65_536;

/** How long to wait before an answer is sent again that the broker did not take, in milliseconds. */
const AGAIN = 500;

/** A job that runs for longer than this, in milliseconds, is told to have begun, though nobody has asked: short ones are as good as over. */
const SHORT = 50;

const NOTHING: Body = { encoding: "undefined", bytes: new Uint8Array(0), object: null };

/** A job that this host has. */
export interface Run {
  readonly address: string;
  /** What it is called in this host's cluster; see `run-ids.ts`. */
  readonly id: string;
  /** What it is called in this host: like no other, nor like an earlier job of the same address. */
  readonly key: string;
  readonly letter: JobLetter;
  readonly takenAt: number;
  worker: string;
  attempt: number;
  /** When it last began; 0 if it has not. */
  startedAt: number;
  /** Whether that was told. */
  told: boolean;
}

/** What answering is given to work with. */
export interface AnsweringParts {
  readonly tally: Tally;
  readonly broker: Broker;
  readonly names: Names;
  readonly bulk: Bulk;
  readonly cluster: ComputeCluster;
  readonly clock: Clock;
  /** This host's name. */
  readonly host: string;
  readonly queue: string;
  readonly ids: RunIds;
  /** Something went wrong that is no job's. */
  warn(error: Error): void;
}

/** Answers jobs. */
export class Answering {
  readonly #parts: AnsweringParts;
  readonly #runs = new Register<string, Run>();
  #timer: Timer | null = null;

  constructor(parts: AnsweringParts) {
    this.#parts = parts;
    parts.cluster.on("job:started", this.#started);
    parts.cluster.on("job:returned", this.#returned);
  }

  /** Nothing more is told. */
  stop(): void {
    this.#timer?.cancel();
    this.#parts.cluster.off("job:started", this.#started);
    this.#parts.cluster.off("job:returned", this.#returned);
  }

  /** All that this host has. */
  get runs(): Iterable<Run> {
    return this.#runs.values();
  }

  /** From now on its steps are told. */
  begin(address: string, key: string, letter: JobLetter): Run {
    const { ids, queue } = this.#parts;
    // Names of different owners may be the same.
    const own = isNamed(address) && !address.startsWith("any.") ? address : letter.id;
    const id = ids.take(own, `${queue} ${key}`);
    const run = {
      address,
      id,
      key,
      letter,
      takenAt: performance.now(),
      worker: "",
      attempt: 0,
      startedAt: 0,
      told: false,
    };
    this.#runs.set(id, run);
    return run;
  }

  end(run: Run): void {
    this.#parts.ids.leave(run.id);
    if (this.#runs.get(run.id) === run) this.#runs.delete(run.id);
  }

  readonly #started = ({ job, worker, attempt }: Extract<Fact, { type: "job:started" }>): void => {
    const run = this.#runs.get(job);
    if (!run) return;
    if (run.startedAt === 0) this.#parts.tally.began();
    run.worker = worker;
    run.attempt = attempt;
    run.startedAt = performance.now();
    run.told = run.letter.wants.steps;
    if (run.told) this.#say(run, "started");
    else this.#timer ??= this.#parts.clock.schedule(SHORT, this.#tellOfLong);
  };

  /** All at once: a timer for each job would cost more. */
  readonly #tellOfLong = (): void => {
    this.#timer = null;
    const before = performance.now() - SHORT;
    for (const run of this.#runs.values()) {
      if (run.told || run.startedAt === 0) continue;
      run.told = run.startedAt <= before;
      if (run.told) this.#say(run, "started");
      else this.#timer ??= this.#parts.clock.schedule(SHORT, this.#tellOfLong);
    }
  };

  readonly #returned = ({ job }: Extract<Fact, { type: "job:returned" }>): void => {
    const run = this.#runs.get(job);
    if (!run) return;
    if (run.told) this.#say(run, "returned");
    run.startedAt = 0;
    run.told = false;
  };

  #say(run: Run, step: Step): void {
    const headers = answerHeaders(this.#parts.broker.client, this.#letter("value", NOTHING, run));
    setStep(headers, step);
    this.#parts.broker.connection.publish(this.#parts.names.live(run.address), undefined, { headers });
  }

  /** How far it is. What can't travel, or is too large to be told, is left out. */
  progress({ address }: Run, value: unknown): void {
    const { broker: { client, connection, maxPayload }, names } = this.#parts;
    const written = writtenOrNull(value);
    if (written === null || written.bytes.byteLength > maxPayload / 2) return;
    const headers = progressHeaders(client, { ...written, object: null });
    connection.publish(names.live(address), written.bytes, { headers });
  }

  /**
   * Has an answer kept, unless the job has one; then tells whoever waits, and lets the job leave the queue: at once, lest it be two
   * packets. Tries until it is.
   *
   * @param run Null for a job that can't be run.
   */
  async answer(delivery: Delivery, status: Status, written: Written, run: Run | null): Promise<void> {
    const { broker, bulk, names, warn } = this.#parts;
    const address = Names.addressIn(delivery.subject);
    const ran = run && run.startedAt > 0 ? performance.now() - run.startedAt : 0;
    const letter = { ...this.#letter(status, { ...written, object: null }, run), ran };
    let headers = answerHeaders(broker.client, letter);
    let body: Body | null = null;
    for (let attempt = 1;; attempt++) {
      try {
        if (broker.requests.absence) await broker.requests.absence;
        // What is not in the store is looked at each time: the broker may take less than it did.
        if (!body?.object) body = await bulk.pack(broker, ownerOf(address), written, headers);
        if (body.object !== null) headers = answerHeaders(broker.client, { ...letter, body });
        const { seq } = await broker.requests.publish(names.answer(address), body.bytes, headers);
        this.#tell(address, headers, body, seq);
        return delivery.ack();
      } catch (error) {
        if (isFull(error) === "subject") {
          const other = await this.#inTheWay(address);
          if (other === null) continue;
          this.kept(address);
          delivery.ack();
          // It may be this one, of which the broker's word was lost. Otherwise what was kept for this one is in no message.
          if (body && body.object !== other.body.object) {
            await bulk.drop(broker, ownerOf(address), body).catch(() => {});
          }
          return;
        }
        if (body === null && isLasting(error)) {
          const why = error instanceof Error ? `: ${error.message}` : "";
          const failure = new ClusterError("CC_ERR_ENGINE", `the answer can't be kept${why}`);
          return await this.answer(delivery, "failed", write(writeFailure(failure)), run);
        }
        const isWaiting = isOutOfRoom(error);
        if (broker.connection.isClosed() || (!isWaiting && isLasting(error))) throw error;
        if (isWaiting && attempt === 1) warn(engineError(`the server has no room for answer ${address}`, error));
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    }
  }

  /** @param number Of the answer that is kept. */
  #tell(address: string, headers: MsgHdrs, { bytes, object }: Body, number: number): void {
    const { broker: { connection }, names } = this.#parts;
    const isTold = object === null && bytes.byteLength <= LARGE;
    setStep(headers, isTold ? "answer" : "kept", number);
    connection.publish(names.live(address), isTold ? bytes : undefined, { headers });
  }

  /** The answer that a job has. What is in its place and is none is deleted: null, then. */
  async #inTheWay(address: string): Promise<AnswerLetter | null> {
    const { broker, names } = this.#parts;
    const found = await findStored(broker, names, address);
    // Whoever was asked has yet to hear of it, or it has just been deleted.
    if (found === null) await new Promise((resolve) => setTimeout(resolve, AGAIN));
    else if (found.answer === null) await forgetStored(broker, names.answers, found.sequence);
    return found?.answer ?? null;
  }

  /** The job has an answer already, of which whoever waits may not have heard. */
  kept(address: string): void {
    const { broker: { client, connection }, names } = this.#parts;
    const headers = client.transport.headers();
    setStep(headers, "kept");
    connection.publish(names.live(address), undefined, { headers });
  }

  #letter(status: Status, body: Body, run: Run | null): AnswerLetter {
    const { worker = "", attempt = 0 } = run ?? {};
    return { status, body, host: this.#parts.host, worker, attempt, ran: 0, number: 0 };
  }
}

/** What a thread may tell, and a machine may not: memory that is shared. */
function writtenOrNull(value: unknown): Written | null {
  try {
    return write(value);
  } catch {
    return null;
  }
}
