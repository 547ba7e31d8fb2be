/**
 * Frames on a pipe of our own, between a program on Node and its worker processes.
 *
 * Node's IPC channel can't be used: bytes on it that are no message (a native library that prints to the wrong descriptor,
 * a child that inherited it) are an uncatchable error in the host, or swallow all that follows (20.20, 26.10,
 * https://github.com/nodejs/node/issues/61312). Here they cost the one worker.
 *
 * ```text
 * key, 8 bytes | length of the payload, u32 | format, u32 | payload
 *
 * payload of format 0, structured clone:   length of the value, u32 | 0, u32 | value | the arrays beside it (`clone.ts`)
 *            format 1, JSON:               text
 *            format 2, answers:            the text of an `answers:text` frame
 *            format 3, jobs:               the text of a `jobs:text` frame
 * ```
 *
 * With 256 added to the format the payload lies on a shelf (`shelf.ts`), and what follows the head is where: f64.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { frameType, type HostFrame, type WorkerFrame } from "../core/frame.ts";
import { cloneReader, cloneWriter } from "./clone.ts";
import type { Format } from "./cloneable.ts";
import { isJson } from "./plain.ts";
import { LEAST_SHELVED, type Shelf, type ShelfReader } from "./shelf.ts";
import { refuseAnyForProcess } from "./unsendable.ts";

/** The length of a frame's head, in bytes. */
const HEAD = 16;

/** The length of what comes before a structured clone. A multiple of 8, so that the value is aligned. */
const CLONE_HEAD = 8;

/** The length of a key. */
const KEY_LENGTH = 8;

/** Where the format is. */
const FORMAT_AT = KEY_LENGTH + 4;

/** What is added to it, and the length of what is in the pipe then. */
const SHELVED = 256;
const SHELF_MARK = 8;

/** The key of frames that a worker writes before it was told its own. */
export const NO_KEY: string = "\0".repeat(KEY_LENGTH);

/** The longest payload of a frame without a key: those tell of an error while the module was loaded. */
const LONGEST_WITHOUT_KEY = 1 << 20;

// Taken hold of before a worker's module can replace them.
const { parse, stringify } = JSON;

/** By number. The most frequent frames go without what all of them have: it takes time to be read. */
const FORMATS = ["advanced", "json", "answers", "jobs"] as const;
type PipeFormat = typeof FORMATS[number];

type AnswersText = Extract<WorkerFrame, { type: "answers:text" }>;
type JobsText = Extract<HostFrame, { type: "jobs:text" }>;

/** Bytes that are no frame. */
export class BrokenPipeFrame extends Error {
  override name = "BrokenPipeFrame";
}

/**
 * One frame as bytes, in parts that are to be sent one after the other: all but the first are the caller's own memory, not
 * copied.
 *
 * Throws what structured clone, or JSON, throws for a value that it can't carry.
 */
export function writeFrame(frame: unknown, key: string, asked: Format): readonly [Buffer, ...Uint8Array[]] {
  const text = textOf(frame, asked);
  if (text === null) return writeClone(frame, key);
  const bytes = textBytes(text.text);
  writeHead(bytes, key, bytes.length - HEAD, text.format);
  return [bytes];
}

function writeHead(bytes: Buffer, key: string, length: number, format: PipeFormat): void {
  bytes.write(key, 0, KEY_LENGTH, "latin1");
  bytes.writeUInt32LE(length, KEY_LENGTH);
  bytes.writeUInt32LE(FORMATS.indexOf(format), FORMAT_AT);
}

/** The parts of a frame, as they are to be sent: with its payload on the shelf, if it is long and there is room. */
export function shelve(
  parts: readonly [Buffer, ...Uint8Array[]],
  shelf: Shelf | null,
): readonly [Buffer, ...Uint8Array[]] {
  if (shelf === null || parts[0].readUInt32LE(KEY_LENGTH) < LEAST_SHELVED) return parts;
  const [first, ...beside] = parts;
  const at = shelf.put([first.subarray(HEAD), ...beside]);
  if (at === null) return parts;
  const bytes = Buffer.allocUnsafe(HEAD + SHELF_MARK);
  first.copy(bytes, 0, 0, HEAD);
  bytes.writeUInt32LE(first.readUInt32LE(FORMAT_AT) + SHELVED, FORMAT_AT);
  bytes.writeDoubleLE(at, HEAD);
  return [bytes];
}

/** The frame as text, or null for one that is to be cloned. */
function textOf(frame: unknown, asked: Format): { format: PipeFormat; text: string } | null {
  switch (frameType(frame)) {
    case "jobs:text":
      return { format: "jobs", text: (frame as JobsText).text };
    case "answers:text": {
      const { type, key, text, memory } = frame as AnswersText;
      if (memory === undefined) return { format: "answers", text };
      // In parts: a `toJSON` that the module has given to all objects is not to have a say.
      return { format: "json", text: `{"type":"${type}","key":"${key}","text":${stringify(text)},"memory":${memory}}` };
    }
    case "jobs":
    case "answers":
      // Not plain: that would have been a text.
      return asked === "json" ? { format: "json", text: stringify(frame) } : null;
    default:
      return asked === "json" || isJson(frame) ? { format: "json", text: stringify(bare(frame)) } : null;
  }
}

/** A frame without the prototype, whose `toJSON` would have a say. */
export function bare(frame: unknown): unknown {
  return frameType(frame) === null ? frame : Object.assign(Object.create(null), frame);
}

