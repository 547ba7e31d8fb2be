/**
 * What a host tells of the jobs that it has: to whoever waits for them, as it happens, and to the broker, which keeps the answers.
 *
 * @module
 */

import type { ComputeCluster } from "../cluster.ts";
import type { Clock, Timer } from "../core/clock.ts";
import type { Fact } from "../core/fact.ts";
import type { Bulk } from "./bulk.ts";
import { isFull, isLasting } from "./faults.ts";
import {
  answerHeaders,
  type AnswerLetter,
  type Body,
  type JobLetter,
  liveHeaders,
  type Status,
  type Step,
} from "./letters.ts";
import type { Broker } from "./link.ts";
import { isNamed, type Names } from "./names.ts";
import { write, type Written } from "./values.ts";

/** Answers that are larger than this, in bytes, are told of only: they would be sent twice. */
const LARGE = 65_536;

/** How long the broker has to say that it has an answer, and how long to wait before it is sent again, in milliseconds. */
const PATIENCE = 5_000;
const AGAIN = 500;

/** A job that runs for longer than this, in milliseconds, is told to have begun, though nobody has asked: short ones are as good as over. */
const SHORT = 50;

const NOTHING: Body = { encoding: "undefined", bytes: new Uint8Array(0), object: null };

/** A job that this host has. */
export interface Run {
  readonly address: string;
  /** What it is called in this host's cluster: like no other job. */
  readonly id: string;
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
  readonly broker: Broker;
  readonly names: Names;
  readonly bulk: Bulk;
  readonly cluster: ComputeCluster;
  readonly clock: Clock;
  /** This host's name. */
  readonly host: string;
}

/** Answers jobs. */
export class Answering {
  readonly #parts: AnsweringParts;
  readonly #runs = new Map<string, Run>();
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
  begin(address: string, letter: JobLetter): Run {
    // Names of different owners may be the same.
    const id = isNamed(address) && !address.startsWith("any.") ? address : letter.id;
    const run = { address, id, letter, takenAt: performance.now(), worker: "", attempt: 0, startedAt: 0, told: false };
    this.#runs.set(id, run);
    return run;
  }

  end({ id }: Run): void {
    this.#runs.delete(id);
  }

  readonly #started = ({ job, worker, attempt }: Extract<Fact, { type: "job:started" }>): void => {
    const run = this.#runs.get(job);
    if (!run) return;
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
    headers.set("cc-live", step);
    this.#parts.broker.connection.publish(this.#parts.names.live(run.address), undefined, { headers });
  }

  /** How far it is. What is too large to be told is left out. */
  progress({ address }: Run, value: unknown): void {
    const { broker: { client, connection, maxPayload }, names } = this.#parts;
    const { encoding, bytes } = write(value);
    if (bytes.byteLength > maxPayload / 2) return;
    const headers = liveHeaders(client, "progress", { encoding, bytes, object: null });
    connection.publish(names.live(address), bytes, { headers });
  }

  /**
   * Has an answer kept, unless the job has one, and tells whoever waits. Tries until it is.
   *
   * @param run Null for a job that can't be run.
   */
  async answer(address: string, status: Status, written: Written, run: Run | null): Promise<void> {
    const { broker, bulk, names } = this.#parts;
    const ran = run && run.startedAt > 0 ? performance.now() - run.startedAt : 0;
    for (;;) {
      try {
        const body = await bulk.pack(broker, address.split(".")[0] as string, written);
        const headers = answerHeaders(broker.client, { ...this.#letter(status, body, run), ran });
        const { seq } = await broker.js.publish(names.answer(address), body.bytes, { headers, timeout: PATIENCE });
        headers.set("cc-number", String(seq));
        headers.set("cc-live", body.object !== null || body.bytes.byteLength > LARGE ? "kept" : "answer");
        const told = headers.get("cc-live") === "answer" ? body.bytes : undefined;
        return broker.connection.publish(names.live(address), told, { headers });
      } catch (error) {
        // There is one: another host's, or this one's, if what the broker said of it was lost.
        if (isFull(error)) return this.kept(address);
        if (isLasting(error) || broker.connection.isClosed()) throw error;
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    }
  }

  /** The job has an answer already, of which whoever waits may not have heard. */
  kept(address: string): void {
    const { broker: { client, connection }, names } = this.#parts;
    connection.publish(names.live(address), undefined, { headers: liveHeaders(client, "kept", NOTHING) });
  }

  #letter(status: Status, body: Body, run: Run | null): AnswerLetter {
    const { worker = "", attempt = 0 } = run ?? {};
    return { status, body, host: this.#parts.host, worker, attempt, ran: 0, number: 0 };
  }
}
