/**
 * What the command exits with.
 *
 * @module
 */

import { constants } from "node:os";

/** Exit codes of the command line. */
export const EXIT = {
  done: 0,
  /** Jobs failed, or the run could not go on. */
  failed: 1,
  /** Wrong usage, or a module that can't be loaded: nothing was run. */
  usage: 2,
} as const;

/** As a shell tells it of a program that a signal has ended: 130 for SIGINT. */
export function exitOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
