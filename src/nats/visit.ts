/**
 * The connection of who looks after queues without using them: it makes none, and changes none by itself.
 *
 * @module
 */

import type { NatsConnection } from "@nats-io/transport-node";
import type { BulkBroker } from "./bulk.ts";
import { loadClient } from "./client.ts";
import { engineError } from "./faults.ts";
import { connect, persistently, purges } from "./connecting.ts";
import { Names } from "./names.ts";
import type { Access } from "./options.ts";

/** A connection, and what is used of it. */
export interface Visit extends BulkBroker {
  readonly connection: NatsConnection;
}

/**
 * Begins one. Whoever begins it closes its connection.
 *
 * @param name What the broker's monitoring shows.
 * @throws {ClusterError} `CC_ERR_ENGINE`.
 */
export async function visit(access: Access, name: string): Promise<Visit> {
  const client = await loadClient();
  return await persistently(`the NATS server at ${access.servers.join(", ")}`, access, () => true, async () => {
    const connection = await connect(client, access, name, Names.inbox("any"));
    const js = client.jetstream.jetstream(connection, { checkAPI: false });
    const jsm = await client.jetstream.jetstreamManager(connection, { checkAPI: false });
    return { client, connection, js, jsm, purges: purges(connection), keepAnswers: 0 };
  });
}

/**
 * Asks a broker for something.
 *
 * @param what What can't be done if it fails.
 * @throws {ClusterError} `CC_ERR_ENGINE`.
 */
export async function asked<T>(what: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw engineError(`${what} can't be done`, error);
  }
}
