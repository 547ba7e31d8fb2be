/**
 * Jobs from files, from stdin, or from the names of files.
 *
 * @module
 */

import { closeSync, createReadStream, fstatSync, openSync } from "node:fs";
import { Socket } from "node:net";
import process from "node:process";
import type { Readable } from "node:stream";
import { Chunks } from "./chunks.ts";
import { type Line, LineSplitter } from "./lines.ts";
import { RunError, UsageError } from "./told-errors.ts";

/** How jobs are written. */
export type InputFormat = "ndjson" | "lines" | "files";

/** All there are. */
export const INPUT_FORMATS: readonly InputFormat[] = ["ndjson", "lines", "files"];

/** What is known of a job when it is read. */
interface Read {
  /** Counts the jobs from 0. */
  readonly index: number;
  /** Where it stands, for people: `jobs.ndjson:17`, or the name of a file. */
  readonly place: string;
  /** Its line as it stands there, without the end; null where that is too long to be kept. */
  readonly line: Line;
  /** Its share of {@link Jobs.total}. */
  readonly size: number;
}

/** A job, or what is wrong with its line. */
export type Job =
  | Read & { readonly ok: true; readonly args: unknown }
  | Read & { readonly ok: false; readonly error: Error };

/** Where jobs come from. */
export interface Jobs {
  /** How much there is to be done, in units of the jobs' `size`; null if nobody knows. */
  readonly total: number | null;
  /** The next job, or null after the last. Not called again before it has come. */
  next(): Promise<Job | null>;
  /** Nothing more is wanted: a `next` under way gives null. */
  stop(): void;
}

/**
 * Opens the files, to fail before anything is done.
 *
 * @param files Names; `-` and none at all mean stdin.
 * @throws {UsageError} for a file that can't be read.
 */
export function readJobs(format: InputFormat, files: readonly string[]): Jobs {
  if (files.indexOf("-") !== files.lastIndexOf("-")) throw new UsageError("stdin (-) can be read only once");
  if (format !== "files") return new LineJobs(format, (files.length > 0 ? files : ["-"]).map(openInput));
  if (files.length === 0) {
    throw new UsageError("--input files needs names of files; for names from stdin use --input lines");
  }
  return new NameJobs(files);
}

interface Input {
  readonly name: string;
  /** In bytes; null for what is no regular file. */
  readonly size: number | null;
  open(): Chunks;
}

