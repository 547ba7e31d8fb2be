/**
 * How a run goes on where another has ended.
 *
 * @module
 */

import { statSync } from "node:fs";
import type { Prefix } from "./fingerprint.ts";
import { checkPlan, NOTHING_DONE, type Plan, readJournal, type State } from "./journal.ts";
import { Ranges } from "./ranges.ts";
import type { Job } from "./read-jobs.ts";
import { UsageError } from "./told-errors.ts";

/**
 * Where a run is to go on: at its beginning, unless it is resumed and has a journal.
 *
 * @throws {UsageError} if it is not clear what is wanted: nothing that another run has written is to be lost.
 */
export async function findState(plan: Plan, journal: string | undefined, resume: boolean): Promise<State> {
  if (journal === undefined) return NOTHING_DONE;
  const found = await readJournal(journal);
  if (!resume) {
    if (found) {
      throw new UsageError(`there is a journal ${journal}: --resume goes on with its run; remove it to begin anew`);
    }
    return NOTHING_DONE;
  }
  if (found) {
    checkPlan(found.plan, plan);
    return found.state;
  }
  const there = [plan.output, plan.failedFile].find((path) => path !== null && sizeOf(path) > 0);
  if (there) {
    throw new UsageError(`can't resume: there is no journal ${journal}, but ${there}; remove that to begin anew`);
  }
  return NOTHING_DONE;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The input of a run, from its beginning. */
export interface Resumed {
  /** The next job; null after the last, or when reading was stopped. */
  next(): Promise<Job | null>;
  /** All that was read. */
  prefix(): Prefix;
  isStopped(): boolean;
  /** Is told of each job that the other run has ended. */
  skip(job: Job): void;
}

/**
 * Reads the jobs that the other run had read, and gives those that it had not ended: no more than were under way when it was.
 *
 * @throws {UsageError} if these are other jobs.
 */
export async function skipDone(from: State, input: Resumed): Promise<Job[]> {
  const { jobs, sha256 } = from.read;
  const done = new Ranges(from.done);
  const held: Job[] = [];
  for (let count = 0; count < jobs; count++) {
    const job = await input.next();
    if (job === null && input.isStopped()) return [];
    if (job === null) {
      throw new UsageError(`can't resume: the journal is about ${jobs} jobs, and the input has ${count}`);
    }
    if (done.has(job.index)) input.skip(job);
    else held.push(job);
  }
  if (jobs > 0 && input.prefix().sha256 !== sha256) {
    throw new UsageError(`can't resume: the first ${jobs} jobs of the input are not those that the journal is about`);
  }
  return held;
}
