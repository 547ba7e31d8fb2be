/**
 * Tells the program's listeners what happens in a cluster.
 *
 * @module
 */

import type { EventEmitter } from "node:events";
import { ownProcess } from "./built-in.ts";
import type { Calls } from "./calls.ts";
import { type ClusterMessage, openChannels } from "./channels.ts";
import type { Isolation } from "./core/adapter.ts";
import type { Observer } from "./core/engine.ts";
import type { Fact } from "./core/fact.ts";
import { sentence, TOLD } from "./sentences.ts";

/** What happens to a job. */
const OF_JOBS = ["job:queued", "job:refused", "job:started", "job:returned", "job:retried", "job:settled"] as const;

/** The methods that add or remove listeners. */
const CHANGERS = [
  "on",
  "addListener",
  "once",
  "prependListener",
  "prependOnceListener",
  "off",
  "removeListener",
  "removeAllListeners",
] as const;

/**
 * Has `changed` called after listeners of an emitter may have changed.
 *
 * @param prototype That of its class. Its methods are replaced, not overridden in the class: the types of the originals, which know
 * the events, can't be written down outside of `@types/node`.
 */
export function watchListeners(prototype: EventEmitter, changed: (emitter: EventEmitter) => void): void {
  for (const name of CHANGERS) {
    const original = prototype[name] as (...args: unknown[]) => unknown;
    const value = function (this: EventEmitter, ...args: unknown[]): unknown {
      try {
        return original.apply(this, args);
      } finally {
        changed(this);
      }
    };
    Object.defineProperty(value, "name", { value: name });
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

/** Emits facts, and sentences about them, as a cluster's events. */
export class Telling implements Observer {
  readonly #cluster: EventEmitter;
  readonly #isolation: Isolation;
  readonly #calls: Calls;
  readonly #channels = openChannels();
  readonly #ofJobs = OF_JOBS.map((type) => this.#channels[type]);
  /** Which events are listened to, as far as was asked since listeners changed: it is asked ten times for each job. */
  #heard: Partial<Record<Fact["type"], boolean>> = {};
  #jobsAreHeard: boolean | null = null;

  /** @param cluster Whose events they are. */
  constructor(cluster: EventEmitter, isolation: Isolation, calls: Calls) {
    this.#cluster = cluster;
    this.#isolation = isolation;
    this.#calls = calls;
  }

  /** Listeners were added or removed. */
  listenersChanged(): void {
    this.#heard = {};
    this.#jobsAreHeard = null;
  }

  hears(type: Fact["type"]): boolean {
    return (this.#heard[type] ??= this.#hasListeners(type)) || this.#channels[type].hasSubscribers;
  }

  /** Whether anyone listens to what happens to jobs. */
  get hearsJobs(): boolean {
    for (const channel of this.#ofJobs) if (channel.hasSubscribers) return true;
    return this.#jobsAreHeard ??= OF_JOBS.some((type) => this.#isHeard(type));
  }

  tell(fact: Fact): void {
    this.#emit(fact.type, fact);
    this.#publish({ cluster: this.#cluster, fact });
    const told = sentence(fact, this.#isolation);
    if (told && this.#isHeard(told.event)) this.#emit(told.event, told.text);
  }

  /** Unheard, it is printed: the program can go on. */
  warn(error: Error): void {
    if (this.#isHeard("error")) this.#emit("error", error);
    else ownProcess().emitWarning(error);
  }

  /** Unheard, it is thrown: in a turn of the event loop of its own, so that the jobs' callers have had their answers. */
  fault(error: Error): void {
    if (this.#isHeard("error")) return this.#emit("error", error);
    setTimeout(() => {
      throw error;
    }, 0);
  }

  #publish(message: ClusterMessage): void {
    const { type } = message.fact;
    const channel = this.#channels[type];
    if (channel.hasSubscribers) this.#calls.make(type, () => channel.publish(message));
  }

  /** Whether an event is listened to, or the sentence about it. */
  #hasListeners(type: Fact["type"]): boolean {
    const told = TOLD[type];
    return this.#isHeard(type) || (told !== undefined && this.#isHeard(told));
  }

  #isHeard(event: string): boolean {
    return this.#cluster.listenerCount(event) > 0;
  }

  #emit(event: string, told: unknown): void {
    this.#calls.make(event, () => this.#cluster.emit(event, told));
  }
}
