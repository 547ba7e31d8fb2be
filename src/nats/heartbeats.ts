/**
 * Says what a host is doing: every two seconds, when that changes, and at once when somebody asks.
 *
 * @module
 */

import type { Subscription } from "@nats-io/transport-node";
import type { Clock, Timer } from "../core/clock.ts";
import { type HostReport, writeReport } from "./host-report.ts";
import type { Broker } from "./link.ts";
import { LEASE, type Names } from "./names.ts";

/** How often, in milliseconds. */
export const BEAT = 2_000;

/** What heartbeats are given to work with. */
export interface HeartbeatsParts {
  readonly broker: Pick<Broker, "connection">;
  readonly names: Names;
  readonly clock: Clock;
  /** Whether anyone can hear. What is said without a connection would be said when there is one again, and be old. */
  connected(): boolean;
  report(): HostReport;
  /** The queue has another lease. */
  leaseChanged(): void;
}

/** Tells of one host and queue. */
export class Heartbeats {
  readonly #parts: HeartbeatsParts;
  readonly #roll: Subscription;
  #timer: Timer | null = null;

  constructor(parts: HeartbeatsParts) {
    this.#parts = parts;
    const { broker: { connection }, names } = parts;
    this.#roll = connection.subscribe(names.roll, {
      callback: (error, message) => {
        if (error) return;
        if (message.string() === LEASE) parts.leaseChanged();
        else message.respond(writeReport(parts.report()));
      },
    });
    this.#wait();
  }

  /** Tells it now. */
  tell(): void {
    const { broker: { connection }, names, connected, report } = this.#parts;
    if (!connected() || connection.isClosed() || connection.isDraining()) return;
    const told = report();
    connection.publish(names.host(told.host), writeReport(told));
  }

  /** Tells it once more, and then no more. */
  end(): void {
    this.#roll.unsubscribe();
    this.#timer?.cancel();
    this.tell();
  }

  #wait(): void {
    this.#timer = this.#parts.clock.schedule(BEAT, () => {
      this.tell();
      this.#wait();
    });
  }
}
