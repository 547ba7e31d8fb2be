/**
 * A job's message as a host has it, and what it says to the broker about it:
 * https://docs.nats.io/reference/reference-protocols/nats_api_reference#acking-messages. (The client's own class for it can only be had
 * from its own way of pulling, which asks for more than there is room for.)
 *
 * @module
 */

import type { Msg, MsgHdrs, NatsConnection } from "@nats-io/transport-node";
import type { Link } from "../core/chain.ts";

/** One. */
export class Delivery implements Link<Delivery> {
  before: Delivery | null = null;
  after: Delivery | null = null;
  readonly subject: string;
  readonly headers: MsgHdrs | undefined;
  readonly bytes: Uint8Array;
  /** How often the message has been given to a host, as far as this one knows: this time included, and when it came again. */
  count: number;
  /** The message's name, by which its submitter knows it; empty if it has none. */
  readonly id: string;
  /** The message's number in the queue. */
  readonly sequence: number;
  readonly #reply: string;
  readonly #connection: NatsConnection;

  private constructor({ subject, data }: Msg, headers: MsgHdrs | undefined, reply: Reply, connection: NatsConnection) {
    this.subject = subject;
    this.headers = headers;
    this.bytes = data;
    this.id = headers?.get("Nats-Msg-Id") ?? "";
    this.count = reply.count;
    this.sequence = reply.sequence;
    this.#reply = reply.subject;
    this.#connection = connection;
  }

  /** The delivery that a message is; null for one that is none. */
  static of(message: Msg, headers: MsgHdrs | undefined, connection: NatsConnection): Delivery | null {
    const reply = readReply(message.reply ?? "");
    return reply && new Delivery(message, headers, reply, connection);
  }

  /** The job is done with: it leaves the queue. */
  ack(): void {
    this.#say("+ACK");
  }

  /** Another host is to have it: at once, or so many milliseconds later. */
  giveBack(delay = 0): void {
    this.#say(delay === 0 ? "-NAK" : `-NAK ${JSON.stringify({ delay: delay * 1_000_000 })}`);
  }

  /** It is still being worked on. */
  renew(): void {
    this.#say("+WPI");
  }

  #say(word: string): void {
    // Without a connection nobody hears it; the lease runs out, then.
    if (!this.#connection.isClosed()) this.#connection.publish(this.#reply, word);
  }
}

/** What the subject for replies says. */
interface Reply {
  readonly subject: string;
  readonly count: number;
  readonly sequence: number;
}

function readReply(subject: string): Reply | null {
  // $JS.ACK.[domain.account.]stream.consumer.count.sequence.…
  const tokens = subject.split(".");
  const at = tokens.length === 9 ? 4 : 6;
  const [count, sequence] = [Number(tokens[at]), Number(tokens[at + 1])];
  return tokens[1] === "ACK" && count > 0 && sequence > 0 ? { subject, count, sequence } : null;
}
