/**
 * What is written must not be what is read, nor be written twice: a file that is opened for results is emptied.
 *
 * @module
 */

import { type BigIntStats, fstatSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UsageError } from "./told-errors.ts";

/** Files by what they are for, as messages name that. */
export interface Files {
  /** What is read. */
  readonly read: readonly (readonly [what: string, path: string])[];
  /** What is written. */
  readonly written: readonly (readonly [what: string, path: string])[];
  /** Whether jobs come from stdin. */
  readonly stdin: boolean;
  /** Whether results go to stdout. */
  readonly stdout: boolean;
}

/**
 * Compares files, by whatever names and links.
 *
 * @param written Absolute paths.
 * @throws {UsageError} for two that are one.
 */
export function checkDistinct({ read, written, stdin, stdout }: Files): void {
  const known = new Map<string, string>();
  for (const [what, path] of read) known.set(identity(path), what);
  if (stdin) {
    const input = identityOf(() => fstatSync(0, { bigint: true }));
    if (input !== null) known.set(input, "the input");
  }
  if (stdout) {
    const output = identityOf(() => fstatSync(1, { bigint: true })) ?? "stdout";
    const other = known.get(output);
    if (other !== undefined) throw new UsageError(`stdout must be another file than ${other}`);
    known.set(output, "stdout");
  }
  for (const [what, path] of written) {
    const file = identity(path);
    const other = known.get(file);
    if (other !== undefined) throw new UsageError(`${what} must be another file than ${other}: ${path}`);
    known.set(file, what);
  }
}

/** A file that is not there yet is known by its folder and its name. */
function identity(path: string): string {
  return identityOf(() => statSync(path, { bigint: true })) ?? join(realFolder(dirname(path)), basename(path));
}

/** The folder itself, if it is there: nothing can be written into one that is not. */
function realFolder(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
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
