/**
 * A host: takes jobs from queues and runs them in a cluster of its own. Its workers compute; the host itself does not, so that it can
 * always say that it is there, however long a job takes.
 *
 * @module
 */

import { randomName } from "../../runtimes/random-name.ts";
import { ownProcess } from "../built-in.ts";
import { ComputeCluster } from "../cluster.ts";
import { ClusterError } from "../core/errors.ts";
import type { ComputeClusterOptions } from "../options.ts";
import { realClock } from "../real-clock.ts";
import * as check from "../validate.ts";
import { QUEUE_NAMES, type QueueOptions, type ResolvedQueue, resolveQueue, word } from "./options.ts";
import { NO_ROOM, type Room, roomFor } from "./room.ts";
import { RunIds } from "./run-ids.ts";
import { Serving } from "./serving.ts";
import { StandingBack } from "./standing-back.ts";

/** How long jobs that were given back may take to leave, in milliseconds. */
const HANDED_BACK = 5_000;

/** What a host serves, and how. */
export interface ServeOptions extends Omit<QueueOptions, "queue"> {
  /** The name of a queue, or of several. */
  queue: string | readonly string[];
  /** The cluster that runs the jobs: its module, and how many workers it has. `maxBacklog` is of no use there. */
  cluster: ComputeClusterOptions;
  /**
   * The host's name, as others see it.
   *
   * @default a name that is made up
   */
  host?: string | undefined;
  /**
   * Whether a worker must be ready before jobs are taken: if none can be started, `serve` rejects with `CC_ERR_WORKER_START`. Otherwise
   * a host whose module can't be used gives jobs back, until other hosts have them or they have failed.
   *
   * @default false
   */
  ready?: boolean | undefined;
  /**
   * How often a job is given to a host. One whose hosts were all lost is set aside, and fails with `CC_ERR_POISON`.
   *
   * @default 3
   */
  maxDeliveries?: number | undefined;
  /**
   * How long `drain` waits for jobs that run, in milliseconds; then they are given to other hosts.
   *
   * @default 30_000
   */
  drainTimeout?: number | undefined;
}

/** What a host is doing and has done. */
export interface HostStats {
  /** Its name. */
  readonly host: string;
  /** How many jobs it can run at once. */
  readonly slots: number;
  /** Jobs that it has. */
  readonly held: number;
  /** Whether it has a connection to the broker. */
  readonly connected: boolean;
  /** Whether it takes jobs: not once it drains. */
  readonly taking: boolean;
  /** Why its workers could not be started when that was tried last, or null. */
  readonly fault: Error | null;
}

/** A host that serves queues; {@link serve} makes one. */
export class Host {
  /** Its cluster, for its events and statistics. */
  readonly cluster: ComputeCluster;
  /** Its name. */
  readonly name: string;
  readonly #drainTimeout: number;
  readonly #servings: readonly Serving[];
  readonly #standingBack = new StandingBack(realClock, () => this.#pump());
  /** Who waits until it has no job. */
  readonly #waiting: (() => void)[] = [];
  /** Before that, what goes wrong is what starting it rejects with. */
  #started = false;
  #taking = true;
  #fault: Error | null = null;

