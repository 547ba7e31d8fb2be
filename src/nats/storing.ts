/**
 * Has messages stored, and waits until the broker says that it has them. The client's own way makes a timer for each, and an error with its
 * stack when one is answered (nats-core 3.4.0, `RequestOne.cancel`): an eighth of what a job costs.
 *
 * @module
 */

import type { Msg, MsgHdrs, NatsConnection } from "@nats-io/transport-node";
import type { Clock } from "../core/clock.ts";
import { Register } from "../core/register.ts";
import type { Client } from "./client.ts";
import { late, undecided, unheard } from "./faults.ts";
import { headersOf } from "./letters.ts";

/** How long the broker has to say it, in milliseconds. */
const PATIENCE = 5_000;

/** A message that is stored. */
export interface Kept {
  /** Its number in the stream. */
  readonly seq: number;
}

/** One that may not be, yet. */
interface Waiting {
  readonly subject: string;
  readonly until: number;
  readonly resolve: (kept: Kept) => void;
  readonly reject: (error: unknown) => void;
}

/** What storing is given to work with. Its clock's timers let the program end: who waits for a message holds the connection. */
export interface StoringParts {
  readonly client: Client;
  readonly connection: NatsConnection;
  readonly clock: Clock;
  /** What the subjects of replies begin with; nobody else has them. */
  readonly inbox: string;
}

/** Over one connection. */
export class Storing {
  readonly #parts: StoringParts;
  /** By the subjects of their replies, in the order in which their time is over. */
  readonly #waiting = new Register<string, Waiting>();
  #listens = false;
  /** Whether it will be seen whose time is over. */
  #watches = false;
  #last = 0;

  constructor(parts: StoringParts) {
    this.#parts = parts;
  }

  /**
   * Has a message stored.
   *
   * @throws what the broker is at fault with, or an error of `faults.ts`: `unheard`, `late` or `undecided`.
   */
  publish(subject: string, bytes: Uint8Array | string, headers?: MsgHdrs): Promise<Kept> {
    return new Promise((resolve, reject) => {
      const { connection, clock, inbox } = this.#parts;
      const reply = `${inbox}.${++this.#last}`;
      if (!this.#listens) this.#listen();
      connection.publish(subject, bytes, headers ? { headers, reply } : { reply });
      this.#waiting.set(reply, { subject, until: clock.now() + PATIENCE, resolve, reject });
      if (!this.#watches) this.#watch(PATIENCE);
    });
  }

  #listen(): void {
    this.#listens = true;
    this.#parts.connection.subscribe(`${this.#parts.inbox}.*`, {
      callback: (error, message) => error ? this.#endAll(error) : this.#heard(message),
    });
  }

  /** The broker has refused something: it may be a message. */
  refused(error: Error): void {
    const { operation, subject } = error as { operation?: unknown; subject?: unknown };
    if (operation !== "publish") return;
    for (const [reply, waiting] of this.#all()) if (waiting.subject === subject) this.#take(reply)?.reject(error);
  }

  #heard(message: Msg): void {
    const waiting = this.#take(message.subject);
    if (!waiting) return;
    try {
      waiting.resolve(this.#read(message, waiting));
    } catch (error) {
      waiting.reject(error);
    }
  }

  #read(message: Msg, { subject }: Waiting): Kept {
    const { data } = message;
    if (data.byteLength === 0 && headersOf(message)?.code === 503) throw unheard(subject);
    const { error, seq, duplicate } = JSON.parse(new TextDecoder().decode(data));
    if (error) throw new this.#parts.client.jetstream.JetStreamApiError(error);
    if (seq === 0 && duplicate === true) throw undecided(subject);
    if (!(seq > 0)) throw new TypeError(`the server has not said which number it has given a message to ${subject}`);
    return { seq };
  }

  #take(reply: string): Waiting | undefined {
    const waiting = this.#waiting.get(reply);
    this.#waiting.delete(reply);
    return waiting;
  }

  #all(): [reply: string, Waiting][] {
    return [...this.#waiting.keys()].map((reply) => [reply, this.#waiting.get(reply) as Waiting]);
  }

  /** The broker may not be listened to. It is tried again with the next message. */
  #endAll(error: unknown): void {
    this.#listens = false;
    for (const [reply] of this.#all()) this.#take(reply)?.reject(error);
  }

  #watch(delay: number): void {
    this.#watches = true;
    this.#parts.clock.schedule(delay, () => this.#expire());
  }

  #expire(): void {
    const now = this.#parts.clock.now();
    this.#watches = false;
    for (const [reply, { subject, until }] of this.#all()) {
      if (until > now) return this.#watch(until - now);
      this.#take(reply)?.reject(late(subject));
    }
  }
}
