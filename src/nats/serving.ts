/**
 * One queue that a host serves: the connection, the jobs that it has of it, and their leases.
 *
 * @module
 */

import type { Msg, Subscription } from "@nats-io/transport-node";
import { ownProcess } from "../built-in.ts";
import type { ComputeCluster } from "../cluster.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { VERSION } from "../version.ts";
import { Answering } from "./answering.ts";
import { Bulk } from "./bulk.ts";
import { currentLease } from "./consumers.ts";
import type { Delivery } from "./delivery.ts";
import { engineError } from "./faults.ts";
import { GivingBack } from "./giving-back.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { HostReport } from "./host-report.ts";
import { type Broker, Link } from "./link.ts";
import { Names, ownerOf } from "./names.ts";
import { type ResolvedQueue, SHAPE } from "./options.ts";
import { Pulling } from "./pulling.ts";
import { depthFor, NO_ROOM, type Room } from "./room.ts";
import type { RunIds } from "./run-ids.ts";
import { Running } from "./running.ts";
import { Tally } from "./tally.ts";
import { Withdrawn } from "./withdrawn.ts";

/** How long a queue is not looked for again that is not there, in milliseconds. */
const REOPEN = 2_000;

/** What serving is given to work with, and whom it tells. */
export interface ServingParts {
  /** The host's name. */
  readonly host: string;
  readonly ids: RunIds;
  readonly cluster: ComputeCluster;
  readonly clock: Clock;
  readonly maxDeliveries: number;
  /** How many more jobs the host may take; so many ahead for each slot at least, if short ones are to be taken at all. */
  room(promised?: number): Room;
  /** How many jobs it could begin at once. */
  free(): number;
  /** A place is free. */
  freed(): void;
  /** No worker could be started for a job. */
  unfit(): void;
  /** Something went wrong that is no job's. */
  warn(error: Error): void;
}

/** What is there once there is a connection. */
interface Open {
  readonly broker: Broker;
  readonly pulling: Pulling;
  readonly running: Running;
  readonly answering: Answering;
  readonly givingBack: GivingBack;
  readonly withdrawn: Withdrawn;
  readonly heartbeats: Heartbeats;
  readonly subscription: Subscription;
}

/** Serves one queue. */
export class Serving {
  readonly #queue: ResolvedQueue;
  readonly #parts: ServingParts;
  readonly #names: Names;
  readonly #link: Link;
  readonly #tally: Tally;
  readonly #since: number;
  #state: HostReport["state"] = "serving";
  #open: Open | null = null;
  /** The first right that was found missing before it served. */
  #missing: Error | null = null;
  #serves = false;
  /** In milliseconds. */
  #lease: number = SHAPE.lease;
  #renewal: Timer | null = null;
  /** When the queue may be looked for again, by the clock. */
  #reopenAt = 0;
  /** Runs while there is no connection: then the broker has taken the jobs for lost. */
  #loss: Timer | null = null;

