/**
 * How long adapters wait for what may never come.
 *
 * @module
 */

import { clearInterval, setInterval } from "node:timers";
import { ownProcess } from "../src/built-in.ts";
import { now } from "../src/now.ts";

/** How long a worker may live on without its channel, in milliseconds, before it is killed. */
export const CUT_OFF = 500;

/**
 * How long something is waited for: so many turns of the host's loop, {@link APART} milliseconds apart. Turns, because a host that
 * was busy itself finds a timer due before it has read what has come meanwhile.
 */
export interface Patience {
  readonly turns: number;
  /** So many turns more, that don't count, while the program is short of a core. */
  readonly spare: number;
}

/**
 * How long after its exit a worker's last messages and the end of its stderr are waited for. A process that the worker started
 * may hold the pipe open for ever.
 */
export const LAST_WORDS: Patience = { turns: 2, spare: 0 };

/**
 * How long a thread that is told to end may take before it counts as stuck. It is given up then, which is an error to the
 * program, so a thread that only waits for a core must not look like one.
 *
 * Where busy threads can be ended most do, so that `spare` turns don't count in which the program was short of a core: Bun needs
 * 25 ms of one to end a thread (1.4.5), and on a machine with five times the work it can do that took more than half a second.
 */
export const HEARING: Readonly<Record<"endable" | "unendable", Patience>> = {
  endable: { turns: 12, spare: 60 },
  unendable: { turns: 10, spare: 0 },
};

const APART = 50;

/** A program that uses less of a core has nothing to do, one that uses more is not short of it. */
const SHORT = { from: 0.05, to: 0.6 };

/**
 * Calls `giveUp` unless what is waited for has `ended` by then.
 *
 * @returns what ends the waiting at once.
 */
export function waitInTurns(patience: Patience, ended: () => boolean, giveUp: () => void): () => void {
  let { turns, spare } = patience;
  const share = shareOfCore();
  const timer = setInterval(() => {
    if (ended()) return clearInterval(timer);
    if (spare > 0 && isShort(share())) return void spare--;
    if (--turns > 0) return;
    clearInterval(timer);
    giveUp();
  }, APART);
  return () => clearInterval(timer);
}

function isShort(share: number): boolean {
  return share > SHORT.from && share < SHORT.to;
}

/** Tells how much of a core the program has had since it was last asked. */
function shareOfCore(): () => number {
  let [used, at] = [cpuTime(), now()];
  return () => {
    const [usedBefore, before] = [used, at];
    [used, at] = [cpuTime(), now()];
    return (used - usedBefore) / (at - before);
  };
}

/** In milliseconds, of all threads. */
function cpuTime(): number {
  const { user, system } = ownProcess().cpuUsage();
  return (user + system) / 1000;
}

/**
 * How long a worker that is asked to leave, and has no teardown, may take to write out what it has printed, in milliseconds. It
 * is signalled then: an idle worker's loop may be stuck, and the grace before it is killed may have no end.
 */
export const LEAVING = 5_000;
