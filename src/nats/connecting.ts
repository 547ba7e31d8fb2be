/**
 * Gets a connection to a broker that will do.
 *
 * @module
 */

import type { NatsConnection } from "@nats-io/transport-node";
import { files } from "../built-in.ts";
import type { Client } from "./client.ts";
import { engineError, isLasting, overTls } from "./faults.ts";
import type { Access } from "./options.ts";

/** How often the broker is asked whether it is there, in milliseconds; two that are not answered end a connection. */
const PING = 5_000;

/** How long to wait before the next try to get one, in milliseconds. */
const AGAIN = 250;

/** The oldest broker that has what is needed: a subject that takes one message. */
const OLDEST = [2, 9] as const;

/**
 * Connects to a broker that will do.
 *
 * @param name What its monitoring shows.
 * @param inboxes What the subjects of replies begin with.
 */
export async function connect(
  client: Client,
  { servers, connectTimeout, connection, credentials }: Access,
  name: string,
  inboxes: string,
): Promise<NatsConnection> {
  // Now, for the error: the client takes a file that it can't read for a server that may be back soon.
  for (const path of certificates(connection)) {
    readable("TLS", path, () => files().accessSync(path, files().constants.R_OK));
  }
  if (credentials !== null) readCredentials(credentials);
  const authenticator = credentials === null
    ? {}
    // For each connection: they may be renewed.
    : { authenticator: client.transport.credsAuthenticator(() => readCredentials(credentials)) };
  const connecting = client.transport.connect({
    servers: [...servers],
    name,
    inboxPrefix: inboxes,
    reconnectTimeWait: AGAIN,
    pingInterval: PING,
    maxPingOut: 2,
    timeout: Math.min(connectTimeout, PING),
    // Otherwise each request makes two errors, for the case that it fails.
    noAsyncTraces: true,
    ...authenticator,
    ...connection,
    // Whatever else is asked for: nobody would be told that a connection is given up, and jobs would wait for it for ever.
    reconnect: true,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
  });
  const connected = await connecting.catch((error) => {
    throw connection["tls"] ? overTls(error) : error;
  });
  const [major, minor] = versionOf(connected);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return connected;
  const { version } = connected.info ?? {};
  await connected.close();
  throw engineError(`the server is version ${version}, and ${OLDEST.join(".")} is the oldest that will do`, undefined);
}

/**
 * Whether what is purged by subject is room again. Before 2.9.15 it counts until the server is started again; what is deleted one by
 * one does not: https://github.com/nats-io/nats-server/pull/3876.
 */
export function purges(connection: NatsConnection): boolean {
  const [major, minor, patch] = versionOf(connection);
  return major > 2 || minor > 9 || patch >= 15;
}

/** Whether a limit on how many messages there are may be set below how many there are, and none is deleted: not before 2.10. */
export function keepsMore(connection: NatsConnection): boolean {
  const [major, minor] = versionOf(connection);
  return major > 2 || minor >= 10;
}

function versionOf({ info }: NatsConnection): [major: number, minor: number, patch: number] {
  const [major = 0, minor = 0, patch = 0] = (info?.version ?? "0.0").split(".").map((part) => Number.parseInt(part));
  return [major, minor, patch];
}

/**
 * Tries until it is done, for as long as somebody wants it and `connectTimeout` says, unless what goes wrong lasts.
 *
 * @param what What can't be used otherwise.
 * @throws {ClusterError} `CC_ERR_ENGINE`.
 */
export async function persistently<T>(
  what: string,
  { connectTimeout }: Access,
  isWanted: () => boolean,
  attempt: () => Promise<T>,
): Promise<T> {
  const end = performance.now() + connectTimeout;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (isLasting(error) || !isWanted() || performance.now() + AGAIN > end) {
        throw engineError(`${what} can't be used`, error, true);
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }
}

/** Waits for a promise, for so many milliseconds at most. */
export async function within(most: number, promise: Promise<unknown>): Promise<void> {
  let timer;
  await Promise.race([promise, new Promise((resolve) => timer = setTimeout(resolve, most))]);
  clearTimeout(timer);
}

/** The files that the client reads for TLS. */
function certificates({ tls }: Access["connection"]): string[] {
  const { caFile, certFile, keyFile } = (tls ?? {}) as Record<string, unknown>;
  return [caFile, certFile, keyFile].filter((path) => typeof path === "string");
}

function readCredentials(path: string): Uint8Array {
  return readable("credentials", path, () => files().readFileSync(path));
}

function readable<T>(kind: "TLS" | "credentials", path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw engineError(`the ${kind} file ${path} can't be read`, cause, true);
  }
}
