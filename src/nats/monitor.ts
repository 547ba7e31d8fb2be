/**
 * Looks at queues and at the hosts that serve them.
 *
 * @module
 */

import type { ConsumerInfo, JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import { realClock } from "../real-clock.ts";
import * as check from "../validate.ts";
import { ClusterError } from "../core/errors.ts";
import { engineError, isMissing } from "./faults.ts";
import type { HostReport } from "./host-report.ts";
import { LEVELS, Names } from "./names.ts";
import { ACCESS_NAMES, type AccessOptions, resolveAccess, word } from "./options.ts";
import { readLabel } from "./queue.ts";
import { type Visit, visit } from "./visit.ts";
import { Watching } from "./watching.ts";

/** How to reach the queues, and which. */
export interface MonitorOptions extends AccessOptions {
  /**
   * The name of a queue, or of several.
   *
   * @default all that there are
   */
  queue?: string | readonly string[] | undefined;
}

/** A queue, as it is. Times are in milliseconds. */
export interface QueueReport {
  /** Its name. */
  readonly queue: string;
  /** The version of the worker module that it is for; null for any. */
  readonly version: string | null;
  /** Jobs that no host has. */
  readonly waiting: number;
  /** Jobs that hosts have. */
  readonly running: number;
  /** How long the oldest of those that wait has been there; null if none waits. */
  readonly oldest: number | null;
  /** Jobs that hosts have, and that another had before: it was lost, or has given them back. */
  readonly redelivered: number;
  /** Jobs that were set aside, since their hosts were all lost. */
  readonly dead: number;
  /** The most jobs that it takes; null for no limit. */
  readonly maxBacklog: number | null;
  /** Those that serve it, by their names. */
  readonly hosts: readonly HostReport[];
}

/** What there is at a broker. */
export interface Overview {
  /** The version of the server. */
  readonly server: string;
  /** By their names. */
  readonly queues: readonly QueueReport[];
}

/** The name of a queue's stream of jobs, with that of the queue. */
const JOBS = /^CC_JOBS_([A-Za-z0-9_-]{1,64})$/;

/**
 * Looks at queues, for as long as it is open. It makes no queue and changes none.
 *
 * @example
 * ```ts
 * import { Monitor } from "compute-cluster/nats";
 *
 * const monitor = await Monitor.open({ servers: "nats://broker:4222" });
 * for (const { queue, waiting, hosts } of (await monitor.look()).queues) console.log(queue, waiting, hosts.length);
 * await monitor.close();
 * ```
 */
export class Monitor {
  readonly #visit: Visit;
  readonly #wanted: readonly string[] | null;
  readonly #watching: Watching;
  /** Queues whose hosts were asked to say that they are there. */
  readonly #asked = new Set<string>();

  private constructor(visit: Visit, wanted: readonly string[] | null) {
    this.#visit = visit;
    this.#wanted = wanted;
    const { connection } = visit;
    const subjects = (wanted ?? ["*"]).map((queue) => new Names(queue).host("*"));
    this.#watching = new Watching({ connection, clock: realClock, subjects });
  }

  /**
   * Connects, and begins to listen to hosts.
   *
   * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`.
   * @throws {ClusterError} `CC_ERR_ENGINE` if the server can't be reached or used.
   */
  static async open(options: MonitorOptions): Promise<Monitor> {
    const { queue, ...given } = check.ownOptions(options, "options", [...ACCESS_NAMES, "queue"]);
    const names = queue === undefined || typeof queue === "string" ? [queue] : check.texts("queue", queue);
    const wanted = queue === undefined ? null : names.map((name) => word("queue", name));
    return new Monitor(await visit(resolveAccess(given), "compute-cluster monitor"), wanted);
  }

  /**
   * Looks now. The first time it waits a second, for hosts to say that they are there.
   *
   * @throws {ClusterError} `CC_ERR_ENGINE` if the server does not answer, or a queue that was named is not there.
   */
  async look(): Promise<Overview> {
    const { connection, jsm } = this.#visit;
    try {
      const streams = await this.#streams();
      const found = streams.filter(isQueue);
      await this.#callRoll(found.map(queueOf));
      const dead = new Map(streams.map(({ config: { name }, state: { messages } }) => [name, messages]));
      const { hosts, refused } = this.#watching;
      if (refused) throw refused;
      const queues = await Promise.all(found.map((stream) => report(jsm, stream, dead, hosts)));
      return {
        server: connection.info?.version ?? "",
        queues: queues.sort((a, b) => a.queue < b.queue ? -1 : 1),
      };
    } catch (error) {
      throw engineError("the queues can't be looked at", error);
    }
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.#watching.end();
    await this.#visit.connection.close();
  }

  async #streams(): Promise<StreamInfo[]> {
    const { streams } = this.#visit.jsm;
    const found: StreamInfo[] = [];
    if (this.#wanted === null) {
      for await (const stream of streams.list()) found.push(stream);
      return found;
    }
    for (const queue of this.#wanted) {
      const names = new Names(queue);
      found.push(await orNoQueue(queue, streams.info(names.jobs)), await orNoQueue(queue, streams.info(names.dead)));
    }
    return found;
  }

  async #callRoll(queues: readonly string[]): Promise<void> {
    const fresh = queues.filter((queue) => !this.#asked.has(queue));
    for (const queue of fresh) this.#asked.add(queue);
    await Promise.all(fresh.map((queue) => this.#watching.ask(new Names(queue).roll)));
  }
}

/**
 * The stream of a queue that somebody has named.
 *
 * @throws {ClusterError} `CC_ERR_ENGINE` if it is not there.
 */
export async function orNoQueue<T>(queue: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new ClusterError("CC_ERR_ENGINE", `there is no queue ${JSON.stringify(queue)}`, {
      cause: error,
      lasting: true,
    });
  }
}

function isQueue({ config: { name, description } }: StreamInfo): boolean {
  return JOBS.test(name) && readLabel(description) !== null;
}

function queueOf({ config: { name } }: StreamInfo): string {
  return JOBS.exec(name)?.[1] ?? "";
}

async function report(
  jsm: JetStreamManager,
  stream: StreamInfo,
  dead: ReadonlyMap<string, number>,
  hosts: readonly HostReport[],
): Promise<QueueReport> {
  const queue = queueOf(stream);
  const { config: { description, max_msgs: most } } = stream;
  const consumers: ConsumerInfo[] = [];
  for await (const consumer of jsm.consumers.list(stream.config.name)) consumers.push(consumer);
  const sum = (of: (consumer: ConsumerInfo) => number): number => consumers.reduce((all, one) => all + of(one), 0);
  return {
    queue,
    version: readLabel(description)?.version ?? null,
    waiting: sum(({ num_pending: pending }) => pending),
    running: sum(({ num_ack_pending: held }) => held),
    oldest: await oldest(jsm, queue, stream, consumers),
    redelivered: sum(({ num_redelivered: again }) => again),
    dead: dead.get(new Names(queue).dead) ?? 0,
    maxBacklog: most === -1 ? null : most,
    hosts: hosts.filter((host) => host.queue === queue).sort((a, b) => a.host < b.host ? -1 : 1),
  };
}

/** How long the oldest job that no host was given has been there. */
async function oldest(
  jsm: JetStreamManager,
  queue: string,
  stream: StreamInfo,
  consumers: readonly ConsumerInfo[],
): Promise<number | null> {
  const names = new Names(queue);
  const ages: number[] = [];
  for (const level of LEVELS) {
    const { num_pending: pending, delivered } = consumers.find(({ name }) => name === names.consumer(level)) ?? {};
    if (!pending || !delivered) continue;
    const next = { seq: delivered.stream_seq + 1, next_by_subj: names.jobsAt(level) };
    // A host may have come first.
    const message = await jsm.streams.getMessage(names.jobs, next).catch(() => null);
    if (message) ages.push(Math.max(0, nowAt(stream) - message.time.getTime()));
  }
  return ages.length > 0 ? Math.max(...ages) : null;
}

/** The broker's time; this program's with a broker that does not tell it (2.9). */
function nowAt(stream: StreamInfo): number {
  const told: unknown = Reflect.get(stream, "ts");
  return typeof told === "string" ? Date.parse(told) : Date.now();
}
