/**
 * The worker's side of what it shares with its host, so that it is known which jobs have begun. See `runtimes/exchange.ts`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { files } from "../built-in.ts";
import type { Init } from "../core/frame.ts";
import { made } from "../wire/system-error.ts";
import { LONGEST_MAIL, MAIL_AT, MAIL_SIZE, mailLength, writeMail } from "../wire/mail.ts";

// Taken hold of before the module can replace them.
const { readSync, writeSync } = files();

/** Tickets to take, and a place for the answers that are kept back. */
export interface WorkerExchange {
  /**
   * Takes one ticket; false when none is left, and then the jobs that wait here for one were taken back. Throws if the module
   * has closed what they come from.
   */
  takeTicket(): boolean;
  /** Counts a job that begins without one. Throws as {@link takeTicket} does. */
  count(): void;
  /** Keeps a text for the host; false if there is no room for it. */
  keep(text: string): boolean;
  /** What was kept has been sent. */
  sent(): void;
}

/** Where this worker takes its tickets and keeps its answers. */
export function exchangeOf({ exchange }: Init): WorkerExchange {
  if (exchange === null) return { takeTicket: () => true, count() {}, keep: () => false, sent() {} };
  return "tickets" in exchange ? new FileExchange(exchange) : new MemoryExchange(exchange.memory);
}

/** Where the next entry goes. */
class Rounds {
  /** 0 is what unwritten memory has. */
  round = 1;
  at = 0;

  hasRoomFor(text: string): boolean {
    return text.length <= LONGEST_MAIL && this.at + mailLength(text) <= MAIL_SIZE;
  }

  next(): void {
    if (this.at === 0) return;
    this.round = (this.round % 0xffffffff) + 1;
    this.at = 0;
  }
}

class FileExchange implements WorkerExchange {
  readonly #tickets: number;
  readonly #mail: number;
  readonly #rounds = new Rounds();
  readonly #byte = new Uint8Array(1);
  readonly #count = Buffer.alloc(MAIL_AT);
  readonly #entry = Buffer.alloc(mailLength("x".repeat(LONGEST_MAIL)));

  constructor({ tickets, mail }: { readonly tickets: number; readonly mail: number }) {
    this.#tickets = tickets;
    this.#mail = mail;
  }

  takeTicket(): boolean {
    this.#byte[0] = 1;
    made(() => readSync(this.#tickets, this.#byte, 0, 1, null));
    // The file has no content but zeros.
    return this.#byte[0] === 0;
  }

  count(): void {
    this.#count.writeUInt32LE(this.#count.readUInt32LE(0) + 1, 0);
    made(() => writeSync(this.#mail, this.#count, 0, MAIL_AT, 0));
  }

  keep(text: string): boolean {
    if (!this.#rounds.hasRoomFor(text)) return false;
    const length = writeMail(this.#entry, text, this.#rounds.round);
    let written = length;
    try {
      made(() => written = writeSync(this.#mail, this.#entry, 0, length, MAIL_AT + this.#rounds.at));
    } catch {
      // No space on the device, or the module has closed the descriptor.
      return false;
    }
    if (written < length) return false;
    this.#rounds.at += length;
    return true;
  }

  sent(): void {
    this.#rounds.next();
  }
}

class MemoryExchange implements WorkerExchange {
  /** Tickets that are left, and jobs begun without one. */
  readonly #counts: Int32Array;
  readonly #mail: Buffer;
  readonly #rounds = new Rounds();

  constructor(memory: SharedArrayBuffer) {
    this.#counts = new Int32Array(memory, 0, 2);
    this.#mail = Buffer.from(memory, 4 + MAIL_AT) as Buffer;
  }

  takeTicket(): boolean {
    for (;;) {
      const left = Atomics.load(this.#counts, 0);
      if (left <= 0) return false;
      if (Atomics.compareExchange(this.#counts, 0, left, left - 1) === left) return true;
    }
  }

  count(): void {
    Atomics.add(this.#counts, 1, 1);
  }

  keep(text: string): boolean {
    if (!this.#rounds.hasRoomFor(text)) return false;
    this.#rounds.at += writeMail(this.#mail.subarray(this.#rounds.at), text, this.#rounds.round);
    return true;
  }

  sent(): void {
    this.#rounds.next();
  }
}