  constructor(queue: ResolvedQueue, parts: ServingParts) {
    this.#queue = queue;
    this.#parts = parts;
    this.#names = new Names(queue.queue);
    this.#tally = new Tally(parts.cluster.slots, () => parts.clock.now());
    this.#since = parts.clock.now();
    this.#link = new Link(queue, `compute-cluster host ${parts.host}`, "_INBOX", {
      again: () => void this.#again(),
      interrupted: () => this.#interrupted(),
      failed: (error) => this.#refused(error),
    });
  }

  /** How many jobs of the queue the host has. */
  get held(): number {
    return this.#open?.running.held ?? 0;
  }

  /** How many of them are over, but for their answers. */
  get answering(): number {
    return this.#open?.running.answering ?? 0;
  }

  /** How many jobs may be taken ahead for each slot. */
  get depth(): number {
    return depthFor(this.#tally.each);
  }

  /** How many slots have a job that takes long. */
  get blocked(): number {
    return this.#open?.running.blocked ?? 0;
  }

  /** Whether there is a connection. */
  get connected(): boolean {
    return this.#open !== null && this.#loss === null;
  }

  /**
   * Begins. Resolves once jobs are asked for.
   *
   * @throws {ClusterError} `CC_ERR_ENGINE`.
   */
  async start(): Promise<void> {
    this.#link.hold(true);
    try {
      await this.#begin();
    } catch (error) {
      throw engineError(`queue ${JSON.stringify(this.#queue.queue)} can't be served`, error);
    }
  }

  async #begin(): Promise<void> {
    const broker = await this.#link.open();
    const { host, ids, cluster, clock, maxDeliveries, freed, unfit, warn } = this.#parts;
    const { queue, version, shape } = this.#queue;
    const names = this.#names;
    if (broker.unseen) throw engineError(`a host has to look at queue ${JSON.stringify(queue)}`, broker.unseen);
    const bulk = new Bulk(names, shape.replicas ?? SHAPE.replicas);
    const tally = this.#tally;
    const answering = new Answering({ tally, broker, names, bulk, cluster, clock, host, queue, ids, warn });
    const givingBack = new GivingBack(broker, names);
    const withdrawn = new Withdrawn(broker, names);
    const running = new Running({
      broker,
      names,
      queue,
      bulk,
      cluster,
      answering,
      givingBack,
      withdrawn,
      tally,
      clock,
      version,
      maxDeliveries,
      isLeaving: () => this.#state !== "serving",
      freed,
      unfit,
      warn,
    });
    // Before jobs come: from now on it is heard which are withdrawn.
    const subscription = broker.connection.subscribe(names.abort("*"), {
      callback: (error, message) => error ? undefined : withdraw(running, message),
    });
    await withdrawn.lookBack();
    const pulling = new Pulling({
      broker,
      names,
      clock,
      lease: () => this.#lease,
      room: () => this.#parts.room(),
      got: (delivery, depth) => this.#got(delivery, depth),
      lost: (then) => void this.#reopen().then(then),
    });
    const heartbeats = new Heartbeats({
      broker,
      names,
      clock,
      connected: () => this.connected,
      report: () => this.#report(answering),
      leaseChanged: () => void this.#readLease(),
    });
    this.#open = { broker, pulling, running, answering, givingBack, withdrawn, heartbeats, subscription };
    heartbeats.tell();
    this.#lease = broker.lease;
    this.#renew();
    pulling.pump(true);
    // The broker says no before it answers this.
    await broker.connection.flush();
    await broker.connection.flush();
    if (this.#missing) throw this.#missing;
    this.#serves = true;
  }

  /**
   * There may be room.
   *
   * @param busy Whether the host has other jobs.
   */
  pump(busy: boolean): void {
    if (this.connected) this.#open?.pulling.pump(busy);
  }

  /** Takes no more jobs. */
  stopTaking(): void {
    this.#open?.pulling.stop();
    if (this.#state !== "serving") return;
    this.#state = "draining";
    this.#open?.heartbeats.tell();
  }

  /** Ends; the host has no jobs of it any more. */
  async end(): Promise<void> {
    this.#renewal?.cancel();
    this.#loss?.cancel();
    this.#state = "gone";
    this.#open?.heartbeats.end();
    this.#open?.subscription.unsubscribe();
    this.#open?.pulling.end();
    this.#open?.answering.stop();
    await this.#link.close();
  }

  #got(delivery: Delivery, depth: number): void {
    const running = this.#open?.running;
    if (running?.cameAgain(delivery)) return;
    // Hints overlap with what is asked for anyway: who has room now takes it. What was on its way when the host began to end goes back.
    const { free, ahead } = this.#state === "serving" ? this.#parts.room(depth) : NO_ROOM;
    if (running && free + ahead > 0) void running.take(delivery);
    else void this.#open?.givingBack.giveBack(delivery);
  }

  /** Says that it is there, and again in time. */
  #renew(): void {
    if (this.connected) this.#open?.running.renew();
    this.#renewal?.cancel();
    this.#renewal = this.#parts.clock.schedule(this.#lease / 3, () => this.#renew());
  }

  /** Whoever opens the queue may change it. Never rejects. */
  async #readLease(): Promise<void> {
    // First: a shorter one may be about to run out.
    this.#renew();
    if (!this.#open) return;
    try {
      this.#lease = await currentLease(this.#open.broker.jsm, this.#names);
    } catch {
      // It is read again with the next connection.
    }
    if (this.#state !== "gone") this.#renew();
  }

  /** Makes what is missing of the queue, whose lease may be another then. Never rejects. */
  async #reopen(): Promise<void> {
    const now = this.#parts.clock.now();
    if (now < this.#reopenAt) return;
    this.#reopenAt = now + REOPEN;
    try {
      await this.#link.reopen();
      await this.#readLease();
    } catch {
      // It is tried again when jobs are asked for the next time.
    }
  }

  #refused(error: Error): void {
    if (this.#serves) this.#parts.warn(error);
    else this.#missing ??= error;
  }

  #interrupted(): void {
    if (!this.#open) return;
    this.#open.pulling.interrupted();
    this.#loss ??= this.#parts.clock.schedule(this.#lease, () => this.#open?.running.lose());
  }

  async #again(): Promise<void> {
    const open = this.#open;
    if (!open) return;
    this.#loss?.cancel();
    this.#loss = null;
    open.heartbeats.tell();
    await Promise.all([this.#readLease(), open.withdrawn.lookBack(), open.running.excuse()]);
    open.pulling.again();
    open.pulling.pump(true);
  }

  #report({ runs }: Answering): HostReport {
    const { cluster, host, clock, free } = this.#parts;
    let waiting = 0;
    for (const { startedAt } of runs) if (startedAt === 0) waiting++;
    return {
      queue: this.#queue.queue,
      host,
      pid: ownProcess().pid,
      runtime: runtimeVersion(),
      library: VERSION,
      version: this.#queue.version,
      state: this.#state,
      slots: cluster.slots,
      free: free(),
      held: this.held,
      waiting,
      ...this.#tally.figures,
      uptime: clock.now() - this.#since,
    };
  }
}

function runtimeVersion(): string {
  const { bun, deno, node } = ownProcess().versions as Readonly<Record<string, string | undefined>>;
  // Bun and Deno have a version of Node's, too.
  return bun ? `bun ${bun}` : deno ? `deno ${deno}` : `node ${node}`;
}

function withdraw(running: Running, { subject, data }: Msg): void {
  const key = new TextDecoder().decode(data);
  // An owner's right is to that owner's jobs.
  if (ownerOf(key) === subject.split(".").at(-1)) running.withdraw(key);
}
