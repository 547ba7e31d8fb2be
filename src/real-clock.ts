/**
 * The runtime's time, as the core asks for it.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { ownProcess } from "./built-in.ts";
import type { Clock, Timer } from "./core/clock.ts";
import { now } from "./now.ts";

/** The longest delay that `setTimeout` takes; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * A timer that is late by more than this finds a program that was busy, in milliseconds. It waits once more, as long as it was
 * late but no longer than {@link BREATH}, so that what has come meanwhile is read first: Deno reads what its processes say
 * beside the loop, and no number of turns is enough (2.9.6).
 */
const LATE = 20;
const BREATH = 500;

/** Timers that let the program end, unless asked otherwise: workers, not timers, keep it alive for its jobs. */
export const realClock: Clock = {
  now,
  // Not a microtask: what awaits several answers goes on in microtasks that are not all there yet when the first is run.
  endOfTick: (run) => ownProcess().nextTick(run),
  // Not a microtask: a caller that awaits one refusal after the other would keep the event loop from ever turning.
  soon: (run) => void setImmediate(run),
  schedule: (delay, run, keepAlive = false) => new RealTimer(delay, run, keepAlive),
};

class RealTimer implements Timer {
  readonly #run: () => void;
  #holds: boolean;
  readonly #dueAt: number;
  #handle: ReturnType<typeof setTimeout> | null = null;
  #cancelled = false;

  constructor(delay: number, run: () => void, keepAlive: boolean) {
    this.#run = run;
    this.#holds = keepAlive;
    this.#dueAt = now() + delay;
    this.#wait(delay);
  }

  #wait(delay: number): void {
    if (delay > LONGEST) this.#set(LONGEST, () => this.#wait(delay - LONGEST));
    else this.#set(delay, () => this.#due());
  }

  #set(delay: number, then: () => void): void {
    this.#handle = setTimeout(then, delay);
    if (!this.#holds) this.#handle.unref();
  }

  /** The loop looks at timers before it reads what has come. */
  #due(): void {
    const late = now() - this.#dueAt;
    if (late > LATE) this.#set(Math.min(late, BREATH), () => this.#finish());
    else setImmediate(() => this.#finish());
  }

  #finish(): void {
    if (!this.#cancelled) this.#run();
  }

  hold(holds: boolean): void {
    this.#holds = holds;
    if (holds) this.#handle?.ref();
    else this.#handle?.unref();
  }

  cancel(): void {
    this.#cancelled = true;
    if (this.#handle !== null) clearTimeout(this.#handle);
  }
}
