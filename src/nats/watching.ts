/**
 * Listens to what hosts say of themselves.
 *
 * @module
 */

import type { NatsConnection, Subscription } from "@nats-io/transport-node";
import type { Clock } from "../core/clock.ts";
import { BEAT } from "./heartbeats.ts";
import { type HostReport, readReport } from "./host-report.ts";

/** A host that has said nothing for so long is gone, in milliseconds: three times in turn. */
const SILENCE = 3.5 * BEAT;

/** How long hosts have to answer when they are asked, in milliseconds. */
const PATIENCE = 1_000;

/** What watching is given to work with. */
export interface WatchingParts {
  readonly connection: NatsConnection;
  readonly clock: Clock;
  /** Where hosts tell it. */
  readonly subjects: readonly string[];
}

/** Listens, from when it is made. */
export class Watching {
  readonly #parts: WatchingParts;
  readonly #subscriptions: readonly Subscription[];
  #refused: Error | null = null;
  /** By queue, name and process; when each was heard by this program's clock. */
  readonly #heard = new Map<string, { readonly report: HostReport; readonly at: number }>();

  constructor(parts: WatchingParts) {
    this.#parts = parts;
    this.#subscriptions = parts.subjects.map((subject) =>
      parts.connection.subscribe(subject, {
        callback: (error, message) => {
          if (error) this.#refused ??= error;
          else this.#hear(message.string());
        },
      })
    );
  }

  /** Why hosts can't be listened to: there is no right to. */
  get refused(): Error | null {
    return this.#refused;
  }

  /** Those that are there, as they last said. */
  get hosts(): HostReport[] {
    const old = this.#parts.clock.now() - SILENCE;
    for (const [key, { at }] of this.#heard) if (at < old) this.#heard.delete(key);
    return [...this.#heard.values()].map(({ report }) => report);
  }

  /**
   * Has hosts tell it at once. Resolves when they have had the time to: {@link PATIENCE}, or less where none is left that could.
   *
   * @param roll Where they are asked.
   */
  async ask(roll: string): Promise<void> {
    try {
      const options = { strategy: "timer", maxWait: PATIENCE } as const;
      for await (const reply of await this.#parts.connection.requestMany(roll, undefined, options)) {
        this.#hear(reply.string());
      }
    } catch {
      // Nobody is there, or there is no connection: what they say by themselves is heard.
    }
  }

  end(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  #hear(text: string): void {
    const report = readReport(text);
    if (!report) return;
    // Several may be called alike.
    const key = `${report.queue} ${report.host} ${report.pid}`;
    if (report.state === "gone") this.#heard.delete(key);
    else this.#heard.set(key, { report, at: this.#parts.clock.now() });
  }
}
