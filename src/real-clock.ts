/**
 * The runtime's time, as the core asks for it.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Clock, Timer } from "./core/clock.ts";

/** The longest delay that `setTimeout` takes; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/** Timers that let the program end, unless asked otherwise: workers, not timers, keep it alive for its jobs. */
export const realClock: Clock = {
  now: () => performance.now(),
  // Not a microtask: a caller that awaits one refusal after the other would keep the event loop from ever turning.
  soon: (run) => void setImmediate(run),
  schedule(delay, run, keepAlive = false): Timer {
    let handle: ReturnType<typeof setTimeout>;
    const wait = (left: number): void => {
      handle = left <= LONGEST ? setTimeout(run, left) : setTimeout(() => wait(left - LONGEST), LONGEST);
      if (!keepAlive) handle.unref();
    };
    wait(delay);
    return { cancel: () => clearTimeout(handle) };
  },
};
