import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A file to compress. */
export interface File {
  readonly path: string;
  /** In bytes, when it was listed. */
  readonly size: number;
}

/** A file or folder that nothing could be done with, and why. */
export interface Failure {
  readonly path: string;
  readonly reason: string;
}

/** What there is in a folder. */
export interface Listing {
  readonly folder: string;
  readonly files: readonly File[];
  readonly failures: readonly Failure[];
}

/** What is compressed when no folder is named: every checkout has it after `npm ci`, and the same on every machine. */
const DEFAULT = {
  folder: fileURLToPath(new URL("../../node_modules", import.meta.url)),
  names: /\.(?:[cm]?[jt]s|json|md)$/,
  /** Of one file. One of 9 MB would keep a core busy long after all others were done. */
  maxSize: 256 * 1024,
  /** Of all together: about 10 s for two cores at quality 11. */
  maxTotal: 12_000_000,
};

/** Every regular file in a folder and below; links are not followed. Throws if the folder itself can't be read. */
export async function filesOf(folder: string): Promise<Listing> {
  const files: File[] = [];
  const failures: Failure[] = [];
  for await (const file of walk(folder, failures)) files.push(file);
  return { folder, files, failures };
}

/** The first text files of `node_modules`. */
export async function defaultFiles(): Promise<Listing> {
  const { folder, names, maxSize, maxTotal } = DEFAULT;
  const files: File[] = [];
  const failures: Failure[] = [];
  let total = 0;
  for await (const file of walk(folder, failures)) {
    if (!names.test(file.path) || file.size > maxSize) continue;
    total += file.size;
    if (total > maxTotal) break;
    files.push(file);
  }
  return { folder, files, failures };
}

async function* walk(folder: string, failures: Failure[]): AsyncGenerator<File> {
  const entries = await readdir(folder, { withFileTypes: true });
  // By code unit, the same in every locale.
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    try {
      if (entry.isDirectory()) yield* walk(path, failures);
      else if (entry.isFile()) yield { path, size: (await lstat(path)).size };
    } catch (error) {
      failures.push({ path, reason: reasonOf(error) });
    }
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
