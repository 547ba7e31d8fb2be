/**
 * What a command is asked for, to stdout.
 *
 * @module
 */

import process from "node:process";

/** Resolves when it has gone: a program that ends takes along what has not. Also when nobody reads it any more. */
export function print(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}
