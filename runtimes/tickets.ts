/**
 * Tickets: which of the jobs that were sent ahead have begun is known exactly, whatever the worker is doing, and after its
 * death.
 *
 * A job that is sent while its worker has others begins only with a ticket. The host grants one for each such job before it
 * sends it; the worker takes them in the order of the jobs; the host may take back all that are left, at any moment and
 * without the worker's help. Who takes a ticket has it alone, so a job that was taken back never begins, and after the death
 * of a worker the tickets that are left stand for its last jobs, which never began.
 *
 * Between threads that is a number in shared memory. Processes share no memory, but a file that a child inherits shares its
 * position with the parent, and reading moves it, atomically: the file's length is what was granted, its position what was
 * taken, and reading a byte takes a ticket. It has no content (it is sparse) and no name (it is removed at once), so that
 * nothing is left behind.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { closeSync, constants, ftruncateSync, openSync, readSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import type { Tickets } from "../src/core/adapter.ts";

/** Tickets in shared memory. */
export class SharedTickets implements Tickets {
  readonly memory: SharedArrayBuffer = new SharedArrayBuffer(4);
  readonly #left = new Int32Array(this.memory);

  grant(count: number): void {
    Atomics.add(this.#left, 0, count);
  }

  recall(): number {
    return Atomics.exchange(this.#left, 0, 0);
  }

  close(): number {
    return this.recall();
  }
}

/** Folders for a file without a name: in memory where there is one. */
const FOLDERS = ["/dev/shm", tmpdir()];

/** The host's part of `O_RDWR | O_CREAT | O_EXCL`, and that no child but the worker gets it: Bun does not see to that (1.4.5). */
const CLOSE_ON_EXEC = 0o2_000_000;

const CHUNK = Buffer.alloc(256);

let lastFile = 0;

/** The descriptor that a worker process inherits the file as, after its standard three and the channel. */
export const TICKETS = 4;

/** Tickets in a file. */
export class FileTickets implements Tickets {
  readonly descriptor: number;
  #granted = 0;
  #open = true;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  grant(count: number): void {
    this.#granted += count;
    ftruncateSync(this.descriptor, this.#granted);
  }

  recall(): number {
    if (!this.#open) return 0;
    let taken = 0;
    for (;;) {
      const read = readSync(this.descriptor, CHUNK, 0, CHUNK.length, null);
      taken += read;
      if (read < CHUNK.length) return taken;
    }
  }

  close(): number {
    const left = this.recall();
    if (this.#open) closeSync(this.descriptor);
    this.#open = false;
    return left;
  }
}

/**
 * A file for tickets, or null where none can be had: no folder to write to, no permission, no descriptor. Then nothing is
 * sent ahead.
 *
 * @param mayWrite Whether the program may write there without being asked.
 */
export function openTickets(mayWrite: (folder: string) => boolean = () => true): FileTickets | null {
  // Not tried on Windows, where descriptors above 2 are inherited in another way.
  if (process.platform === "win32") return null;
  for (const folder of FOLDERS) {
    if (!mayWrite(folder)) continue;
    try {
      const path = `${folder}/compute-cluster-${process.pid}-${++lastFile}-${randomUUID()}`;
      const { O_RDWR, O_CREAT, O_EXCL } = constants;
      const descriptor = openSync(
        path,
        O_RDWR | O_CREAT | O_EXCL | (process.platform === "linux" ? CLOSE_ON_EXEC : 0),
        0o600,
      );
      unlinkSync(path);
      return new FileTickets(descriptor);
    } catch {
      // The next folder, or none.
    }
  }
  return null;
}
