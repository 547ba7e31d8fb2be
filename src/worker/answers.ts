/**
 * The answers that are about to leave the worker.
 *
 * An answer is what its handler returned at that moment: one that is kept back for others is written as JSON at once, because
 * the next job may change what this one returned, and where the host can read it, because the next job may run for long, or
 * end the worker. Whatever JSON does not carry without loss, or is not small, leaves at once.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Answer, Init } from "../core/frame.ts";
import { isJson } from "../wire/plain.ts";
import type { WorkerExchange } from "./exchange.ts";
import { Gauge } from "./gauge.ts";
import type { Link } from "./link.ts";

// Taken hold of before the module can replace it.
const { stringify } = JSON;

/** How long an answer may wait for others, in milliseconds. */
const FLUSH = 0.25;

/** Gathers answers into frames. */
export class Answers {
  readonly #link: Link;
  readonly #key: string;
  readonly #gauge: Gauge;
  readonly #exchange: WorkerExchange;
  /** Their texts. */
  #kept: string[] = [];
  #soon = false;
  /** How many answers went alone, of how many the end is awaited, and how many have left for sure. */
  #alone = 0;
  #awaited = 0;
  #left = 0;
  /** Since when the oldest has been kept, in milliseconds. */
  #since = 0;

  constructor(link: Link, init: Init, exchange: WorkerExchange) {
    this.#exchange = exchange;
    this.#link = link;
    this.#key = init.key;
    this.#gauge = new Gauge(init.measures);
  }

  /**
   * Takes an answer.
   *
   * @param last Whether no other is about to follow: then it leaves at once.
   * @throws what the line throws for a value that it can't carry; then the answer was not taken.
   */
  add(answer: Required<Answer>, transfer: readonly object[], last: boolean, now: number): void {
    const alone = transfer.length > 0 || (last && this.#kept.length === 0);
    const text = alone || !isJson(answer[2]) ? null : stringify(answer);
    if (text === null || (!last && !this.#exchange.keep(text))) {
      this.flush();
      this.#link.post({ type: "answers", key: this.#key, answers: [answer], ...this.#memory() }, transfer);
      this.#alone++;
      return;
    }
    if (this.#kept.length === 0) this.#since = now;
    this.#kept.push(text);
    if (last) this.flush();
  }

  /** Sends what was kept back. */
  flush(): void {
    if (this.#kept.length === 0) return;
    const text = `[${this.#kept.join()}]`;
    this.#kept = [];
    this.#link.post({ type: "kept", key: this.#key, text, ...this.#memory() });
    this.#exchange.sent();
  }

  /** Sends what has been kept back long enough. */
  flushIfDue(now: number): void {
    if (now - this.#since > FLUSH) this.flush();
  }

  /** Sends it once the loop turns. */
  flushSoon(): void {
    if (this.#soon || this.#kept.length === 0) return;
    this.#soon = true;
    setImmediate(() => {
      this.#soon = false;
      this.flush();
    });
  }

  /** Whether an answer may still be lost with the worker; calls `left` when those so far no longer can. */
  mayBeLost(left: () => void): boolean {
    const count = this.#alone;
    if (!this.#link.drain || this.#left === count) return false;
    if (this.#awaited < count) {
      this.#awaited = count;
      this.#link.drain(() => {
        this.#left = count;
        left();
      });
    }
    return this.#left < count;
  }

  #memory(): { memory?: number } {
    const memory = this.#gauge.read();
    return memory === undefined ? {} : { memory };
  }
}
