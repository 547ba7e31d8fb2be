/**
 * Finds what keeps a value from being cloned, so that the error can say where it stands. Runs only after a transport has
 * refused a value: the happy path pays nothing.
 *
 * @module
 */

import types from "node:util/types";
import { ClusterError } from "../core/errors.ts";
import { threadOnly } from "./unsendable.ts";

/** The part of a value that can't be cloned. */
export interface Offender {
  /** Where it stands, such as `args.list[3].onDone`. */
  readonly path: string;
  /** What it is, such as `a function`. */
  readonly what: string;
  /** Whether no transport carries it; otherwise some do. */
  readonly certain: boolean;
}

/** How a transport writes values: by structured clone, or as JSON. */
export type Format = "advanced" | "json";

/** Kinds of objects that structured clone refuses, by the name they give themselves. */
const REFUSED = new Set(["Promise", "WeakMap", "WeakSet", "WeakRef", "Generator", "AsyncGenerator", "Module"]);

/** Kinds of objects that structured clone carries without looking at their properties. */
const OPAQUE = new Set([
  "Date",
  "RegExp",
  "Boolean",
  "Number",
  "String",
  "BigInt",
  "ArrayBuffer",
  "SharedArrayBuffer",
  "DataView",
]);

/** How many objects are looked at: one that makes new ones whenever it is read would never end. */
const MOST = 300_000;

/**
 * The first part of `value` that no transport can carry; if there is none, the first that some can't; null if there is
 * neither.
 *
 * @param root What the value is called at the start of the path.
 */
export function findUncloneable(value: unknown, root: string, format: Format = "advanced"): Offender | null {
  const refused = format === "json" ? refusedByJson : refusedByClone;
  let suspect: Offender | null = null;
  const seen = new Set<object>();
  const open: [path: string, value: unknown][] = [[root, value]];
  for (let next = open.pop(); next && seen.size < MOST; next = open.pop()) {
    const [path, part] = next;
    const what = refused(part);
    if (what !== null) return { path, what, certain: true };
    if (typeof part !== "object" || part === null || seen.has(part)) continue;
    seen.add(part);
    if (format === "advanced") suspect ??= suspicion(part, path);
    const inner = readable(part, path);
    if (!Array.isArray(inner)) return inner;
    // One by one: arguments are on the stack, which a long array would overflow.
    for (const part of inner.reverse()) open.push(part);
  }
  return suspect;
}

/** What some transports carry and others refuse: to blame if nothing else is. */
function suspicion(value: object, path: string): Offender | null {
  const what = threadOnly(value);
  if (what !== null) return { path, what, certain: false };
  const memory = ArrayBuffer.isView(value) ? value.buffer : value;
  if (kindOf(memory) === "ArrayBuffer" && isDetached(memory as ArrayBuffer)) {
    return { path, what: "an ArrayBuffer that was moved away", certain: false };
  }
  return null;
}

/** `ArrayBuffer.prototype.detached` is younger than Node 20. */
function isDetached(buffer: ArrayBuffer): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** What a transport refused with `cause`. */
export interface Refused {
  /** What the value is, such as `the arguments`. */
  readonly what: string;
  readonly value: unknown;
  /** What it is called at the start of a path. */
  readonly root: string;
  readonly format: Format;
  readonly cause: unknown;
}

/** The error for it; `details` are fields of the error. */
export function notCloneable(refused: Refused, details: Readonly<Record<string, unknown>> = {}): ClusterError {
  const { what, value, root, format, cause } = refused;
  const offender = findOrNull(value, root, format);
  const path = offender?.path ?? root;
  const why = offender ? `${path} is ${offender.what}` : `${path}: ${messageOf(cause)}`;
  return new ClusterError("CC_ERR_NOT_CLONEABLE", `${what} can't be sent: ${why}`, { path, cause, ...details });
}

/** A value may do anything when it is looked at. The explanation is not to fail where the job has. */
function findOrNull(value: unknown, root: string, format: Format): Offender | null {
  try {
    return findUncloneable(value, root, format);
  } catch {
    return null;
  }
}

/** A runtime may show the whole object in its message, in so many characters at least. */
const LONG = 500;

function messageOf(cause: unknown): string {
  try {
    const text = cause instanceof Error ? String(cause.message) : String(cause);
    return text.length > LONG ? `${text.slice(0, LONG)}…` : text;
  } catch {
    return "it throws when it is read";
  }
}

/** JSON leaves out functions and symbols, and writes nothing of a Map: only BigInts are too much for it. */
function refusedByJson(value: unknown): string | null {
  return typeof value === "bigint" || (typeof value === "object" && value !== null && kindOf(value) === "BigInt")
    ? "a BigInt"
    : null;
}

/** What a value is that structured clone refuses whatever is in it, such as `a function`; null for others. */
export function refusedByClone(value: unknown): string | null {
  if (typeof value === "function") return functionName(value);
  if (typeof value === "symbol") return `a symbol (${String(value)})`;
  if (typeof value !== "object" || value === null) return null;
  if (types.isProxy(value)) return "a Proxy";
  const kind = kindOf(value);
  return REFUSED.has(kind) ? `a ${kind}` : null;
}

/** A proxy may refuse to be looked at, and a class may call itself anything. */
function functionName(value: { readonly name: unknown }): string {
  try {
    return typeof value.name === "string" && value.name !== "" ? `the function ${value.name}` : "a function";
  } catch {
    return "a function";
  }
}

function kindOf(value: object): string {
  try {
    return Object.prototype.toString.call(value).slice(8, -1);
  } catch {
    return "Object";
  }
}

/** A proxy may refuse to be looked at in any way. */
function readable(value: object, path: string): [string, unknown][] | Offender {
  try {
    return partsOf(value, path);
  } catch (error) {
    return { path, what: `an object that can't be read (${show(error)})`, certain: true };
  }
}

/** What structured clone would look at next, or the property whose getter throws. */
function partsOf(value: object, path: string): [string, unknown][] | Offender {
  if (OPAQUE.has(kindOf(value)) || ArrayBuffer.isView(value)) return [];
  if (value instanceof Map) {
    return [...value].flatMap(([key, item], i) => [[`${path}.keys[${i}]`, key], [`${path}.get(${show(key)})`, item]]);
  }
  if (value instanceof Set) return [...value].map((item, i) => [`${path}.values[${i}]`, item]);
  if (value instanceof Error) return "cause" in value ? [[`${path}.cause`, value.cause]] : [];
  const parts: [string, unknown][] = [];
  for (const key of Object.keys(value)) {
    const inner = Array.isArray(value) ? `${path}[${key}]` : `${path}${property(key)}`;
    try {
      parts.push([inner, (value as Record<string, unknown>)[key]]);
    } catch (error) {
      return { path: inner, what: `a getter that throws (${show(error)})`, certain: true };
    }
  }
  return parts;
}

function property(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object" && value !== null) return kindOf(value);
  return String(value);
}
