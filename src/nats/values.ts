/**
 * Values as bytes that every runtime reads alike: what one runtime's structured clone writes, another's does not read. JSON where that
 * loses nothing; otherwise the text of `devalue`, with the bytes of buffers behind it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import types from "node:util/types";
import { parse, type ParseOptions, stringify, type StringifyOptions } from "devalue";
import { refusedByClone } from "../wire/cloneable.ts";
import { decodeThrown, encodeThrown } from "../wire/error-codec.ts";
import { isJson } from "../wire/plain.ts";
import { kindOf, viewOf } from "../wire/views.ts";

/** How a value was written; on the wire. */
export type Encoding = "undefined" | "json" | "rich";

/** A value as it travels. */
export interface Written {
  readonly encoding: Encoding;
  readonly bytes: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** Bytes before the text of a rich value: how long that is. */
const HEAD = 4;

/**
 * Writes a value that structured clone would carry; a buffer that occurs twice is two, as between processes, and an array's properties
 * beside its items are left out.
 *
 * Throws for any other value, and what a getter throws.
 */
export function write(value: unknown): Written {
  if (value === undefined) return { encoding: "undefined", bytes: NOTHING };
  if (isJson(value)) return { encoding: "json", bytes: Buffer.from(JSON.stringify(value)) };
  const beside: Uint8Array[] = [];
  const text = Buffer.from(stringify(value, reducers(beside), { operations: WRITING }));
  const head = Buffer.alloc(HEAD);
  head.writeUInt32LE(text.length);
  return { encoding: "rich", bytes: Buffer.concat([head, text, ...beside]) };
}

/** Reads what {@link write} has written. Throws for anything else. */
export function read({ encoding, bytes }: Written): unknown {
  if (encoding === "undefined") return undefined;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (encoding === "json") return JSON.parse(buffer.toString());
  const textEnd = HEAD + buffer.readUInt32LE();
  const beside = bytes.subarray(textEnd);
  const taken = (at: number, size: number): ArrayBuffer => {
    const part = beside.subarray(at, at + size);
    if (part.byteLength !== size) throw new RangeError("bytes are missing");
    // Memory of its own: a small part is not to keep all that came with it.
    return new Uint8Array(part).buffer;
  };
  return parse(buffer.toString("utf8", HEAD, textEnd), {
    Bytes: ([at, size]: [number, number]) => taken(at, size),
    View: ([kind, at, size]: [string, number, number]) => viewOf(kind, taken(at, size)),
    Error: decodeThrown,
  }, { operations: READING });
}

/** What devalue has no way of its own for, and bytes, which it would write as text. They go to `beside`. */
function reducers(beside: Uint8Array[]): Record<string, (value: unknown) => unknown> {
  let end = 0;
  const place = (bytes: Uint8Array): [at: number, size: number] => {
    const at = end;
    beside.push(bytes);
    end += bytes.byteLength;
    return [at, bytes.byteLength];
  };
  return {
    Bytes: (value) => types.isArrayBuffer(value) && place(new Uint8Array(value)),
    View: (value) => {
      if (!ArrayBuffer.isView(value) || types.isSharedArrayBuffer(value.buffer)) return null;
      const { buffer, byteOffset, byteLength } = value;
      const kind = Buffer.isBuffer(value) ? "Buffer" : kindOf(value);
      return [kind, ...place(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength))];
    },
    Error: (value) => isError(value) && encodeThrown(value, { values: "safe" }),
  };
}

function isError(value: unknown): boolean {
  return types.isNativeError(value) || value instanceof DOMException;
}

/** Objects are looked at as structured clone looks at them: what is of no kind of its own is its properties. */
const WRITING: NonNullable<StringifyOptions["operations"]> = {
  shapeOf: (value: object) =>
    refusedByClone(value) === null && !types.isSharedArrayBuffer(value)
      ? { kind: "plain", keys: Object.keys(value).map(escaped) }
      : { kind: "not-plain" },
  get: (value: Record<string | number, unknown>, name: string | number) => value[unescaped(name)],
};

const READING: NonNullable<ParseOptions["operations"]> = {
  set(target: object, name: string | number, value: unknown) {
    const key = unescaped(name);
    if (key === PROTO) {
      Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
    } else (target as Record<string | number, unknown>)[key] = value;
  },
};

/** The name of a property that devalue refuses, since assigning it would change the prototype; it travels with a mark in front. */
const PROTO = "__proto__";
const MARK = "~";

/** What ends alike and begins with marks gets one more, so that no two names become one. */
function escaped(name: string): string {
  return name.endsWith(PROTO) && /^~*__proto__$/.test(name) ? MARK + name : name;
}

/** Items of arrays have numbers. */
function unescaped(name: string | number): string | number {
  if (typeof name === "number" || !name.endsWith(PROTO)) return name;
  return /^~+__proto__$/.test(name) ? name.slice(MARK.length) : name;
}
