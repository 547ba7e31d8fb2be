/**
 * A program's connection to the broker: opened when it is first needed, kept as long as the program wants it.
 *
 * @module
 */

import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { ClusterError } from "../core/errors.ts";
import { realClock } from "../real-clock.ts";
import { type Client, loadClient } from "./client.ts";
import { connect, keepsMore, persistently, purges, within } from "./connecting.ts";
import { lookAt } from "./consumers.ts";
import { engineError, isDenied, isMissing, isNobody } from "./faults.ts";
import { LEASE, Names } from "./names.ts";
import type { ResolvedQueue } from "./options.ts";
import { type Found, openQueue } from "./queue.ts";
import { Requests } from "./requests.ts";
import { rewind } from "./rewinding.ts";
import { Storing } from "./storing.ts";

/** How long what is on its way may take at the end, in milliseconds. */
export const FAREWELL = 5_000;

/**
 * How long the broker may take for one step of opening a queue, in milliseconds, and how many times as long when it is tried again. One
 * whose servers have no leader yet says nothing (2.9): it is asked again soon. One that is slow is given time.
 */
const STEP = 1_500;
const PATIENCE = 1.5;

/** A connection, and what is used of it. */
export interface Broker extends Found {
  readonly client: Client;
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly requests: Requests;
  /** The subject of a reply that nobody else has. */
  inbox(): string;
  /** Whether what is purged by subject is room again. */
  readonly purges: boolean;
  /** The largest message that it takes now, in bytes. */
  readonly maxPayload: number;
}

/** Whom a link tells. */
export interface LinkEvents {
  /** There is a connection again; what was told meanwhile was told to nobody. */
  again(): void;
  /** There is none any more, for now. */
  interrupted?(): void;
  /** The broker has refused something: a right is missing, or the program is not let in any more. Requests are told it, too. */
  failed(error: Error): void;
}

/** One program's. */
export class Link {
  readonly #queue: ResolvedQueue;
  readonly #name: string;
  readonly #inboxes: string;
  readonly #events: LinkEvents;
  #opening: Promise<Broker> | null = null;
  #reopening: Promise<Found> | null = null;
  #mending: Promise<void> | null = null;
  #broker: Broker | null = null;
  #closed = false;
  readonly #told = new Set<string>();
  #held = false;

  /**
   * @param name What the broker's monitoring shows.
   * @param inboxes What the subjects of replies begin with, unless the client is told otherwise (`inboxPrefix`).
   */
  constructor(queue: ResolvedQueue, name: string, inboxes: string, events: LinkEvents) {
    this.#queue = queue;
    this.#name = name;
    this.#inboxes = inboxes;
    this.#events = events;
  }

  /** The connection, if there is one. It may be interrupted. */
  get broker(): Broker | null {
    return this.#broker;
  }

  /** Whether there is one that is not interrupted. */
  get up(): boolean {
    return this.#broker !== null && this.#broker.requests.absence === null;
  }

