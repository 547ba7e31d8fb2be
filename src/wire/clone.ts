/**
 * A structured clone as bytes, with large typed arrays beside it: they are neither copied into it nor out of it, and what
 * arrives has memory of its own, as between threads. (The serializer's own views share the memory of all that they came with.)
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { DefaultDeserializer, DefaultSerializer } from "node:v8";
import { v8 } from "../built-in.ts";
import { kindOf, ownBytes, underOwnName, viewOf } from "./views.ts";

/** From this many bytes on an array travels beside the value. */
const LARGE = 16_384;

/** What stands for an array that is in the value. One that is beside it is told by the number of its kind. */
const INSIDE = 0;

/** Kinds of views, numbered from 1; the numbers are on the wire. */
const KINDS = [
  "Buffer",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int8Array",
  "Uint16Array",
  "Int16Array",
  "Uint32Array",
  "Int32Array",
  "Float32Array",
  "Float64Array",
  "BigUint64Array",
  "BigInt64Array",
  "DataView",
  "Float16Array",
];

/** What the base classes call for objects that aren't JavaScript's own, views among them; not in the types. */
interface HostObjects {
  _writeHostObject(object: object): void;
  _readHostObject(): object;
}

/**
 * A writer of values, each once. `beside` gets the arrays beside the value, in order: the memory of the value itself, not a
 * copy.
 */
export function cloneWriter(beside: Uint8Array[]): DefaultSerializer {
  const { DefaultSerializer } = v8();
  const writer = new DefaultSerializer();
  const inside = (writer as unknown as HostObjects)._writeHostObject;
  // Not a class of our own: that would have to be made, and the base class be loaded, before there is anything to write.
  return Object.assign(writer, {
    _writeHostObject(object: object): void {
      const number = isLarge(object) ? numberOf(object) : INSIDE;
      writer.writeUint32(number);
      // The base class goes by the name that an object gives itself.
      if (number === INSIDE) return inside.call(writer, ArrayBuffer.isView(object) ? underOwnName(object) : object);
      const { buffer, byteOffset, byteLength } = object as ArrayBufferView;
      writer.writeUint32(byteLength);
      beside.push(new Uint8Array(buffer, byteOffset, byteLength));
    },
  });
}

/**
 * Reads what a {@link cloneWriter} has written.
 *
 * @param next Gives the next so many bytes of what came beside the value; throws if there are fewer.
 */
export function cloneReader(body: Buffer, next: (size: number) => ArrayBuffer): DefaultDeserializer {
  const { DefaultDeserializer } = v8();
  const reader = new DefaultDeserializer(body);
  const inside = (reader as unknown as HostObjects)._readHostObject;
  return Object.assign(reader, {
    _readHostObject(): object {
      const number = reader.readUint32();
      if (number === INSIDE) return ownBytes(inside.call(reader) as ArrayBufferView);
      const kind = KINDS[number - 1];
      if (kind === undefined) throw new RangeError(`there is no kind ${number} of arrays`);
      return viewOf(kind, next(reader.readUint32()));
    },
  });
}

/** Shared memory is copied at once: who shares it may change it. */
function isLarge(object: object): object is ArrayBufferView {
  return ArrayBuffer.isView(object) && object.byteLength >= LARGE && object.buffer instanceof ArrayBuffer;
}

/** {@link INSIDE} for one that is younger than the list: the base class knows it, or refuses it. */
function numberOf(view: ArrayBufferView): number {
  return KINDS.indexOf(Buffer.isBuffer(view) ? "Buffer" : kindOf(view)) + 1;
}
