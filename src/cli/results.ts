/**
 * Writes results, failed inputs and the journal, in that order.
 *
 * ```text
 *  add ──▶ batch ──write──▶ output, failed ──sync──▶ journal
 * ```
 *
 * What comes while one batch is written is the next one. So a slow disk makes large batches, and a job that takes long is journaled
 * as soon as it has ended.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Prefix } from "./fingerprint.ts";
import type { State } from "./journal.ts";
import { Ranges } from "./ranges.ts";
import type { Sink } from "./sinks.ts";

/** How much may wait to be written, in bytes or characters, before whoever makes results is to wait. */
const MOST_WAITING = 1024 * 1024;

/** What results are written to. */
export interface ResultParts {
  readonly output: Sink;
  /** Gets the lines of failed jobs. */
  readonly failed: Sink | null;
  /** Where the run that it goes on with was. */
  readonly from: State;
  /** The jobs that have been read. */
  read(): Prefix;
  /** Writes the journal, and the first time makes sure of its name; null for none. */
  readonly journal: ((state: State, isFirst: boolean) => Promise<void>) | null;
  /** Nothing can be written any more. Called once. */
  broken(error: Error): void;
}

/** Results on their way to disk. */
export class Results {
  readonly #parts: ResultParts;
  readonly #done: Ranges;
  #failures: number;
  #output: string[] = [];
  #failed: Uint8Array[] = [];
  /** Jobs of the batch. */
  #jobs: number[] = [];
  #waiting = 0;
  #writing: Promise<void> | null = null;
  #isBroken = false;
  #begun = false;

  constructor(parts: ResultParts) {
    this.#parts = parts;
    this.#done = new Ranges(parts.from.done);
    this.#failures = parts.from.failed;
  }

  /** How many jobs have failed, those of the run that this one goes on with included. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Takes what a job has come to.
   *
   * @param text Its line of the output; "" for none.
   * @param failed Its line of the input, if it has failed and is to be kept.
   */
  add(index: number, text: string, failed: { readonly line: Uint8Array | null } | null): void {
    if (failed) this.#failures++;
    if (this.#isBroken) return;
    this.#jobs.push(index);
    this.#output.push(text);
    this.#waiting += text.length;
    if (failed?.line && this.#parts.failed) {
      this.#failed.push(failed.line, LINE_END);
      this.#waiting += failed.line.length;
    }
    this.#writing ??= this.#write();
  }

  /** Resolves when more may be added; null if that is so now. */
  room(): Promise<void> | null {
    return this.#waiting > MOST_WAITING ? this.#writing : null;
  }

  /**
   * Resolves when everything is written, or nothing can be.
   *
   * @param isWhole Whether these are the results of all jobs: then files are as they should be also if there are none.
   */
  async end(isWhole: boolean): Promise<void> {
    while (this.#writing) await this.#writing;
    if (isWhole && !this.#isBroken && !this.#begun) await this.#begin();
    await this.#parts.output.close();
    await this.#parts.failed?.close();
  }

  /** One batch, and then the next. */
  async #write(): Promise<void> {
    // Those that end in the same turn are one batch.
    await Promise.resolve();
    try {
      await this.#writeBatch();
    } catch (error) {
      this.#isBroken = true;
      this.#takeBatch();
      this.#parts.broken(error as Error);
    }
    this.#writing = this.#jobs.length > 0 ? this.#write() : null;
  }

  async #writeBatch(): Promise<void> {
    const { output, failed, journal } = this.#parts;
    const failures = this.#failures;
    const { jobs, bytes, failedBytes } = this.#takeBatch();
    if (!this.#begun) await this.#begin();
    if (bytes.length > 0) await output.write(bytes);
    if (failedBytes.length > 0) await failed?.write(failedBytes);
    if (journal === null) return;
    await output.sync();
    await failed?.sync();
    for (const job of jobs) this.#done.add(job);
    await journal({
      read: this.#parts.read(),
      done: this.#done.toJSON(),
      failed: failures,
      outputBytes: output.size,
      failedBytes: failed?.size ?? 0,
    }, false);
  }

  /**
   * Not before there is something to be written: a run that can't begin is not to cost what another has written. The journal comes first:
   * an output without one is another's, for whoever would resume.
   */
  async #begin(): Promise<void> {
    this.#begun = true;
    await this.#parts.journal?.(this.#parts.from, true);
    await this.#parts.output.begin();
    await this.#parts.failed?.begin();
  }

  #takeBatch(): { readonly jobs: readonly number[]; readonly bytes: Uint8Array; readonly failedBytes: Uint8Array } {
    const batch = {
      jobs: this.#jobs,
      bytes: Buffer.from(this.#output.join("")),
      failedBytes: Buffer.concat(this.#failed),
    };
    this.#jobs = [];
    this.#output = [];
    this.#failed = [];
    this.#waiting = 0;
    return batch;
  }
}

const LINE_END = Buffer.from("\n");
