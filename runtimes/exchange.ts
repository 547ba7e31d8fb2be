/**
 * What host and worker share, so that it is known exactly which jobs have begun, and no answer is lost, whatever the worker
 * is doing, and after its death.
 *
 * **Tickets.** A job begins only with a ticket. The host grants one for each job before it sends it; the worker takes them in
 * the order of the jobs; the host may take back those that are left, at any moment and without the worker's help. Who takes a ticket has it alone, so a job that was taken back never begins, and after
 * the death of a worker the tickets that are left stand for its last jobs, which never began. Jobs that are sent without one, as a
 * last resort, can't be taken back; the worker counts those that it begins, so that it is known afterwards which it has not.
 *
 * **Mail.** Answers that wait for others to leave with them. See `src/wire/mail.ts`.
 *
 * Between threads both are shared memory. Processes share none, but a file that a child inherits shares its position with
 * the parent, and reading moves it, atomically: the file's length is what was granted, its position what was taken, and
 * reading a byte takes a ticket. It has no content (it is sparse). The count and the mail are another file. Neither has a name (they are removed
 * at once), so that nothing is left behind.
 *
 * **Shelves.** Behind the mail, for long frames, where that is memory and there is plenty of it. See `src/wire/shelf.ts`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { files, os, ownProcess } from "../src/built-in.ts";
import type { Exchange } from "../src/core/adapter.ts";
import type { Init } from "../src/core/frame.ts";
import { MAIL_AT, MAIL_SIZE, MailReader } from "../src/wire/mail.ts";
import { placeIn, Shelf, ShelfReader, shelfSizeFor } from "../src/wire/shelf.ts";
import { readText } from "./control-groups.ts";
import { memoryLimit } from "./memory-limit.ts";
import { randomName } from "./random-name.ts";

/** Shared memory: two numbers, then the mail. */
export class MemoryExchange implements Exchange {
  readonly init: { readonly memory: SharedArrayBuffer };
  /** Tickets that are left, and jobs begun without one. */
  readonly #counts: Int32Array;
  readonly #mail: Buffer;
  readonly #reader = new MailReader();

  constructor() {
    const memory = new SharedArrayBuffer(4 + MAIL_AT + MAIL_SIZE);
    this.init = { memory };
    this.#counts = new Int32Array(memory, 0, 2);
    this.#mail = Buffer.from(memory, 4 + MAIL_AT) as Buffer;
  }

