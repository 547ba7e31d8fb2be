import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAIL_SIZE, mailLength, MailReader, writeMail } from "../../src/wire/mail.ts";

/** Writes one round to the start of memory. */
function write(memory: Buffer, texts: readonly string[], round: number): void {
  let at = 0;
  for (const text of texts) at += writeMail(memory.subarray(at), text, round);
}

const read = (memory: Buffer): string[] => new MailReader().read(memory);

const texts = fc.array(fc.string({ unit: "grapheme", maxLength: 50 }), { maxLength: 20 });

describe("mail", () => {
  it("is read as it was written, the newest round only (property)", () => {
    fc.assert(fc.property(texts, fc.array(texts), fc.integer({ min: 1, max: 1e9 }), (newest, older, round) => {
      fc.pre(newest.length > 0);
      const memory = Buffer.alloc(MAIL_SIZE);
      older.forEach((each, at) => write(memory, each, round + at));
      write(memory, newest, round + older.length);
      expect(read(memory)).toEqual(newest);
    }));
  });

  it("is read once, what comes later too (property)", () => {
    fc.assert(fc.property(fc.array(texts, { maxLength: 5 }), (rounds) => {
      const memory = Buffer.alloc(MAIL_SIZE);
      const reader = new MailReader();
      rounds.forEach((round, at) => {
        const found: string[] = [];
        for (let count = 1; count <= round.length; count++) {
          write(memory, round.slice(0, count), at + 1);
          if (count % 3 === 0) found.push(...reader.read(memory));
        }
        if (round.length > 0) expect([...found, ...reader.read(memory)]).toEqual(round);
      });
    }));
  });

  it("is nothing where nothing was written", () => {
    expect([read(Buffer.alloc(MAIL_SIZE)), read(Buffer.alloc(0))]).toEqual([[], []]);
  });

  it("has no text that was not written, when it is read in the middle of being written (property)", () => {
    fc.assert(fc.property(texts, texts, fc.nat(), (before, after, cut) => {
      const memory = Buffer.alloc(MAIL_SIZE);
      write(memory, before, 7);
      const next = Buffer.from(memory);
      write(next, after, 8);
      // The first bytes of the new round, the rest of the old one.
      next.copy(memory, 0, 0, cut % 600);
      const known = new Set([...before, ...after]);
      for (const text of read(memory)) expect(known).toContain(text);
    }));
  });

  it("survives any bytes (property)", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      read(Buffer.from(bytes));
    }));
  });

  it("needs no more room than was said (property)", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      expect(writeMail(Buffer.alloc(1_000), text, 1)).toBeLessThanOrEqual(mailLength(text));
    }));
  });
});
