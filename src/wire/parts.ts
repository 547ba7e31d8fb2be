/**
 * Goes through a value as structured clone would: own properties, items, and the cause of an error.
 *
 * @module
 */

import types from "node:util/types";

/**
 * One object in so many is remembered, and each that holds more than so many parts, until one is met again: then every one is. What
 * is shared, or in a cycle, is so looked into a few times at most. To remember an object costs more than to look into a small
 * one, and most values are trees. A prime, so that no pattern escapes.
 */
const REMEMBERED = 17;

/** An array with more empty places is gone through by its keys. */
const EMPTY = 1_000;

/** How deep is looked: a getter that makes a new object whenever it is read would never end. No transport gets as far. */
const DEEPEST = 100_000;

/** How many objects are looked at: getters that make several at each read would keep the walk busy for ever before it is deep. */
const MOST = 30_000_000;

/**
 * Calls `visit` for each object in a value that is neither plain data nor a Map or a Set, at least once, in no order. Ends at a
 * proxy, if it notices one: every transport refuses those, and they may make others without end.
 *
 * @returns the errors that have a cause.
 * @throws what a getter or `visit` throws; a RangeError for a value that does not end.
 */
export function eachPart(value: unknown, visit: (part: object) => void): object[] {
  let seen: Set<object> | null = null;
  let every = REMEMBERED;
  let count = 0;
  // Then this is faster than to list the keys.
  let clean = true;
  for (const _ in Object.prototype) clean = false;
  const errors: object[] = [];
  /** What is to be looked at, the last first; null ends the parts of an object. */
  const open: (object | null)[] = [];
  let depth = 0;
  const look = (part: unknown): void => {
    if (typeof part === "object" && part !== null) open.push(part);
  };
  look(value);
  while (open.length > 0) {
    const part = open.pop() as object | null;
    if (part === null) {
      depth--;
      continue;
    }
    if (depth > DEEPEST) continue;
    if (seen?.has(part)) {
      every = 1;
      continue;
    }
    const sampled = ++count % every === 0;
    if (sampled && types.isProxy(part)) break;
    if (count > MOST) throw new RangeError("too large");
    const before = open.push(null);
    if (Array.isArray(part)) lookIntoArray(part, look);
    else if (clean && isPlain(part)) { for (const key in part) look((part as Record<string, unknown>)[key]); }
    else if (types.isMap(part)) Map.prototype.forEach.call(part, (item, key) => (look(key), look(item)));
    else if (types.isSet(part)) Set.prototype.forEach.call(part, look);
    else if (!types.isDate(part)) {
      if (!isPlain(part)) visit(part);
      if (types.isNativeError(part)) {
        const cause: unknown = Object.getOwnPropertyDescriptor(part, "cause")?.value;
        if (typeof cause === "object" && cause !== null) errors.push(part);
        look(cause);
      } else if (!isOpaque(part)) lookIntoObject(part, look);
    }
    const parts = open.length - before;
    if (sampled || parts > REMEMBERED) (seen ??= new Set()).add(part);
    if (parts > 0) depth++;
    else open.pop();
  }
  return errors;
}

type Look = (part: unknown) => void;

function lookIntoArray(array: readonly unknown[], look: Look): void {
  let empty = 0;
  for (let at = 0; at < array.length; at++) {
    const item = array[at];
    look(item);
    if (item === undefined && !Object.hasOwn(array, at) && ++empty > EMPTY) return lookIntoObject(array, look);
  }
}

function lookIntoObject(object: object, look: Look): void {
  for (const key of Object.keys(object)) look((object as Record<string, unknown>)[key]);
}

/** Whether structured clone carries it without its properties. */
function isOpaque(part: object): boolean {
  return ArrayBuffer.isView(part) || types.isAnyArrayBuffer(part) || types.isRegExp(part) ||
    types.isBoxedPrimitive(part);
}

/** An object that is nothing but its properties. */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
