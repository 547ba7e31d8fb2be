/**
 * The official clients of NATS: loaded when they are first needed, since most programs have none of them.
 *
 * @module
 */

import type * as JetStream from "@nats-io/jetstream";
import type * as Objects from "@nats-io/obj";
import type * as Transport from "@nats-io/transport-node";
import { ClusterError } from "../core/errors.ts";

/** What is used of them. */
export interface Client {
  readonly transport: Pick<
    typeof Transport,
    "connect" | "headers" | "nanos" | "createInbox" | "credsAuthenticator"
  >;
  readonly jetstream: Pick<typeof JetStream, "jetstream" | "jetstreamManager" | "JetStreamApiError">;
  readonly objects: Pick<typeof Objects, "Objm">;
}

let loading: Promise<Client> | null = null;

/**
 * Loads the clients, once.
 *
 * @throws {ClusterError} `CC_ERR_ENGINE` with the command that installs them, if they are not there.
 */
export function loadClient(): Promise<Client> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Client> {
  try {
    const [transport, jetstream, objects] = await Promise.all([
      import("@nats-io/transport-node"),
      import("@nats-io/jetstream"),
      import("@nats-io/obj"),
    ]);
    return { transport, jetstream, objects };
  } catch (cause) {
    throw new ClusterError("CC_ERR_ENGINE", `the clients of NATS can't be loaded; ${INSTALL}`, {
      cause,
      retryable: true,
      lasting: true,
    });
  }
}

const INSTALL = "install them: npm install @nats-io/transport-node @nats-io/jetstream @nats-io/obj";
