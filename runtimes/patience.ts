/**
 * How long adapters wait for what may never come.
 *
 * @module
 */

/**
 * How long after its exit a worker's last messages and the end of its stderr are waited for, in milliseconds. A process
 * that the worker started may hold the pipe open for ever.
 */
export const LAST_WORDS = 100;

/** How long a worker may live on without its channel, in milliseconds, before it is killed. */
export const CUT_OFF = 500;

/**
 * How long a thread that is told to end may take before it counts as stuck: so many turns of the host's loop, {@link APART}
 * milliseconds apart. It is given up then, which is an error to the program, so a thread that only waits for a core must
 * not look like one. Turns, because a host that was busy itself finds the timer due before it has read the answer.
 *
 * Where busy threads can be ended most do, and the others are waited for longer.
 */
export const HEARING = { endable: 12, unendable: 10 } as const;

const APART = 50;

/** Calls `giveUp` unless the thread has `ended` within so many turns. */
export function waitForThread(hearing: number, ended: () => boolean, giveUp: () => void): void {
  let turns = hearing;
  const timer = setInterval(() => {
    if (ended()) return clearInterval(timer);
    if (--turns > 0) return;
    clearInterval(timer);
    giveUp();
  }, APART);
}

/**
 * How long a worker that is asked to leave, and has no teardown, may take to write out what it has printed, in milliseconds. It
 * is signalled then: an idle worker's loop may be stuck, and the grace before it is killed may have no end.
 */
export const LEAVING = 5_000;
