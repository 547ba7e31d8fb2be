/**
 * What a job tells of itself while it runs: the newest value, no more often than a host has use for.
 *
 * @module
 */

import { clearTimeout, setTimeout } from "node:timers";
import { now } from "../now.ts";

/** The shortest time between two reports, in milliseconds. */
const PAUSE = 50;

/** The time, as reports need it. */
export interface ReportClock {
  now(): number;
  /** Calls once, after so many milliseconds; returns what cancels it. */
  after(delay: number, run: () => void): () => void;
}

const realClock: ReportClock = {
  now,
  after(delay, run) {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
};

/** The reports of one job. */
export class Progress {
  readonly #send: (value: unknown) => void;
  readonly #copy: (value: unknown) => unknown;
  readonly #clock: ReportClock;
  #sentAt = -Infinity;
  /** A copy of what is newer than the last report. */
  #latest: { readonly value: unknown } | null = null;
  #cancel: (() => void) | null = null;

  /**
   * @param send Throws for a value that can't be sent.
   * @param copy So does this.
   */
  constructor(send: (value: unknown) => void, copy: (value: unknown) => unknown, clock: ReportClock = realClock) {
    this.#send = send;
    this.#copy = copy;
    this.#clock = clock;
  }

  /** Sends it at once if the last report is long enough ago, otherwise once it is: a handler that blocks its loop reports, too. */
  report(value: unknown): void {
    const wait = this.#sentAt + PAUSE - this.#clock.now();
    if (wait <= 0) return this.#sendNow(value);
    this.#latest = { value: this.#copy(value) };
    this.#cancel ??= this.#clock.after(wait, () => this.end());
  }

  #sendNow(value: unknown): void {
    this.#stop();
    this.#sentAt = this.#clock.now();
    this.#send(value);
  }

  /** Whether there was any. */
  get told(): boolean {
    return this.#sentAt > -Infinity;
  }

  /** What is due is sent now, before the answer. */
  end(): void {
    const latest = this.#stop();
    if (!latest) return;
    try {
      this.#sendNow(latest.value);
    } catch {
      // It could be copied, and the line doesn't carry it (a Blob, to a process). Nobody is there to be told.
    }
  }

  #stop(): { readonly value: unknown } | null {
    const latest = this.#latest;
    this.#cancel?.();
    this.#cancel = null;
    this.#latest = null;
    return latest;
  }
}
