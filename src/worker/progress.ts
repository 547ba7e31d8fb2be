/**
 * What a job tells of itself while it runs: the newest value, no more often than a host has use for.
 *
 * @module
 */

/** The shortest time between two reports, in milliseconds. */
const PAUSE = 50;

// Taken hold of before the module can replace it.
const { structuredClone } = globalThis;

/** The reports of one job. */
export class Progress {
  readonly #send: (value: unknown) => void;
  #sentAt = -Infinity;
  /** A copy of what is newer than the last report. */
  #latest: { readonly value: unknown } | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param send Throws for a value that can't be sent. */
  constructor(send: (value: unknown) => void) {
    this.#send = send;
  }

  /**
   * Sends it at once if the last report is long enough ago, otherwise once it is: a handler that blocks its loop reports, too.
   *
   * @throws what structured clone throws for a value that it can't carry.
   */
  report(value: unknown): void {
    const wait = this.#sentAt + PAUSE - performance.now();
    if (wait <= 0) return this.#sendNow(value);
    this.#latest = { value: structuredClone(value) };
    this.#timer ??= setTimeout(() => this.end(), wait);
  }

  #sendNow(value: unknown): void {
    this.#stop();
    this.#sentAt = performance.now();
    this.#send(value);
  }

  /** What is due is sent now, before the answer. */
  end(): void {
    const latest = this.#stop();
    if (!latest) return;
    try {
      this.#sendNow(latest.value);
    } catch {
      // Structured clone has copied it, and the line doesn't carry it (a Blob, to a process). Nobody is there to be told.
    }
  }

  #stop(): { readonly value: unknown } | null {
    const latest = this.#latest;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#latest = null;
    return latest;
  }
}
