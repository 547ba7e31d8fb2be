/**
 * Structured clone sends the whole ArrayBuffer behind a view. A small `Buffer` is a view of a pool that all of the program
 * shares, so that a few bytes would take along what others have read or written. Here such views are replaced by copies
 * that hold their own bytes only.
 *
 * @module
 */

import types from "node:util/types";
import { eachPart, isPlain } from "./parts.ts";
import { refuseUnreadable } from "./unsendable.ts";

/**
 * The value to send in place of `value`: itself, unless a view of a part of some memory is in it. Then the containers are
 * copied, and such views; all else, shared parts and cycles included, is as it was. Shared memory is left alone, and memory
 * that is moved or sent as a whole anyway. What is not plain data (an Error, a platform object) is not copied.
 *
 * Throws what a getter throws, as the transport would, and what `refuse` throws for an object that the transport must not get.
 */
export function withOwnBytes<T>(value: T, moved: readonly object[] = [], refuse?: (part: object) => void): T {
  const found = partialViews(value, moved, refuse);
  return found === null ? value : copy(value, found, ownBytes) as T;
}

/**
 * The value to send in place of `value` by a serializer that believes the names that views give themselves: itself, unless one has
 * another than its own.
 *
 * Throws what {@link withOwnBytes} throws.
 */
export function withOwnNames<T>(value: T, refuse: (part: object) => void): T {
  let found: Set<object> | null = null;
  const errors = eachPart(value, (part) => {
    if (!ArrayBuffer.isView(part)) refuse(part);
    else if (underOwnName(part) !== part) (found ??= new Set()).add(part);
  });
  refuseUnreadable(errors);
  return found === null ? value : copy(value, found, underOwnName) as T;
}

/**
 * Throws for memory that was moved away before. Node 20 posts it as if it were there, and whoever gets the message can't read it.
 *
 * @param moved What is to be moved.
 */
export function refuseMoved(moved: readonly object[]): void {
  for (const item of moved) {
    // Throws on a detached buffer; `ArrayBuffer.prototype.detached` is younger.
    if (item instanceof ArrayBuffer) new Uint8Array(item);
  }
}

/** Views that do not cover their memory, where nothing else sends the rest of it; null for none. */
function partialViews(
  value: unknown,
  moved: readonly object[],
  refuse: ((part: object) => void) | undefined,
): Set<object> | null {
  let views: Set<ArrayBufferView> | null = null;
  let whole: Set<unknown> | null = null;
  const errors = eachPart(value, (part) => {
    if (ArrayBuffer.isView(part)) {
      if (isPartial(part)) (views ??= new Set()).add(part);
      else (whole ??= new Set()).add(part.buffer);
    } else if (types.isArrayBuffer(part)) (whole ??= new Set()).add(part);
    else refuse?.(part);
  });
  refuseUnreadable(errors);
  const found = views as Set<ArrayBufferView> | null;
  const sent = whole as Set<unknown> | null;
  if (found === null) return null;
  for (const view of found) if (sent?.has(view.buffer) || moved.includes(view.buffer)) found.delete(view);
  return found.size > 0 ? found : null;
}

function isPartial({ buffer, byteLength }: ArrayBufferView): boolean {
  return byteLength < buffer.byteLength && buffer instanceof ArrayBuffer;
}

/** An object of which its own properties are all that is cloned. Platform objects keep what they are under symbols. */
function isData(value: object): boolean {
  if (isPlain(value)) return true;
  return Object.prototype.toString.call(value) === "[object Object]" &&
    Object.getOwnPropertySymbols(value).length === 0;
}

/** Copies containers all the way down, each once, with `replaced` in the place of these views. */
function copy(
  value: unknown,
  views: ReadonlySet<object>,
  replaced: (view: ArrayBufferView) => ArrayBufferView,
): unknown {
  const copies = new Map<object, unknown>();
  const unfilled: (() => void)[] = [];
  const of = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null) return part;
    const known = copies.get(part);
    if (known !== undefined) return known;
    const made = views.has(part) ? replaced(part as ArrayBufferView) : container(part);
    copies.set(part, made);
    return made;
  };
  // Filled later: a long chain would overflow the stack.
  const container = (part: object): object => {
    // The transport refuses a proxy; its copy would be none.
    if (types.isProxy(part)) return part;
    if (types.isMap(part)) {
      const made = new Map();
      unfilled.push(() => Map.prototype.forEach.call(part, (item, key) => made.set(of(key), of(item))));
      return made;
    }
    if (types.isSet(part)) {
      const made = new Set();
      unfilled.push(() => Set.prototype.forEach.call(part, (item) => made.add(of(item))));
      return made;
    }
    if (!Array.isArray(part) && (ArrayBuffer.isView(part) || !isData(part))) return part;
    const made: object = Array.isArray(part) ? [] : {};
    if (Array.isArray(part)) (made as unknown[]).length = part.length;
    unfilled.push(() => {
      for (const key of Object.keys(part)) set(made, key, of((part as Record<string, unknown>)[key]));
    });
    return made;
  };
  const made = of(value);
  for (let fill = unfilled.pop(); fill; fill = unfilled.pop()) fill();
  return made;
}

/** An own property, also where the name is `__proto__`. */
function set(target: object, key: string, value: unknown): void {
  if (key !== "__proto__") (target as Record<string, unknown>)[key] = value;
  else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

/** The constructors of views, by their names. */
type Views = Readonly<Record<string, new (bytes: ArrayBuffer, at?: number, length?: number) => ArrayBufferView>>;

interface BufferClass {
  isBuffer(value: unknown): boolean;
  from(bytes: ArrayBuffer): ArrayBufferView;
}

/** The same bytes in memory of their own. */
export function ownBytes(view: ArrayBufferView): ArrayBufferView {
  const { buffer, byteOffset, byteLength } = view;
  const bytes = (buffer as ArrayBuffer).slice(byteOffset, byteOffset + byteLength);
  // Some transports tell a Buffer from other bytes.
  const { Buffer } = globalThis as { Buffer?: BufferClass };
  return viewOf(Buffer?.isBuffer(view) ? "Buffer" : kindOf(view), bytes);
}

// Taken hold of before a worker's module can replace it: what tells one kind of typed arrays from another.
const { get: nameOf } = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
) as { readonly get: (this: ArrayBufferView) => string | undefined };

/** What a view is, whatever its class says that it is. */
export function kindOf(view: ArrayBufferView): string {
  return nameOf.call(view) ?? "DataView";
}

/** The view itself, or one of the same memory without a class of its own, if that gives itself another name. */
export function underOwnName(view: ArrayBufferView): ArrayBufferView {
  const kind = kindOf(view);
  if (Object.prototype.toString.call(view) === `[object ${kind}]`) return view;
  const { buffer, byteOffset, byteLength } = view;
  const View = (globalThis as unknown as Views)[kind];
  if (View === undefined) return view;
  const each = (View as { readonly BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  return new View(buffer as ArrayBuffer, byteOffset, byteLength / each);
}

/** A view of that kind of all these bytes. */
export function viewOf(kind: string, bytes: ArrayBuffer): ArrayBufferView {
  const { Buffer } = globalThis as { Buffer?: BufferClass };
  if (kind === "Buffer" && Buffer) return Buffer.from(bytes);
  const View = (globalThis as unknown as Views)[kind] ?? Uint8Array;
  return new View(bytes);
}
