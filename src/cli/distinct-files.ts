/**
 * What is written must not be what is read, nor be written twice: a file that is opened for results is emptied.
 *
 * @module
 */

import { type BigIntStats, fstatSync, statSync } from "node:fs";
import { UsageError } from "./told-errors.ts";

/** Files by what they are for, as messages name that. */
export interface Files {
  /** What is read. */
  readonly read: readonly (readonly [what: string, path: string])[];
  /** What is written. */
  readonly written: readonly (readonly [what: string, path: string])[];
  /** Whether jobs come from stdin. */
  readonly stdin: boolean;
}

/**
 * Compares files, by whatever names and links.
 *
 * @param written Absolute paths.
 * @throws {UsageError} for two that are one.
 */
export function checkDistinct({ read, written, stdin }: Files): void {
  const known = new Map<string, string>();
  for (const [what, path] of read) known.set(identity(path), what);
  if (stdin) {
    const input = identityOf(() => fstatSync(0, { bigint: true }));
    if (input !== null) known.set(input, "the input");
  }
  for (const [what, path] of written) {
    const file = identity(path);
    const other = known.get(file);
    if (other !== undefined) throw new UsageError(`${what} must be another file than ${other}: ${path}`);
    known.set(file, what);
  }
}

/** A file that is not there yet is known by its path. */
function identity(path: string): string {
  return identityOf(() => statSync(path, { bigint: true })) ?? path;
}

/** Null for what is no file: a terminal may be written by whoever likes. */
function identityOf(stat: () => BigIntStats): string | null {
  try {
    const stats = stat();
    return stats.isFile() ? `${stats.dev}:${stats.ino}` : null;
  } catch {
    return null;
  }
}
