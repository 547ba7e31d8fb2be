/**
 * Structured clone sends the whole ArrayBuffer behind a view. A small `Buffer` is a view of a pool that all of the program
 * shares, so that a few bytes would take along what others have read or written. Here such views are replaced by copies
 * that hold their own bytes only.
 *
 * @module
 */

/**
 * One object in so many is remembered, until one is met again: then every one is, and none of a cycle, or shared, is looked into
 * again. To remember one costs more than to look at it, and most values are trees.
 */
const REMEMBERED = 16;

/** How deep is looked: an object that makes new ones whenever it is read would never end. No transport gets as far. */
const DEEPEST = 100_000;

/** A longer array may be nearly empty, and is not gone through place by place. */
const LONGEST = 10_000_000;

/** Throws for an object that the transport must not get. Is not asked about plain data, views and containers. */
export type Refuse = (part: object) => void;

/**
 * The value to send in place of `value`: itself, unless a view of a part of some memory is in it. Then the containers are
 * copied, and such views; all else, shared parts and cycles included, is as it was. Shared memory is left alone, and memory
 * that is moved or sent as a whole anyway. What is not plain data (an Error, a platform object) is not looked into.
 *
 * Throws what a getter throws, as the transport would, and what `refuse` throws.
 */
export function withOwnBytes<T>(value: T, moved: readonly object[] = [], refuse?: Refuse): T {
  const found = partialViews(value, moved, refuse);
  return found === null ? value : copy(value, found) as T;
}

/** Views that do not cover their memory, where nothing else sends the rest of it; null for none. */
export function partialViews(value: unknown, moved: readonly object[], refuse?: Refuse): Set<object> | null {
  let views: Set<ArrayBufferView> | null = null;
  let whole: Set<unknown> | null = null;
  let seen: Set<object> | null = null;
  let every = REMEMBERED;
  let count = 0;
  const open: object[] = [];
  const depths: number[] = [];
  let depth = 0;
  const look = (part: unknown): void => {
    if (typeof part !== "object" || part === null || depth > DEEPEST) return;
    open.push(part);
    depths.push(depth + 1);
  };
  look(value);
  for (let part = open.pop(); part; part = open.pop()) {
    depth = depths.pop() as number;
    if (seen?.has(part)) {
      every = 1;
      continue;
    }
    if (++count % every === 0) (seen ??= new Set()).add(part);
    if (Array.isArray(part)) {
      for (const item of part.length > LONGEST ? Object.values(part) : part) look(item);
    } else if (isPlain(part)) {
      // What it inherits is nothing, or the same for all objects; and this is three times faster than to list the keys.
      for (const key in part) look((part as Record<string, unknown>)[key]);
    } else if (ArrayBuffer.isView(part)) {
      if (isPartial(part)) (views ??= new Set()).add(part);
      else (whole ??= new Set()).add(part.buffer);
    } else if (part instanceof Map) {
      for (const [key, item] of part) {
        look(key);
        look(item);
      }
    } else if (part instanceof Set) {
      for (const item of part) look(item);
    } else if (part instanceof ArrayBuffer) (whole ??= new Set()).add(part);
    else if (!(part instanceof Date)) {
      refuse?.(part);
      if (isData(part)) { for (const key of Object.keys(part)) look((part as Record<string, unknown>)[key]); }
    }
  }
  if (views === null) return null;
  for (const view of views) if (whole?.has(view.buffer) || moved.includes(view.buffer)) views.delete(view);
  return views.size > 0 ? views : null;
}

function isPartial({ buffer, byteLength }: ArrayBufferView): boolean {
  return byteLength < buffer.byteLength && buffer instanceof ArrayBuffer;
}

/** An object of which its own properties are all that is cloned. Platform objects keep what they are under symbols. */
function isData(value: object): boolean {
  return Object.prototype.toString.call(value) === "[object Object]" &&
    Object.getOwnPropertySymbols(value).length === 0;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Copies containers all the way down, each once. */
function copy(value: unknown, views: ReadonlySet<object>): unknown {
  const copies = new Map<object, unknown>();
  const unfilled: (() => void)[] = [];
  const of = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null) return part;
    const known = copies.get(part);
    if (known !== undefined) return known;
    const made = views.has(part) ? ownBytes(part as ArrayBufferView) : container(part);
    copies.set(part, made);
    return made;
  };
  // Filled later: a long chain would overflow the stack.
  const container = (part: object): object => {
    if (part instanceof Map) {
      const made = new Map();
      unfilled.push(() => part.forEach((item, key) => made.set(of(key), of(item))));
      return made;
    }
    if (part instanceof Set) {
      const made = new Set();
      unfilled.push(() => part.forEach((item) => made.add(of(item))));
      return made;
    }
    if (!Array.isArray(part) && !isPlain(part) && (ArrayBuffer.isView(part) || !isData(part))) return part;
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

/** The constructors of views, by the name that a view gives itself whatever its class. */
type Views = Readonly<Record<string, new (bytes: ArrayBuffer) => ArrayBufferView>>;

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

/** What a view says that it is, whatever its class. */
export function kindOf(view: ArrayBufferView): string {
  return Object.prototype.toString.call(view).slice(8, -1);
}

/** A view of that kind of all these bytes. */
export function viewOf(kind: string, bytes: ArrayBuffer): ArrayBufferView {
  const { Buffer } = globalThis as { Buffer?: BufferClass };
  if (kind === "Buffer" && Buffer) return Buffer.from(bytes);
  const View = (globalThis as unknown as Views)[kind] ?? Uint8Array;
  return new View(bytes);
}
