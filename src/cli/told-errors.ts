/**
 * Errors that are told as a sentence, without a stack.
 *
 * @module
 */

/** What the user of the command line got wrong. No job has run. */
export class UsageError extends Error {}

/** What stops a run that has begun. */
export class RunError extends Error {}
