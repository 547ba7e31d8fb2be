/**
 * Lines of a stream of bytes. Split before they are decoded, so that no character is ever cut in two.
 *
 * @module
 */

/** A line without its end, or null for one that was longer than the longest and has been dropped. */
export type Line = Uint8Array | null;

/** The longest line in bytes: what surely fits into a string. */
const LONGEST = 256 * 1024 * 1024;

const LF = 10;
const CR = 13;

/** Takes bytes as they come, gives whole lines. The last line needs no end. */
export class LineSplitter {
  readonly #longest: number;
  /** The beginning of a line whose end has not come. */
  #parts: Uint8Array[] = [];
  #size = 0;

  constructor(longest: number = LONGEST) {
    this.#longest = longest;
  }

  /** The lines that end in these bytes. They share memory with them. */
  push(bytes: Uint8Array): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, from)) {
      this.#keep(bytes.subarray(from, end));
      lines.push(this.#take());
      from = end + 1;
    }
    if (from < bytes.length) this.#keep(bytes.subarray(from));
    return lines;
  }

  /** The last line, if the bytes did not end with the end of one. */
  end(): Line[] {
    return this.#size > 0 ? [this.#take()] : [];
  }

  #keep(part: Uint8Array): void {
    this.#size += part.length;
    if (this.#size <= this.#longest) this.#parts.push(part);
    else this.#parts = [];
  }

  #take(): Line {
    const line = this.#size > this.#longest ? null : withoutReturn(joined(this.#parts, this.#size));
    this.#parts = [];
    this.#size = 0;
    return line;
  }
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === CR ? line.subarray(0, -1) : line;
}
