/**
 * How long process adapters wait for what may never come.
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
