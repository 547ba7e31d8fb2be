/**
 * Answers that a worker keeps back for others to join them are also written where its host can read them at any time: into
 * memory that both have. So neither a long job nor the worker's death keeps them.
 *
 * ```text
 * round, u32 | length of the text in bytes, u32 | checksum of the text, u32 | text, UTF-8 | the next …
 * ```
 *
 * Each time that answers leave in a frame the worker begins a new round, at the start of the memory. What is left of an
 * older round, and what is read while it is written, is told by the round and by the checksum.
 *
 * @module
 */

import type { Buffer } from "node:buffer";

/** Where the mail begins, in bytes: before it is the count of `runtimes/exchange.ts`. */
export const MAIL_AT = 4;

/** How long it gets, in bytes. */
export const MAIL_SIZE = 65_532;

/** The longest text that is taken. */
export const LONGEST_MAIL = 4_096;

const HEAD = 12;

/** Writes one entry to the start of `bytes`. Returns its length. */
export function writeMail(bytes: Buffer, text: string, round: number): number {
  const length = bytes.write(text, HEAD);
  bytes.writeUInt32LE(round, 0);
  bytes.writeUInt32LE(length, 4);
  bytes.writeUInt32LE(checksum(text), 8);
  return HEAD + length;
}

/** The most bytes that a text of this length can take. */
export function mailLength(text: string): number {
  return HEAD + 3 * text.length;
}

/** Reads what is new, each text once. */
export class MailReader {
  #round = 0;
  #at = 0;

  /** The texts of the newest round that were not read yet. */
  read(memory: Buffer): string[] {
    const texts: string[] = [];
    const round = memory.length < HEAD ? 0 : memory.readUInt32LE(0);
    if (round !== this.#round) this.#at = 0;
    this.#round = round;
    if (round === 0) return texts;
    while (this.#at + HEAD <= memory.length) {
      const end = this.#at + HEAD + memory.readUInt32LE(this.#at + 4);
      if (memory.readUInt32LE(this.#at) !== round || end > memory.length) break;
      const text = memory.toString("utf8", this.#at + HEAD, end);
      if (checksum(text) !== memory.readUInt32LE(this.#at + 8)) break;
      texts.push(text);
      this.#at = end;
    }
    return texts;
  }
}

/** FNV-1a of the text's UTF-16 units (http://www.isthe.com/chongo/tech/comp/fnv/). */
function checksum(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
