/**
 * Frames on a pipe of our own, between a program on Node and its worker processes.
 *
 * Node's IPC channel can't be used: bytes on it that are no message (a native library that prints to the wrong descriptor,
 * a child that inherited it) are an uncatchable error in the host, or swallow all that follows (20.20, 26.10,
 * https://github.com/nodejs/node/issues/61312). Here they cost the one worker.
 *
 * ```text
 * key, 8 bytes | length of the payload, u32 | format, u32: 0 structured clone, 1 JSON, 2 answers | payload
 * ```
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { DefaultDeserializer, DefaultSerializer } from "node:v8";
import { frameType, type HostFrame, type WorkerFrame } from "../core/frame.ts";
import type { Format } from "./cloneable.ts";
import { isJson } from "./plain.ts";

/** The length of a frame's head, in bytes. A multiple of 8, so that the payload is aligned. */
const HEAD = 16;

/** The length of a key. */
const KEY_LENGTH = 8;

/** The key of frames that a worker writes before it was told its own. */
export const NO_KEY: string = "\0".repeat(KEY_LENGTH);

/** The longest payload of a frame without a key: those tell of an error while the module was loaded. */
const LONGEST_WITHOUT_KEY = 1 << 20;

// Taken hold of before a worker's module can replace them.
const { parse, stringify } = JSON;

/** Answers that are JSON already go as they are. */
const FORMATS: readonly (Format | "kept")[] = ["advanced", "json", "kept"];

type KeptFrame = Extract<WorkerFrame, { type: "kept" }>;

/** Bytes that are no frame. */
export class BrokenPipeFrame extends Error {
  override name = "BrokenPipeFrame";
}

/**
 * One frame as bytes. Small plain values are written as JSON in either format, where that loses nothing: it is quicker.
 *
 * Throws what structured clone, or JSON, throws for a value that it can't carry.
 */
export function writeFrame(frame: unknown, key: string, asked: Format): Uint8Array {
  const format = formatOf(frame, asked);
  const bytes = format === "kept"
    ? textBytes((frame as KeptFrame).text)
    : format === "json"
    ? textBytes(stringify(frame))
    : clonedBytes(frame);
  bytes.write(key, 0, KEY_LENGTH, "latin1");
  bytes.writeUInt32LE(bytes.length - HEAD, KEY_LENGTH);
  bytes.writeUInt32LE(FORMATS.indexOf(format), KEY_LENGTH + 4);
  return bytes;
}

function formatOf(frame: unknown, asked: Format): Format | "kept" {
  if (frameType(frame) === "kept" && !Object.hasOwn(frame as object, "memory")) return "kept";
  return asked === "json" || carriesJson(frame) ? "json" : "advanced";
}

function carriesJson(frame: unknown): boolean {
  switch (frameType(frame)) {
    case "jobs":
      return (frame as Extract<HostFrame, { type: "jobs" }>).jobs.every((entry) => isJson(entry[1]));
    case "answers":
      return (frame as Extract<WorkerFrame, { type: "answers" }>).answers.every((answer) => isJson(answer[2]));
    default:
      return false;
  }
}

function clonedBytes(frame: unknown): Buffer {
  const serializer = new DefaultSerializer();
  // The head is written in place afterwards: one buffer, one write, no copy.
  serializer.writeRawBytes(EMPTY_HEAD);
  serializer.writeHeader();
  serializer.writeValue(frame);
  return serializer.releaseBuffer();
}

const EMPTY_HEAD = Buffer.alloc(HEAD);

function textBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD + Buffer.byteLength(text));
  bytes.write(text, HEAD);
  return bytes;
}

/** Takes frames out of a stream of bytes. */
export class FrameReader {
  readonly #key: string | null;
  #chunks: Uint8Array[] = [];
  #size = 0;
  /** How many bytes the frame that is being read has, its head included; 0 before its head is there. */
  #needed = 0;

  /** @param key What every frame begins with, but for {@link NO_KEY}; null to take any. */
  constructor(key: string | null) {
    this.#key = key;
  }

  /**
   * Gives the frames that are complete with this chunk.
   *
   * @throws {BrokenPipeFrame} for bytes that are no frame; what follows them can't be read any more.
   */
  *read(chunk: Uint8Array): Generator<unknown> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= HEAD) {
      this.#needed ||= HEAD + this.#lengthOfNext();
      if (this.#size < this.#needed) return;
      // Text is read out of the chunk: only a cloned value's arrays need memory of their own.
      const bytes = this.#isText() ? this.#view(this.#needed) : this.#take(this.#needed);
      this.#needed = 0;
      yield payload(bytes);
    }
  }

  #lengthOfNext(): number {
    const head = this.#peek(HEAD);
    const key = head.toString("latin1", 0, KEY_LENGTH);
    const length = head.readUInt32LE(KEY_LENGTH);
    const known = this.#key === null || key === this.#key || (key === NO_KEY && length <= LONGEST_WITHOUT_KEY);
    if (!known) throw new BrokenPipeFrame("something other than the worker wrote to its line");
    return length;
  }

  /** The next bytes, not taken yet. */
  #peek(size: number): Buffer {
    const [first] = this.#chunks as [Uint8Array];
    if (first.length < size) this.#chunks = [Buffer.concat(this.#chunks, this.#size)];
    const { buffer, byteOffset } = this.#chunks[0] as Uint8Array;
    return Buffer.from(buffer, byteOffset, size);
  }

  #isText(): boolean {
    return this.#peek(HEAD).readUInt32LE(KEY_LENGTH + 4) !== 0;
  }

  /** The next bytes, where they are. */
  #view(size: number): Buffer {
    const [first] = this.#chunks as [Uint8Array];
    if (first.length < size) return this.#take(size);
    const { buffer, byteOffset, length } = first;
    if (length === size) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(size);
    this.#size -= size;
    return Buffer.from(buffer, byteOffset, size);
  }

  /** The next bytes, as memory of their own: arrays in a value share it, and are not to keep or to show others' bytes. */
  #take(size: number): Buffer {
    const taken = Buffer.allocUnsafeSlow(size);
    let at = 0;
    while (at < size) {
      const chunk = this.#chunks[0] as Uint8Array;
      const part = chunk.subarray(0, size - at);
      taken.set(part, at);
      at += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#size -= size;
    return taken;
  }
}

function payload(bytes: Buffer): unknown {
  const format = FORMATS[bytes.readUInt32LE(KEY_LENGTH + 4)];
  const body = bytes.subarray(HEAD);
  try {
    if (format === "json") return parse(body.toString());
    if (format === "kept") return { type: "kept", key: bytes.toString("latin1", 0, KEY_LENGTH), text: body.toString() };
    if (format === undefined) throw new BrokenPipeFrame("a frame has a format that there is not");
    const deserializer = new DefaultDeserializer(body);
    deserializer.readHeader();
    return deserializer.readValue();
  } catch (cause) {
    throw new BrokenPipeFrame("a frame of the worker can't be read", { cause });
  }
}
