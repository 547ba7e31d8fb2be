/**
 * Brings answers back: as hosts tell of them, or by looking for them where they are kept, since what is told while there is no
 * connection is told to nobody.
 *
 * @module
 */

import type { Msg, Subscription } from "@nats-io/transport-node";
import type { Clock, Timer } from "../core/clock.ts";
import { type ReadonlyRegister, Register } from "../core/register.ts";
import type { Bulk } from "./bulk.ts";
import { engineError, isDenied, isLasting, isUnanswered } from "./faults.ts";
import { type AnswerLetter, isVoid, readAnswer, readValue, stepIn } from "./letters.ts";
import type { Broker } from "./link.ts";
import { isNamed, type Names } from "./names.ts";
import { findStored } from "./stored.ts";
import { FIRST_LOOK, type RemoteJob } from "./remote-job.ts";
import type { Tidying } from "./tidying.ts";
import { read } from "./values.ts";

/** How long a job is not looked for that nothing is heard of, in milliseconds, however old it is; younger ones until they are twice as old. */
const LONGEST = 600_000;

/** How old a job is at least when it may have been lost, in milliseconds. */
const OLD = 60_000;

/** How many are looked for at a time. */
const AT_ONCE = 32;

/** What receiving is given to work with, and whom it tells. */
export interface ReceivingParts {
  readonly clock: Clock;
  readonly names: Names;
  readonly bulk: Bulk;
  readonly tidying: Tidying;
  readonly owner: string;
  /** The jobs of this program that are not named by their callers have it in their addresses. */
  readonly space: string;
  /** Jobs that have no answer yet, by address. */
  readonly jobs: ReadonlyRegister<string, RemoteJob>;
  answered(job: RemoteJob, answer: AnswerLetter, value: unknown): void;
  /** The answer is there, but can't be had. */
  unreadable(job: RemoteJob, cause: unknown): void;
  progressed(job: RemoteJob, value: unknown): void;
  /** A host has begun it, or has given it back. */
  stepped(job: RemoteJob, step: "started" | "returned", by: Pick<AnswerLetter, "host" | "worker" | "attempt">): void;
  /** The broker may have lost all that it had stored, the queue too. */
  lost(): void;
  /** It may have been lost by a broker: it is sent again. Never rejects. */
  missed(broker: Broker, job: RemoteJob): Promise<void>;
}

/** Receives what hosts say. */
export class Receiving {
  readonly #parts: ReceivingParts;
  readonly #named = new Register<string, Subscription>();
  #listening: Promise<void> | null = null;
  #looking = false;
  #timer: Timer | null = null;

  constructor(parts: ReceivingParts) {
    this.#parts = parts;
  }