function openInput(name: string): Input {
  if (name === "-") return { name: "stdin", size: sizeOf(0), open: () => new Chunks(process.stdin) };
  try {
    const descriptor = openSync(name, "r");
    try {
      const stat = fstatSync(descriptor);
      if (stat.isDirectory()) throw new Error("it is a folder");
      if (stat.isFIFO()) return { name, size: null, open: () => new Chunks(pipe(descriptor)) };
      const size = sizeOf(descriptor);
      // A pipe would be gone when it is closed. Of files there may be more than can be open at once.
      if (size === null) return { name, size, open: () => new Chunks(createReadStream(name, { fd: descriptor })) };
      closeSync(descriptor);
      return { name, size, open: () => new Chunks(createReadStream(name, { highWaterMark: 256 * 1024 })) };
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  } catch (error) {
    throw new UsageError(`can't read the jobs in ${name}: ${(error as Error).message}`);
  }
}

/**
 * A pipe that has a name. Node would read it in a thread of its pool, and wait for that at the end, though nobody writes (20.20). As a
 * socket Bun gets nothing of it (1.4.5), and Deno has none of that kind (2.9.6).
 */
function pipe(descriptor: number): Readable {
  const { bun, deno } = process.versions as Readonly<Record<string, string | undefined>>;
  return bun || deno
    ? createReadStream("", { fd: descriptor })
    : new Socket({ fd: descriptor, readable: true, writable: false });
}

function sizeOf(descriptor: number): number | null {
  try {
    const stat = fstatSync(descriptor);
    return stat.isFile() ? stat.size : null;
  } catch {
    return null;
  }
}

/** The names themselves. */
class NameJobs implements Jobs {
  readonly total: number;
  readonly #names: readonly string[];
  #index = 0;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.total = names.length;
  }

  // deno-lint-ignore require-await
  async next(): Promise<Job | null> {
    const name = this.#names[this.#index];
    if (name === undefined) return null;
    return { index: this.#index++, place: name, line: encoder.encode(name), size: 1, ok: true, args: name };
  }

  stop(): void {
    this.#index = this.#names.length;
  }
}

const encoder = new TextEncoder();

/** A job for each line that is not empty. */
class LineJobs implements Jobs {
  readonly total: number | null;
  readonly #parse: (text: string) => unknown;
  readonly #isBlank: (line: Uint8Array) => boolean;
  readonly #inputs: Input[];
  #chunks: Chunks | null = null;
  #splitter = new LineSplitter();
  /** Lines that have been read, and how many of them were taken. */
  #lines: Line[] = [];
  #taken = 0;
  /** The file of the lines. */
  #name = "";
  /** The number of the last line taken, from 1. */
  #number = 0;
  #index = 0;
  #stopped = false;

  constructor(format: "ndjson" | "lines", inputs: Input[]) {
    this.#inputs = inputs;
    this.#parse = format === "ndjson" ? parseJson : (text) => text;
    this.#isBlank = format === "ndjson" ? isWhite : (line) => line.length === 0;
    let total: number | null = 0;
    for (const { size } of inputs) total = total === null || size === null ? null : total + size;
    this.total = total;
  }

  async next(): Promise<Job | null> {
    while (!this.#stopped) {
      if (this.#taken === this.#lines.length) {
        if (!await this.#more()) return null;
        continue;
      }
      let line = this.#lines[this.#taken++] as Line;
      const size = (line?.length ?? 0) + 1;
      if (++this.#number === 1 && line) line = withoutMark(line);
      if (!line || !this.#isBlank(line)) return this.#job(line, size);
    }
    return null;
  }

  stop(): void {
    this.#stopped = true;
    this.#chunks?.stop();
  }

  /** Returns whether there may be lines now, or later. */
  async #more(): Promise<boolean> {
    const [input] = this.#inputs;
    if (!input) return false;
    if (this.#chunks === null) {
      this.#chunks = input.open();
      this.#splitter = new LineSplitter();
      this.#name = input.name;
      this.#number = 0;
    }
    this.#taken = 0;
    // What is taken is let go of before more is read.
    this.#lines = [];
    const chunk = await this.#read(input, this.#chunks);
    if (chunk) {
      this.#lines = this.#splitter.push(chunk);
      return true;
    }
    this.#lines = this.#splitter.end();
    this.#chunks = null;
    this.#inputs.shift();
    return !this.#stopped;
  }

  async #read(input: Input, chunks: Chunks): Promise<Uint8Array | null> {
    try {
      return await chunks.next();
    } catch (error) {
      throw new RunError(`can't read on in ${input.name}: ${(error as Error).message}`);
    }
  }

  #job(line: Line, size: number): Job {
    const read = { index: this.#index++, place: `${this.#name}:${this.#number}`, line, size };
    try {
      return { ...read, ok: true, args: this.#parse(textOf(line)) };
    } catch (error) {
      return { ...read, ok: false, error: error as Error };
    }
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function textOf(line: Line): string {
  if (line === null) throw new RangeError("the line is longer than 256 MB");
  try {
    return decoder.decode(line);
  } catch {
    throw new TypeError("the line is not UTF-8");
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`the line is not JSON: ${(error as Error).message}`);
  }
}

/** Space, tab and the returns of odd line ends, which JSON ignores. */
function isWhite(line: Uint8Array): boolean {
  return line.every((byte) => byte === 32 || byte === 9 || byte === 13);
}

/** The byte order mark that some editors begin a file with. */
function withoutMark(line: Uint8Array): Uint8Array {
  return line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? line.subarray(3) : line;
}
