/**
 * Keeps the end of what a worker writes to stderr, for the error that tells of its loss. The text still reaches the
 * program's own stderr as it comes.
 *
 * @module
 */

/** How much is kept, in bytes. */
const KEPT = 4096;

/** The last bytes of a stream. */
export class StderrTail {
  #chunks: Uint8Array[] = [];
  #size = 0;
  #isWhole = true;

  /** Takes what was written. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#size += chunk.byteLength;
    while (this.#size - (this.#chunks[0]?.byteLength ?? 0) >= KEPT) {
      this.#size -= this.#chunks.shift()?.byteLength ?? 0;
      this.#isWhole = false;
    }
  }

  /** The end of it, as text. */
  toString(): string {
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    let from = Math.max(0, bytes.byteLength - KEPT);
    // Not from the middle of a character.
    const most = from === 0 && this.#isWhole ? 0 : from + 3;
    while (from < most && isContinued(bytes[from])) from++;
    return new TextDecoder().decode(bytes.subarray(from));
  }
}

/** Whether a byte of UTF-8 is not the first of its character. */
function isContinued(byte = 0): boolean {
  return (byte & 0xc0) === 0x80;
}