function writeClone(frame: unknown, key: string): readonly [Buffer, ...Uint8Array[]] {
  refuseAnyForProcess(frame);
  const parts: Uint8Array[] = [];
  const writer = cloneWriter(parts);
  // The heads are written in place afterwards: one buffer, one write, no copy.
  writer.writeRawBytes(EMPTY_HEADS);
  writer.writeHeader();
  writer.writeValue(frame);
  const bytes = writer.releaseBuffer();
  const valueLength = bytes.length - HEAD - CLONE_HEAD;
  const beside = parts.reduce((sum, { length }) => sum + length, 0);
  writeHead(bytes, key, CLONE_HEAD + valueLength + beside, "advanced");
  bytes.writeUInt32LE(valueLength, HEAD);
  return [bytes, ...parts];
}

const EMPTY_HEADS = Buffer.alloc(HEAD + CLONE_HEAD);

function textBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD + Buffer.byteLength(text));
  bytes.write(text, HEAD);
  return bytes;
}

/** What a frame begins with. */
interface Head {
  readonly key: string;
  readonly length: number;
  readonly format: PipeFormat | undefined;
  readonly isShelved: boolean;
}

/** Where a payload is read from. */
interface Bytes {
  /** The next bytes, where they are if they are in one piece. */
  take(size: number): Buffer;
  /** The next bytes, as memory of their own. */
  copy(size: number): ArrayBuffer;
}

/** Takes frames out of a stream of bytes. */
export class FrameReader {
  readonly #key: string | null;
  readonly #chunks = new Chunks();
  #shelf: ShelfReader | null = null;
  /** That of the frame that is being read, once it is there. */
  #head: Head | null = null;

  /** @param key What every frame begins with, but for {@link NO_KEY}; null to take any. */
  constructor(key: string | null) {
    this.#key = key;
  }

  /** From now on frames may lie on this. */
  begin(shelf: ShelfReader | null): void {
    this.#shelf = shelf;
  }

  /** Copies what is left of the last chunk: its memory is about to be used again. */
  keepCopy(): void {
    this.#chunks.keepCopy();
  }

  /**
   * Gives the frames that are complete with this chunk. If `take` throws, those behind come with the next chunk.
   *
   * @throws {BrokenPipeFrame} for bytes that are no frame; what follows them can't be read any more.
   */
  read(chunk: Uint8Array, take: (frame: unknown) => void): void {
    this.#chunks.push(chunk);
    for (;;) {
      if (this.#head === null) {
        if (this.#chunks.size < HEAD) return;
        this.#head = this.#readHead();
      }
      if (this.#chunks.size < (this.#head.isShelved ? SHELF_MARK : this.#head.length)) return;
      const head = this.#head;
      this.#head = null;
      take(this.#read(head));
    }
  }

  #readHead(): Head {
    const bytes = this.#chunks.take(HEAD);
    const key = bytes.toString("latin1", 0, KEY_LENGTH);
    const length = bytes.readUInt32LE(KEY_LENGTH);
    const known = this.#key === null || key === this.#key || (key === NO_KEY && length <= LONGEST_WITHOUT_KEY);
    if (!known) throw new BrokenPipeFrame("something other than the worker wrote to its line");
    const format = bytes.readUInt32LE(FORMAT_AT);
    const isShelved = this.#shelf !== null && format >= SHELVED;
    return { key, length, format: FORMATS[isShelved ? format - SHELVED : format], isShelved };
  }

  #read(head: Head): unknown {
    try {
      if (!head.isShelved) return payload(head, this.#chunks);
      const at = this.#chunks.take(SHELF_MARK).readDoubleLE();
      return this.#shelf?.take(at, head.length, (parts) => payload(head, parts));
    } catch (cause) {
      throw new BrokenPipeFrame("a frame can't be read", { cause });
    }
  }
}

function payload({ key, length, format }: Head, bytes: Bytes): unknown {
  switch (format) {
    case "json":
      return parse(bytes.take(length).toString());
    case "answers":
      return { type: "answers:text", key, text: bytes.take(length).toString() };
    case "jobs":
      return { type: "jobs:text", text: bytes.take(length).toString() };
    case "advanced":
      return readClone(length, bytes);
    default:
      throw new BrokenPipeFrame("a frame has a format that there is not");
  }
}

function readClone(length: number, bytes: Bytes): unknown {
  let left = length - CLONE_HEAD;
  const claim = (size: number): number => {
    if (size > left) throw new RangeError(`${size} bytes of a frame that has ${left} left`);
    left -= size;
    return size;
  };
  const valueLength = bytes.take(CLONE_HEAD).readUInt32LE(0);
  const reader = cloneReader(bytes.take(claim(valueLength)), (size) => bytes.copy(claim(size)));
  reader.readHeader();
  const value = reader.readValue();
  if (left > 0) throw new RangeError(`a frame has ${left} bytes too many`);
  return value;
}

/** The bytes that have come and were not taken. */
class Chunks implements Bytes {
  #chunks: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  keepCopy(): void {
    const last = this.#chunks.pop();
    if (last) this.#chunks.push(new Uint8Array(last));
  }

  take(size: number): Buffer {
    const [first] = this.#chunks as [Uint8Array];
    if (first.length < size) return Buffer.from(this.copy(size));
    const { buffer, byteOffset, length } = first;
    if (length === size) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(size);
    this.#size -= size;
    return Buffer.from(buffer, byteOffset, size);
  }

  copy(size: number): ArrayBuffer {
    const copy = Buffer.allocUnsafeSlow(size);
    let at = 0;
    while (at < size) {
      const chunk = this.#chunks[0] as Uint8Array;
      const part = chunk.subarray(0, size - at);
      copy.set(part, at);
      at += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#size -= size;
    return copy.buffer;
  }
}
