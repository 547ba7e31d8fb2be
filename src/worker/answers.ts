/**
 * The answers that are about to leave the worker.
 *
 * An answer is what its handler returned at that moment: one that is kept back for others is copied, because the next job
 * may change what this one returned. Whatever is not small plain data leaves at once.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Answer, Init } from "../core/frame.ts";
import { NOT_PLAIN } from "../core/sender.ts";
import { copyPlain } from "../wire/plain.ts";
import { Gauge } from "./gauge.ts";
import type { Link } from "./link.ts";

/** How long an answer may wait for others, in milliseconds. */
const FLUSH = 0.25;

/** Gathers answers into frames. */
export class Answers {
  readonly #link: Link;
  readonly #key: string;
  readonly #gauge: Gauge;
  #kept: Answer[] = [];
  #soon = false;
  /** Since when the oldest has been kept, in milliseconds. */
  #since = 0;

  constructor(link: Link, init: Init) {
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
    const [number, failed, value, ran] = answer;
    const alone = transfer.length > 0 || (last && this.#kept.length === 0);
    const copy = alone ? NOT_PLAIN : copyPlain(value);
    if (copy === NOT_PLAIN) {
      // Nothing in it is to be shared with another answer, and if it can't leave, they can.
      this.flush();
      return this.#post([answer], transfer);
    }
    if (this.#kept.length === 0) this.#since = now;
    this.#kept.push([number, failed, copy, ran]);
    if (last) this.flush();
  }

  /** Sends what was kept back. */
  flush(): void {
    if (this.#kept.length === 0) return;
    const kept = this.#kept;
    this.#kept = [];
    this.#post(kept, []);
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

  #post(answers: readonly Answer[], transfer: readonly object[]): void {
    const memory = this.#gauge.read();
    const frame = { type: "answers", key: this.#key, answers, ...(memory === undefined ? {} : { memory }) } as const;
    this.#link.post(frame, transfer);
  }
}
