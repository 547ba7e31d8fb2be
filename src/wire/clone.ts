/**
 * A structured clone as bytes, with large typed arrays beside it: they are neither copied into it nor out of it, and what
 * arrives has memory of its own, as between threads. (The serializer's own views share the memory of all that they came with.)
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { DefaultDeserializer, DefaultSerializer } from "node:v8";
import { kindOf, ownBytes, viewOf } from "./views.ts";

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

/** What these classes call for objects that aren't JavaScript's own, views among them; not in the types. */
interface HostObjects {
  _writeHostObject(object: object): void;
  _readHostObject(): object;
}

/** Writes values, each once. */
export class CloneWriter extends DefaultSerializer {
  /** The arrays beside the value, in order: the memory of the value itself, not a copy. */
  readonly beside: Uint8Array[] = [];

  /** Called by the base class. */
  _writeHostObject(object: object): void {
    const number = isLarge(object) ? numberOf(object) : INSIDE;
    this.writeUint32(number);
    if (number === INSIDE) return insideWriter._writeHostObject.call(this, object);
    const { buffer, byteOffset, byteLength } = object as ArrayBufferView;
    this.writeUint32(byteLength);
    this.beside.push(new Uint8Array(buffer, byteOffset, byteLength));
  }
}

/** Reads what {@link CloneWriter} has written. */
export class CloneReader extends DefaultDeserializer {
  readonly #next: (size: number) => ArrayBuffer;

  /** @param next Gives the next so many bytes of what came beside the value; throws if there are fewer. */
  constructor(body: Buffer, next: (size: number) => ArrayBuffer) {
    super(body);
    this.#next = next;
  }

  /** Called by the base class. */
  _readHostObject(): object {
    const number = this.readUint32();
    if (number === INSIDE) return ownBytes(insideReader._readHostObject.call(this) as ArrayBufferView);
    const kind = KINDS[number - 1];
    if (kind === undefined) throw new RangeError(`there is no kind ${number} of arrays`);
    return viewOf(kind, this.#next(this.readUint32()));
  }
}

const insideWriter = DefaultSerializer.prototype as unknown as HostObjects;
const insideReader = DefaultDeserializer.prototype as unknown as HostObjects;

/** Shared memory is copied at once: who shares it may change it. */
function isLarge(object: object): object is ArrayBufferView {
  return ArrayBuffer.isView(object) && object.byteLength >= LARGE && object.buffer instanceof ArrayBuffer;
}

/** {@link INSIDE} for one that is younger than the list: the base class knows it, or refuses it. */
function numberOf(view: ArrayBufferView): number {
  return KINDS.indexOf(Buffer.isBuffer(view) ? "Buffer" : kindOf(view)) + 1;
}
