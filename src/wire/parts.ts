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

/**
 * How deep a value may be nested. V8 writes what it can't read: it takes more of the stack to read, from 1,567 levels on in a program
 * (Node 20.20, 22.23, 26.10, the least of objects, arrays, maps, sets and causes), and whoever gets that doesn't learn which job it is about.
 * Bun reads 30,000 levels; a value that one runtime refuses is refused by all.
 */
export const DEEPEST_SENT = 1_200;

/** How deep is looked: a getter that makes a new object whenever it is read would never end. No transport gets as far. */
const DEEPEST = 100_000;

/** How many objects are looked at: getters that make several at each read would keep the walk busy for ever before it is deep. */
const MOST = 30_000_000;

/**
 * Calls `visit` for each object in a value that is neither plain data nor a Map or a Set, at least once, in no order. Ends at a
 * proxy, if it notices one: every transport refuses those, and they may make others without end.
 *
 * @returns the errors that have a cause.
 * @throws what a getter or `visit` throws; a RangeError for a value that does not end, or is nested deeper than {@link DEEPEST_SENT}.
 */
export function eachPart(value: unknown, visit: (part: object) => void): object[] {
  let seen: Set<object> | null = null;
  let every = REMEMBERED;
  let count = 0;
  const clean = isClean();
  const errors: object[] = [];
  /** What is to be looked at, the last first; null ends the parts of an object. */
  const open: (object | null)[] = [];
  let depth = 0;
  let deepest = 0;
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
    if (sampled && types.isProxy(part)) return errors;
    if (count > MOST) throw new RangeError("too large");
    const before = open.push(null);
    if (!lookInto(part, look, clean) && !types.isDate(part)) {
      visit(part);
      if (types.isNativeError(part) && causeOf(part) !== null) errors.push(part);
    }
    const parts = open.length - before;
    if (sampled || parts > REMEMBERED) (seen ??= new Set()).add(part);
    if (parts > 0) deepest = Math.max(deepest, ++depth);
    else open.pop();
  }
  // Where parts are shared, the depth depends on who is met first.
  if ((deepest > DEEPEST_SENT || (every === 1 && count > DEEPEST_SENT)) && isDeep(value)) {
    throw new RangeError(`nested more than ${DEEPEST_SENT} levels deep`);
  }
  return errors;
}

/** Goes through a value in the order of structured clone, each object once, until it is too deep. */
function isDeep(value: unknown): boolean {
  const clean = isClean();
  const met = new Set<object>();
  /** For each level what is still to be looked at, the next last. */
  const levels: object[][] = [];
  const enter = (part: object): void => {
    met.add(part);
    const parts: object[] = [];
    lookInto(part, (inner) => typeof inner === "object" && inner !== null && parts.push(inner), clean);
    levels.push(parts.reverse());
  };
  enter([value]);
  while (levels.length > 0) {
    const part = levels.at(-1)?.pop();
    if (part === undefined) levels.pop();
    else if (!met.has(part)) enter(part);
    if (levels.length > DEEPEST_SENT) return true;
  }
  return false;
}

type Look = (part: unknown) => void;

/** Looks at the parts of an object; false for one that is neither plain data nor a Map or a Set. @param clean {@link isClean} */
function lookInto(part: object, look: Look, clean: boolean): boolean {
  if (Array.isArray(part)) lookIntoArray(part, look);
  else if (isPlain(part)) lookIntoPlain(part, look, clean);
  else if (types.isMap(part)) Map.prototype.forEach.call(part, (item, key) => (look(key), look(item)));
  else if (types.isSet(part)) Set.prototype.forEach.call(part, look);
  else {
    if (types.isNativeError(part)) look(causeOf(part));
    else if (!types.isDate(part) && !isOpaque(part)) lookIntoObject(part, look);
    return false;
  }
  return true;
}

/** The cause of an error, if that is an object and no getter's. */
function causeOf(error: object): object | null {
  const cause: unknown = Object.getOwnPropertyDescriptor(error, "cause")?.value;
  return typeof cause === "object" ? cause : null;
}

/** Whether objects inherit nothing that can be listed: then listing what they have is faster. */
function isClean(): boolean {
  for (const _ in Object.prototype) return false;
  return true;
}

function lookIntoPlain(part: object, look: Look, clean: boolean): void {
  if (!clean) return lookIntoObject(part, look);
  for (const key in part) look((part as Record<string, unknown>)[key]);
}

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
