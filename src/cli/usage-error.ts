/**
 * What the user of the command line got wrong.
 *
 * @module
 */

/** Told as a sentence, without a stack; nothing has been run or written. */
export class UsageError extends Error {}