  /**
   * Opens it, unless it is.
   *
   * @throws {ClusterError} `CC_ERR_ENGINE`. The next call tries again.
   */
  open(): Promise<Broker> {
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = null;
      throw error;
    });
    return this.#opening;
  }

  /** Makes the queue anew, if it is not there any more: once for all jobs that miss it. */
  async reopen(): Promise<void> {
    if (this.#broker && this.up) await this.#reopen(this.#broker);
  }

  #reopen({ jsm, connection }: Broker): Promise<Found> {
    this.#reopening ??= this.#openQueue(jsm, connection).finally(() => this.#reopening = null);
    return this.#reopening;
  }

  /** Mends what the broker may have forgotten while it was away, before anybody asks it for something. Never rejects. */
  async #mend(broker: Broker): Promise<void> {
    if (broker.unseen) return;
    const { client, connection } = broker;
    try {
      const jsm = await client.jetstream.jetstreamManager(connection, { checkAPI: false, timeout: STEP });
      const names = new Names(this.#queue.queue);
      await rewind(jsm, names, await lookAt(jsm, names));
    } catch (error) {
      if (isMissing(error)) await this.#reopen(broker).catch(() => {});
      // Otherwise it says nothing, or there is no connection again: things go on as they are.
    }
  }

  /** Whether the program is to stay alive for it. A connection that nobody waits for does not keep it. */
  hold(holds: boolean): void {
    // Asked for each job.
    if (holds === this.#held) return;
    this.#held = holds;
    if (this.#broker) holdSocket(this.#broker.connection, holds);
  }

  /** Ends it, after what is on its way has gone. One that is interrupted, or not there yet, has nowhere to send it. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#broker) return void this.#opening?.then(({ connection }) => connection.close(), () => {});
    const { connection, requests } = this.#broker;
    if (this.up) await within(FAREWELL, connection.drain().catch(() => {}));
    await connection.close();
    requests.again();
  }

  async #open(): Promise<Broker> {
    const { queue, access } = this.#queue;
    const client = await loadClient();
    const what = `queue ${JSON.stringify(queue)} at ${access.servers.join(", ")}`;
    let tries = 0;
    return await persistently(
      what,
      access,
      () => !this.#closed,
      () => this.#try(client, STEP * PATIENCE ** tries++),
    );
  }

  async #try(client: Client, step: number): Promise<Broker> {
    const connection = await connect(client, this.#queue.access, this.#name, this.#inboxes);
    try {
      this.#broker = await this.#prepare(client, connection, step);
    } catch (error) {
      await connection.close();
      throw error;
    }
    void this.#listen(this.#broker);
    holdSocket(connection, this.#held);
    return this.#broker;
  }

  async #prepare(client: Client, connection: NatsConnection, step: number): Promise<Broker> {
    const { inboxPrefix: inboxes = this.#inboxes } = this.#queue.access.connection as { inboxPrefix?: string };
    const inbox = (): string => client.transport.createInbox(inboxes);
    const storing = new Storing({ client, connection, clock: realClock, inbox: inbox() });
    const js = client.jetstream.jetstream(connection, { checkAPI: false });
    const jsm = await client.jetstream.jetstreamManager(connection, { checkAPI: false });
    const opening = await client.jetstream.jetstreamManager(connection, { checkAPI: false, timeout: step });
    return {
      client,
      connection,
      js,
      jsm,
      requests: new Requests(storing),
      inbox,
      // Each time: it may be another when the broker comes back.
      get maxPayload(): number {
        return connection.info?.max_payload ?? 1_048_576;
      },
      purges: purges(connection),
      ...await this.#find(opening, connection),
    };
  }

  #openQueue(jsm: JetStreamManager, connection: NatsConnection): Promise<Found> {
    const { roll } = new Names(this.#queue.queue);
    return openQueue(this.#queue, jsm, keepsMore(connection), () => connection.publish(roll, LEASE));
  }

  async #find(jsm: JetStreamManager, connection: NatsConnection): Promise<Found> {
    try {
      return await this.#openQueue(jsm, connection);
    } catch (error) {
      // Another server of its cluster may have it, which has answered then.
      if (isNobody(error) && connection.info?.jetstream !== true) {
        throw new ClusterError(
          "CC_ERR_ENGINE",
          `queue ${JSON.stringify(this.#queue.queue)} can't be used: the server has no JetStream`,
          { cause: error, retryable: true, lasting: true },
        );
      }
      throw error;
    }
  }

  /** Once for each: what is not allowed is tried again and again. */
  #refused(error: Error): void {
    if (this.#told.has(error.message)) return;
    this.#told.add(error.message);
    const { queue, access } = this.#queue;
    const what = isDenied(error)
      ? `a right to queue ${JSON.stringify(queue)} is missing`
      : `${access.servers.join(", ")}`;
    this.#events.failed(engineError(what, error));
  }

  async #listen(broker: Broker): Promise<void> {
    const { connection, requests } = broker;
    for await (const status of connection.status()) {
      if (status.type === "error") {
        requests.refused(status.error);
        this.#refused(status.error);
      }
      if (status.type === "disconnect") {
        requests.interrupted();
        this.#events.interrupted?.();
      }
      if (status.type === "reconnect") {
        holdSocket(connection, this.#held);
        // What is refused from now on is news.
        this.#told.clear();
        // Leases run meanwhile: a broker that is slow mends the rest beside all else.
        this.#mending ??= this.#mend(broker).finally(() => this.#mending = null);
        await within(STEP, this.#mending);
        requests.again();
        this.#events.again();
      }
    }
  }
}

/** What is used of the client's insides (3.4.0): it has no way of its own to let a program end. Not there, the program stays alive. */
interface Insides {
  readonly protocol?: {
    readonly transport?: { readonly socket?: { ref?(): void; unref?(): void } };
    /** Its timer, made anew for each ping, keeps the program alive. */
    readonly heartbeats?: { start?(): void; cancel?(): void };
  };
}

function holdSocket(connection: NatsConnection, holds: boolean): void {
  const { socket } = (connection as unknown as Insides).protocol?.transport ?? {};
  const { heartbeats } = (connection as unknown as Insides).protocol ?? {};
  if (holds) socket?.ref?.();
  else socket?.unref?.();
  if (holds) heartbeats?.start?.();
  else heartbeats?.cancel?.();
}
