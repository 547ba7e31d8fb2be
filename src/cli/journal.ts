/**
 * What is known of a run on disk, so that another can go on with it.
 *
 * A journal is one small file that is replaced as a whole: it is never seen half written. It names no result that is not on disk
 * before it (see `results.ts`). What was written after the last journal is cut off when the run goes on, and those jobs run again.
 *
 * @module
 */

import { access, constants, open, readFile, rename } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Prefix } from "./fingerprint.ts";
import type { Range } from "./ranges.ts";
import { UsageError } from "./told-errors.ts";

/** What a run does; another that goes on with it must do the same. */
export interface Plan {
  /** The worker module, with its whole path. */
  readonly module: string;
  readonly task: string | null;
  readonly input: string;
  /** Paths, whole. */
  readonly output: string;
  readonly failedFile: string | null;
  readonly unordered: boolean;
  readonly values: boolean;
  /** As it was given. */
  readonly setupData: string | null;
}

/** How far a run is. */
export interface State {
  /** The jobs that have been read. */
  readonly read: Prefix;
  /** Those that have ended, whose results are in the files; all have been read. */
  readonly done: readonly Range[];
  /** How many of them have failed. */
  readonly failed: number;
  /** What the files have of them, in bytes. */
  readonly outputBytes: number;
  readonly failedBytes: number;
}

/** The content of a journal. */
export interface Journal {
  readonly plan: Plan;
  readonly state: State;
}

const VERSION = 1;

/** The state of a run that has done nothing. */
export const NOTHING_DONE: State = {
  read: { jobs: 0, sha256: "" },
  done: [],
  failed: 0,
  outputBytes: 0,
  failedBytes: 0,
};

/**
 * Reads a journal; null if there is none.
 *
 * @throws {UsageError} for what can't be read, or is no journal.
 */
export async function readJournal(file: string): Promise<Journal | null> {
  let text;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new UsageError(`can't read the journal: ${(error as Error).message}`);
  }
  const { of, version, ...journal } = parse(text);
  if (of === OF && version !== VERSION) {
    throw new UsageError(`the journal ${file} is of another version of this command (${String(version)})`);
  }
  if (of !== OF || !isJournal(journal)) throw new UsageError(`${file} is not a journal of this command`);
  return journal;
}

const OF = "compute-cluster run";

function parse(text: string): Partial<Record<"of" | "version" | keyof Journal, unknown>> {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** Whether it has what a journal has; what the plan says is compared. */
function isJournal(journal: { plan?: unknown; state?: unknown }): journal is Journal {
  const { plan, state } = journal as Partial<Journal>;
  if (typeof plan !== "object" || plan === null || typeof state !== "object" || state === null) return false;
  const { read, done, failed, outputBytes, failedBytes } = state;
  return [read?.jobs, failed, outputBytes, failedBytes].every(isCount) && typeof read?.sha256 === "string" &&
    Array.isArray(done) && done.every((range) => Array.isArray(range) && range.length === 2 && range.every(isCount));
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && value as number >= 0;
}

/**
 * Finds out whether a journal can be written.
 *
 * @throws {UsageError}
 */
export async function checkJournal(path: string): Promise<void> {
  try {
    await access(dirname(resolve(path)), constants.W_OK);
  } catch (error) {
    throw new UsageError(`can't write ${path}: ${(error as Error).message}`);
  }
}

/** What it is written to before it takes the place of the last. */
export function partOf(path: string): string {
  return `${path}.part`;
}

/** Replaces a journal, and returns when the new one is on disk. Not called again before that. */
export async function writeJournal(path: string, { plan, state }: Journal): Promise<void> {
  const part = partOf(path);
  const file = await open(part, "w");
  try {
    await file.writeFile(`${JSON.stringify({ of: OF, version: VERSION, plan, state })}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}

/**
 * Refuses to go on with a run in another way than it was begun.
 *
 * @throws {UsageError}
 */
export function checkPlan(journal: Plan, now: Plan): void {
  const words: Readonly<Record<keyof Plan, string>> = {
    module: "the module",
    task: "--task",
    input: "--input",
    output: "--output",
    failedFile: "--failed",
    unordered: "--unordered",
    values: "--values",
    setupData: "--setup-data",
  };
  for (const name of Object.keys(words) as (keyof Plan)[]) {
    if (journal[name] === now[name]) continue;
    const [was, is] = [journal[name], now[name]].map((value) => value === null ? "not given" : String(value));
    throw new UsageError(`can't resume: ${words[name]} was ${was}, and is ${is}`);
  }
}
