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

/** Emits facts, and sentences about them, as a cluster's events. */
export class Telling implements Observer {
  readonly #cluster: EventEmitter;
  readonly #isolation: Isolation;
  readonly #calls: Calls;
  readonly #channels = openChannels();
  readonly #ofJobs = OF_JOBS.map((type) => this.#channels[type]);

  /** @param cluster Whose events they are. */
  constructor(cluster: EventEmitter, isolation: Isolation, calls: Calls) {
    this.#cluster = cluster;
    this.#isolation = isolation;
    this.#calls = calls;
  }

  hears(type: Fact["type"]): boolean {
    if (this.#isHeard(type) || this.#channels[type].hasSubscribers) return true;
    const told = TOLD[type];
    return told !== undefined && this.#isHeard(told);
  }

  /** Whether anyone listens to what happens to jobs. */
  get hearsJobs(): boolean {
    // Asked for each job: two loops take half as long as one.
    for (const channel of this.#ofJobs) if (channel.hasSubscribers) return true;
    for (const type of OF_JOBS) if (this.#isHeard(type)) return true;
    return false;
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

  #isHeard(event: string): boolean {
    return this.#cluster.listenerCount(event) > 0;
  }

  #emit(event: string, told: unknown): void {
    this.#calls.make(event, () => this.#cluster.emit(event, told));
  }
}