  private constructor(options: Resolved) {
    const { name, cluster, queues, maxDeliveries, drainTimeout } = options;
    this.name = name;
    this.cluster = new ComputeCluster({ ...cluster, maxBacklog: Infinity });
    // A worker that is lost is no reason for the host to end: its job's caller is told.
    this.cluster.on("error", (error) => this.#warn(error));
    this.cluster.on("worker:ready", () => this.#fault = null);
    this.#drainTimeout = drainTimeout;
    const ids = new RunIds();
    this.#servings = queues.map((queue) =>
      new Serving(queue, {
        host: name,
        ids,
        cluster: this.cluster,
        clock: realClock,
        maxDeliveries,
        room: (promised) => this.#room(promised),
        free: () => Math.max(0, this.cluster.slots - this.#occupied),
        freed: () => this.#freed(),
        unfit: () => this.#standingBack.begin(),
        warn: (error) => this.cluster.emit("error", error),
      })
    );
  }

  /** @internal */
  static async start(options: ServeOptions): Promise<Host> {
    const resolved = resolve(options);
    const host = new Host(resolved);
    try {
      if (resolved.ready) await host.cluster.ready();
      await Promise.all(host.#servings.map((serving) => serving.start()));
      host.#started = true;
      return host;
    } catch (error) {
      await host.exit();
      throw error;
    }
  }

  /** A snapshot. */
  get stats(): HostStats {
    return {
      host: this.name,
      slots: this.cluster.slots,
      held: this.#held,
      connected: this.#servings.every(({ connected }) => connected),
      taking: this.#taking,
      fault: this.#fault,
    };
  }

  /**
   * Takes no more jobs, finishes those that it has, and ends. What is not finished within `drainTimeout` goes to other hosts.
   *
   * @returns how many did.
   */
  async drain(): Promise<number> {
    this.#stopTaking();
    await this.#idle(this.#drainTimeout);
    const left = this.#held;
    await this.exit();
    return left;
  }

  /** Ends at once: jobs that it has go to other hosts. */
  async exit(): Promise<void> {
    this.#stopTaking();
    this.#standingBack.end();
    await this.cluster.exit();
    await this.#idle(HANDED_BACK);
    await Promise.all(this.#servings.map((serving) => serving.end()));
  }

  #stopTaking(): void {
    this.#taking = false;
    for (const serving of this.#servings) serving.stopTaking();
  }

  /**
   * How many more jobs it may take. Where one runs long, none is taken to wait for it.
   *
   * @param promised How many were to be taken ahead for each slot when jobs were asked for that come now.
   */
  #room(promised = 0): Room {
    if (this.#standingBack.active) return NO_ROOM;
    const load = {
      slots: this.cluster.slots,
      held: this.#held,
      answering: this.#sum("answering"),
      blocked: this.#sum("blocked"),
    };
    return roomFor(load, Math.max(promised, Math.min(...this.#servings.map(({ depth }) => depth))));
  }

  get #held(): number {
    return this.#sum("held");
  }

  /** How many jobs run, or wait for their turn. */
  get #occupied(): number {
    return this.#held - this.#sum("answering");
  }

  #sum(what: "held" | "answering" | "blocked"): number {
    let sum = 0;
    for (const serving of this.#servings) sum += serving[what];
    return sum;
  }

  #pump(): void {
    for (const serving of this.#servings) serving.pump(this.#held > 0);
  }

  #freed(): void {
    this.#pump();
    if (this.#held === 0) { for (const idle of this.#waiting.splice(0)) idle(); }
  }

  /** Waits until it has no job, or for so long. */
  #idle(most: number): Promise<void> {
    if (this.#held === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = realClock.schedule(most, resolve, true);
      this.#waiting.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Unless somebody else hears it. */
  #warn(error: Error): void {
    if (error instanceof ClusterError && error.code === "CC_ERR_WORKER_START") this.#fault = error;
    if (this.#started && this.cluster.listenerCount("error") === 1) ownProcess().emitWarning(error);
  }
}

/**
 * Serves a queue, or several, on this machine: takes jobs as its cluster has room for them. Resolves once it does.
 *
 * @throws {OptionTypeError | OptionRangeError} `CC_ERR_OPTION`.
 * @throws {ClusterError} `CC_ERR_ENGINE` if the server can't be reached, or the queue is for another module; `CC_ERR_WORKER_START`, see
 * `ready`.
 *
 * @example
 * ```ts
 * import { serve } from "compute-cluster/nats";
 *
 * const host = await serve({
 *   servers: "nats://broker:4222",
 *   queue: "images",
 *   cluster: { module: new URL("./worker.ts", import.meta.url) },
 * });
 * process.once("SIGTERM", () => host.drain());
 * ```
 */
export function serve(options: ServeOptions): Promise<Host> {
  return Host.start(options);
}

/** Options of a host, complete and checked. */
interface Resolved {
  readonly ready: boolean;
  readonly name: string;
  readonly cluster: ComputeClusterOptions;
  readonly queues: readonly ResolvedQueue[];
  readonly maxDeliveries: number;
  readonly drainTimeout: number;
}

const NAMES = [...QUEUE_NAMES, "cluster", "host", "ready", "maxDeliveries", "drainTimeout"] as const;

function resolve(options: ServeOptions): Resolved {
  const { cluster, host, ready, maxDeliveries, drainTimeout, queue, ...shared } = check.ownOptions(
    options,
    "options",
    NAMES,
  );
  if (typeof cluster !== "object" || cluster === null) {
    throw check.wrongType("cluster", "the options of a cluster", cluster);
  }
  const names = typeof queue === "string" ? [queue] : check.texts("queue", queue);
  if (names.length === 0) throw check.outOfRange("queue", "one name at least", queue);
  if (new Set(names).size < names.length) throw check.outOfRange("queue", "each name once", queue);
  return {
    ready: ready === undefined ? false : check.flag("ready", ready),
    name: host === undefined ? randomName() + randomName() : word("host", host),
    cluster: cluster as ComputeClusterOptions,
    queues: names.map((name) => resolveQueue({ ...shared, queue: name })),
    maxDeliveries: maxDeliveries === undefined ? 3 : check.count("maxDeliveries", maxDeliveries, 1),
    drainTimeout: drainTimeout === undefined ? 30_000 : check.duration("drainTimeout", drainTimeout, "0 or more"),
  };
}
