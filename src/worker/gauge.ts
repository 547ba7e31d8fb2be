/**
 * What the worker knows of its own memory, for `maxWorkerMemory`.
 *
 * @module
 */

import { ownProcess } from "../built-in.ts";
import type { Init } from "../core/frame.ts";
import { now } from "../now.ts";

// Taken hold of before the module can replace it.
const { memoryUsage } = ownProcess();

/** The shortest time between two measurements, in milliseconds: each costs 10 to 30 µs. */
const PAUSE = 50;

/** Measures now and then. */
export class Gauge {
  readonly #what: Init["measures"];
  #next = 0;

  constructor(what: Init["measures"]) {
    this.#what = what;
  }

  /** Bytes in use, or undefined when it is too soon, or nobody wants to know. A heap's garbage counts until it is collected. */
  read(): number | undefined {
    if (this.#what === null) return undefined;
    const at = now();
    if (at < this.#next) return undefined;
    this.#next = at + PAUSE;
    return this.#what === "rss" ? memoryUsage.rss() : memoryUsage().heapUsed;
  }
}