  grant(count: number): void {
    Atomics.add(this.#counts, 0, count);
  }

  recall(most: number = Infinity): number {
    for (;;) {
      const left = Atomics.load(this.#counts, 0);
      const taken = Math.min(left, most);
      if (Atomics.compareExchange(this.#counts, 0, left, left - taken) === left) return taken;
    }
  }

  begunWithout(): number {
    return Atomics.load(this.#counts, 1);
  }

  kept(): string[] {
    return this.#reader.read(Buffer.from(this.#mail));
  }

  close(): void {}
}

/** The descriptors that a worker process inherits the files as, after its standard three and the line. */
const INHERITED = { tickets: 5, mail: 6 };

/** A folder in memory. */
const IN_MEMORY = "/dev/shm";

/** What `statfs(2)` says of a file system in memory. */
const TMPFS = 0x01021994;

/** Folders for files without a name: in memory where there is one. Asked for when it is needed: Deno may refuse it. */
const FOLDERS: readonly (() => string)[] = [() => IN_MEMORY, () => os().tmpdir()];

/** No child but the worker is to have them. Bun does not see to that by itself (1.4.5). */
const closeOnExec = (): number => ownProcess().platform === "linux" ? 0o2_000_000 : 0;

/** How many tickets are made in stock. */
const STOCK = 256;

const CHUNK = Buffer.alloc(512);
const COUNT = Buffer.alloc(MAIL_AT);
const MAIL = Buffer.alloc(MAIL_SIZE);

/** Two files. */
export class FileExchange implements Exchange {
  readonly init: Init["exchange"];
  /** What the child is to inherit. */
  readonly descriptors: readonly [tickets: number, mail: number];
  /** For long frames, to the child and from it; null if there are none. */
  readonly shelves: readonly [to: Shelf, from: ShelfReader] | null;
  readonly #fs = files();
  readonly #reader = new MailReader();
  /** How many tickets there ever were, and how many of them are for jobs that have not been sent yet. */
  #made = 0;
  #spare = 0;
  #open = true;

  /**
   * @param folder Where the files are made; throws if that can't be done.
   * @param size That of each shelf; 0 for none.
   */
  constructor(folder: string, size: number) {
    this.init = { ...INHERITED, shelves: size };
    const place = placeIn.bind(null, this.#fs, () => this.#mail(), MAIL_AT + MAIL_SIZE, size);
    this.shelves = size === 0 ? null : [new Shelf(place("worker"), size), new ShelfReader(place("host"), size)];
    const tickets = openNameless(folder);
    try {
      this.descriptors = [tickets, openNameless(folder)];
    } catch (error) {
      this.#fs.closeSync(tickets);
      throw error;
    }
    try {
      // A worker that can't count is of no use: the space for it is taken while there is another way.
      this.#fs.writeSync(this.descriptors[1], COUNT.fill(0), 0, MAIL_AT, 0);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** A worker takes no more than it has jobs, so that some can be made in stock: that takes a system call. */
  grant(count: number): void {
    if (this.#spare < count) {
      this.#fs.ftruncateSync(this.descriptors[0], this.#made + count + STOCK);
      this.#made += count + STOCK;
      this.#spare += count + STOCK;
    }
    this.#spare -= count;
  }

  recall(most: number = Infinity): number {
    // Those that are for no job are taken along: with one of them a job would begin that was taken back.
    const wanted = this.#spare + most;
    let taken = 0;
    while (this.#open && taken < wanted) {
      const asked = Math.min(CHUNK.length, wanted - taken);
      const read = this.#fs.readSync(this.descriptors[0], CHUNK, 0, asked, null);
      taken += read;
      if (read < asked) break;
    }
    const recalled = Math.max(0, taken - this.#spare);
    this.#spare = 0;
    return recalled;
  }

  begunWithout(): number {
    this.#fs.readSync(this.#mail(), COUNT.fill(0), 0, MAIL_AT, 0);
    return COUNT.readUInt32LE(0);
  }

  kept(): string[] {
    if (!this.#open) return [];
    return this.#reader.read(MAIL.subarray(0, this.#fs.readSync(this.descriptors[1], MAIL, 0, MAIL_SIZE, MAIL_AT)));
  }

  #mail(): number {
    if (!this.#open) throw new RangeError("the worker has ended");
    return this.descriptors[1];
  }

  close(): void {
    if (this.#open) { for (const descriptor of this.descriptors) this.#fs.closeSync(descriptor); }
    this.#open = false;
  }
}

function openNameless(folder: string): number {
  const path = `${folder}/compute-cluster-${ownProcess().pid}-${randomName()}`;
  const { constants: { O_RDWR, O_CREAT, O_EXCL }, openSync, unlinkSync } = files();
  const descriptor = openSync(path, O_RDWR | O_CREAT | O_EXCL | closeOnExec(), 0o600);
  unlinkSync(path);
  return descriptor;
}

/**
 * Files to share with a process, or null where none can be had: no folder to write to, no permission, no descriptor. Then
 * nothing is sent ahead.
 *
 * @param mayWrite Whether the program may write there without being asked.
 * @param wantsShelves Whether its line makes use of shelves.
 */
export function openExchange(
  wantsShelves: boolean,
  mayWrite: (folder: string) => boolean = () => true,
): FileExchange | null {
  // Not tried on Windows, where descriptors above 2 are inherited in another way.
  if (ownProcess().platform === "win32") return null;
  for (const folder of FOLDERS) {
    try {
      const path = folder();
      if (mayWrite(path)) return new FileExchange(path, wantsShelves ? shelfSize(path) : 0);
    } catch {
      // The next folder, or none.
    }
  }
  return null;
}

/** That of the container's memory, once it is known: files in memory count as its programs' own. */
let limit: number | null = null;

/** A container may have 64 MB for all that is in it, or a disk in its place. */
function shelfSize(folder: string): number {
  if (folder !== IN_MEMORY) return 0;
  try {
    const { type, bavail, bsize } = files().statfsSync(folder);
    limit ??= memoryLimit(readText);
    return type === TMPFS ? shelfSizeFor(Math.min(bavail * bsize, limit)) : 0;
  } catch {
    return 0;
  }
}