  /**
   * Listens for a job, before it is sent.
   *
   * @throws {ClusterError} `CC_ERR_ENGINE` if that is not allowed.
   */
  async expect(broker: Broker, job: RemoteJob): Promise<void> {
    await (this.#listening ??= this.#listen(broker));
    if (!isNamed(job.address) || this.#named.get(job.address)) return;
    this.#named.set(job.address, this.#subscribe(broker, job.address, () => {}));
  }

  async #listen(broker: Broker): Promise<void> {
    const { owner, space } = this.#parts;
    const denied: Error[] = [];
    const subscription = this.#subscribe(broker, `${owner}.${space}.*`, (error) => denied.push(error));
    try {
      // The broker says no before it answers this.
      await broker.connection.flush();
      if (denied.length > 0) throw engineError("answers can't be listened for", denied[0], true);
    } catch (error) {
      subscription.unsubscribe();
      this.#listening = null;
      throw error;
    }
  }

  #subscribe(broker: Broker, addresses: string, denied: (error: Error) => void): Subscription {
    return broker.connection.subscribe(this.#parts.names.live(addresses), {
      callback: (error, message) => error ? denied(error) : this.#heard(broker, message),
    });
  }

  /** Nothing more is expected of a job. */
  forget({ address }: RemoteJob): void {
    this.#named.get(address)?.unsubscribe();
    this.#named.delete(address);
  }

  /** There is a connection again: what was told meanwhile was told to nobody. */
  lookForAll(broker: Broker): void {
    for (const job of this.#parts.jobs.values()) job.lookAt = -Infinity;
    void this.#look(broker);
  }

  /** From now on jobs are looked for that nothing is heard of. */
  watch(broker: Broker): void {
    this.#timer ??= this.#parts.clock.schedule(FIRST_LOOK, () => {
      this.#timer = null;
      if (this.#parts.jobs.size === 0) return;
      void this.#look(broker);
      this.watch(broker);
    });
  }

  /** There is nothing to receive any more. */
  end(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Looks for those whose time has come, oldest first, a few at a time. Never rejects. */
  async #look(broker: Broker): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { jobs, clock } = this.#parts;
    const now = clock.now();
    // One walk for all: to take the first out of a list costs as much as the list is long.
    const due = [...jobs.values()].filter(({ lookAt, state }) => lookAt <= now && state.at !== "sending").values();
    const next = async (): Promise<void> => {
      for (const job of due) await this.#lookFor(broker, job);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    this.#looking = false;
  }

  async #lookFor(broker: Broker, job: RemoteJob): Promise<void> {
    const { clock, missed, lost, unreadable } = this.#parts;
    try {
      if (job.isSettled || await this.lookUp(broker, job)) return;
    } catch (error) {
      // Otherwise there is no connection, or no queue any more: it is looked for again.
      if (isDenied(error)) unreadable(job, error);
      if (isUnanswered(error)) lost();
      return;
    }
    const age = clock.now() - job.submittedAt;
    job.lookAt = clock.now() + Math.min(LONGEST, Math.max(FIRST_LOOK, age));
    // As few at a time as are looked for: it is sent whole.
    if (age >= OLD) await missed(broker, job);
  }

  /** Takes a job's answer from where it is kept; says whether there is any. */
  async lookUp(broker: Broker, job: RemoteJob): Promise<boolean> {
    const found = await broker.requests.answer(findStored(broker, this.#parts.names, job.address));
    if (!found?.answer || found.sequence <= job.over) return false;
    const { answer, sequence } = found;
    // An earlier job of the same name that was lost, or that nobody wanted: this one is another.
    if (job.state.at === "sending" && !job.state.may && isVoid(answer)) {
      job.over = sequence;
      return false;
    }
    await this.#take(broker, job, { ...answer, number: sequence });
    return true;
  }

  #heard(broker: Broker, message: Msg): void {
    // cc.live.queue.owner.space.name
    const job = this.#parts.jobs.get(message.subject.split(".").slice(3).join("."));
    if (!job) return;
    try {
      this.#understand(broker, job, message);
    } catch {
      // From a newer host, or from nobody of ours: the job is looked for in time.
    }
  }

  #understand(broker: Broker, job: RemoteJob, { headers, data }: Msg): void {
    // What the broker was asked for by somebody, and told to send here.
    if (!headers || headers.has("Nats-Subject")) return;
    const step = stepIn(headers);
    job.lookAt = this.#parts.clock.now() + FIRST_LOOK;
    switch (step) {
      case "answer":
        return void this.#take(broker, job, readAnswer(headers, data));
      case "kept":
        return void this.#lookFor(broker, job);
      case "progress":
        return this.#parts.progressed(job, readValue(headers, data));
      case "started":
      case "returned":
        return this.#parts.stepped(job, step, readAnswer(headers, data));
    }
  }

  async #take(broker: Broker, job: RemoteJob, answer: AnswerLetter): Promise<void> {
    const { bulk, owner, tidying, answered, unreadable } = this.#parts;
    const { encoding, object } = answer.body;
    let { bytes } = answer.body;
    try {
      // At once for most: not even a microtask later.
      if (object !== null) bytes = await bulk.fetch(broker, owner, object);
    } catch (cause) {
      // Otherwise there is no connection: the job is looked for when there is one.
      return isLasting(cause) ? unreadable(job, cause) : undefined;
    }
    let value;
    try {
      value = read({ encoding, bytes });
    } catch (cause) {
      return unreadable(job, cause);
    }
    // Before it is told: whoever is told may close the cluster, which waits for what is being deleted.
    const dropping = this.#drop(broker, job.address, answer);
    if (!isNamed(job.address)) tidying.took(broker, answer.number);
    if (!job.isSettled) answered(job, answer, value);
    await dropping;
  }

  /** Forgets a large answer that nobody wanted any more when it came. */
  async discard(broker: Broker, address: string): Promise<void> {
    const found = await findStored(broker, this.#parts.names, address);
    if (found?.answer) await this.#drop(broker, address, found.answer);
  }

  /** Nobody else wants it; those of jobs that have names are kept for whoever enqueues them again. */
  async #drop(broker: Broker, address: string, { body }: AnswerLetter): Promise<void> {
    const { bulk, owner } = this.#parts;
    if (!isNamed(address)) await bulk.drop(broker, owner, body).catch(() => {});
  }
}
