/**
 * The answers that are about to leave the worker.
 *
 * An answer is what its handler returned at that moment: one that is kept back for others is written as JSON at once, because
 * the next job may change what this one returned, and where the host can read it, because the next job may run for long, or
 * end the worker. Whatever JSON does not carry without loss, or has no room there, leaves at once.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { type Answer, type Init, NO_VALUE, type WorkerFrame } from "../core/frame.ts";
import { isJson } from "../wire/plain.ts";
import type { WorkerExchange } from "./exchange.ts";
import { Gauge } from "./gauge.ts";
import type { Link } from "./link.ts";

// Taken hold of before the module can replace it.
const { stringify } = JSON;

/** For how long jobs may have run since the last frame before their answers leave, in milliseconds. */
const FLUSH = 1.25;

/**
 * For how many it waits: half of the jobs in line, so that the host has the next half on its way while the worker runs the
 * other. A frame of fewer costs more than it gains, one of more leaves the host idle.
 */
const FEW = 4;
const MANY = 32;

/** What is longer leaves by itself, in characters. */
const LONG = 65_536;

/** Gathers answers into frames. */
export class Answers {
  readonly #link: Link;
  readonly #key: string;
  readonly #gauge: Gauge;
  readonly #exchange: WorkerExchange;
  readonly #safe: () => void;
  /** Whether all is to be written as JSON, whatever that loses. */
  readonly #asJson: boolean;
  /** Their texts. */
  #kept: string[] = [];
  #enough = FEW;
  #soon = false;
  /** When the job of the oldest that is kept began, or the answer before it came, in milliseconds. */
  #since = 0;
  #lastAt = 0;
  /** Frames that have not left the worker: those with answers that are in the mail too, and those with others. */
  #mailed = 0;
  #unmailed = 0;
  #awaited = false;

  /** @param safe Called when {@link mayBeLost} was true and no longer is. */
  constructor(link: Link, init: Init, exchange: WorkerExchange, safe: () => void) {
    this.#exchange = exchange;
    this.#link = link;
    this.#key = init.key;
    this.#gauge = new Gauge(init.measures);
    this.#safe = safe;
    this.#asJson = init.serialization === "json";
  }

  /**
   * Takes an answer.
   *
   * @param last Whether no other is about to follow: then it leaves at once.
   * @throws what the line throws for a value that it can't carry; then the answer was not taken.
   */
  add(answer: Required<Answer>, transfer: readonly object[], last: boolean, now: number): void {
    const key = this.#key;
    const [, , value, ran] = answer;
    const since = Math.max(now - ran / 1000, this.#lastAt);
    this.#lastAt = now;
    if (!this.#asJson && (transfer.length > 0 || (value !== undefined && !isJson(value)))) {
      return this.#sendAlone({ type: "answers", key, answers: [answer], ...this.#memory() }, transfer);
    }
    const text = textOf(answer);
    if (last ? text.length > LONG : !this.#exchange.keep(text)) {
      return this.#sendAlone({ type: "answers:text", key, text: `[${text}]`, ...this.#memory() }, []);
    }
    if (this.#kept.length === 0) this.#since = since;
    this.#kept.push(text);
    if (last) this.#flush(true);
  }

  #sendAlone(frame: WorkerFrame, transfer: readonly object[]): void {
    this.flush();
    this.#unmailed++;
    try {
      this.#link.post(frame, transfer, () => this.#left());
    } catch (error) {
      this.#unmailed--;
      throw error;
    }
  }

  #left(): void {
    if (--this.#unmailed > 0 || !this.#awaited) return;
    this.#awaited = false;
    this.#safe();
  }

  /** Whether an answer could be lost with the worker: it has not left, and its host can't read it elsewhere. */
  mayBeLost(): boolean {
    this.#awaited = this.#unmailed > 0;
    return this.#awaited;
  }

  /** Sends what was kept back. */
  flush(): void {
    if (this.#kept.length > 0) this.#flush(false);
  }

  /** @param unmailed Whether the last of them is in no mail. */
  #flush(unmailed: boolean): void {
    const text = `[${this.#kept.join()}]`;
    this.#kept = [];
    this.#mailed++;
    if (unmailed) this.#unmailed++;
    this.#link.post({ type: "answers:text", key: this.#key, text, ...this.#memory() }, [], () => {
      // Until then, and as long as others are kept, the host may need what is in the mail.
      if (--this.#mailed === 0 && this.#kept.length === 0) this.#exchange.sent();
      if (unmailed) this.#left();
    });
  }

  /** So many jobs are in line now. */
  expect(jobs: number): void {
    this.#enough = Math.min(Math.max(FEW, Math.ceil(jobs / 2)), MANY);
  }

  /** Sends what has been kept back long enough. */
  flushIfDue(now: number): void {
    if (this.#kept.length >= this.#enough || now - this.#since > FLUSH) this.flush();
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

  #memory(): { memory?: number } {
    const memory = this.#gauge.read();
    return memory === undefined ? {} : { memory };
  }
}

/** In parts: a `toJSON` that the module has given to all arrays is not to have a say. */
function textOf([number, failed, value, ran]: Required<Answer>): string {
  if (value === undefined) return `[${number},${failed || NO_VALUE},null,${ran}]`;
  // JSON has nothing for a function or a symbol.
  return `[${number},${failed},${stringify(value) ?? null},${ran}]`;
}
