/**
 * Carries what was thrown from a worker to the caller: class, message, stack, cause chain, own properties, the errors of
 * an `AggregateError`, DOMExceptions, and values that are no errors. Structured clone alone loses most of it, and loses
 * other parts on each runtime.
 *
 * An encoded error is a plain tree that every transport carries. Errors that stand in it more than once (a cycle among
 * causes, say) are written once and referred to by their number.
 *
 * @module
 */

import { ClusterError } from "../core/errors.ts";
import { findUncloneable, type Format, type Offender } from "./cloneable.ts";
import { copyPlain, NOT_PLAIN } from "./plain.ts";

/** What was thrown, as it travels. */
export type Encoded =
  | { readonly is: "value"; readonly value: unknown }
  /** Several of them: the `errors` of an `AggregateError`, or another array with errors in it. */
  | { readonly is: "list"; readonly number: number; readonly items: readonly Encoded[] }
  | { readonly is: "error"; readonly error: EncodedError }
  /** The error that was written under this number. */
  | { readonly is: "again"; readonly number: number };

/** An error, as it travels. */
export interface EncodedError {
  readonly number: number;
  /** The class to make it of: the nearest built-in one, or our own. */
  readonly type: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string | null;
  /** Own properties beside those above. */
  readonly properties: readonly (readonly [key: string, value: Encoded, enumerable: boolean])[];
}

/** What the bootstrap is called in stack traces: by its own name, and on Bun by the way it was loaded. */
const BOOTSTRAP_FRAME = /^\s+at .*(?:compute-cluster-worker\.js|data:text\/javascript[,;]|\[eval\]:\d)/;

/** Causes and properties nested deeper than this are written as text. */
const MAX_DEPTH = 64;

/** Own properties of an error that are written in their own place. */
const IN_PLACE = new Set(["name", "message", "stack"]);

/** Own properties that matter though they are not enumerable. Others that aren't are the engine's own notes. */
const HIDDEN = new Set(["cause", "errors", "code"]);

const MAKE: Readonly<Record<string, (message: string, name: string) => Error>> = {
  Error: (message) => new Error(message),
  TypeError: (message) => new TypeError(message),
  RangeError: (message) => new RangeError(message),
  SyntaxError: (message) => new SyntaxError(message),
  ReferenceError: (message) => new ReferenceError(message),
  URIError: (message) => new URIError(message),
  EvalError: (message) => new EvalError(message),
  AggregateError: (message) => new AggregateError([], message),
  DOMException: (message, name) => new DOMException(message, name),
  // Its own code is among the properties.
  ClusterError: (message) => new ClusterError("CC_ERR_WORKER_EXIT", message),
};

// ---- writing

/**
 * Which values of an error are written: all but those that no transport carries, only those that every transport carries as
 * far as is known, or only plain data.
 */
type Care = "most" | "safe" | "plain";

/** How to write errors. */
export interface EncodeOptions {
  /** How the transport writes values. */
  readonly format?: Format;
  /** Which values are written; others are described. */
  readonly values?: Care;
}

/** Writes what was thrown. Never throws, whatever the error's getters do. */
export function encodeThrown(thrown: unknown, options: EncodeOptions = {}): Encoded {
  return new Encoder(options).encode(thrown, 0);
}

class Encoder {
  readonly #options: EncodeOptions;
  /** The errors, and the lists of such, that were written, and their numbers. */
  readonly #written = new Map<object, number>();

  constructor(options: EncodeOptions) {
    this.#options = options;
  }

  encode(thrown: unknown, depth: number): Encoded {
    if (depth > MAX_DEPTH) return { is: "value", value: text(() => thrown) };
    const list = isListWithErrors(thrown);
    if (!list && !isError(thrown)) return { is: "value", value: this.#carried(thrown) };
    const before = this.#written.get(thrown);
    if (before !== undefined) return { is: "again", number: before };
    return list ? this.#list(thrown, depth) : { is: "error", error: this.#error(thrown as Error, depth) };
  }

  #list(items: readonly unknown[], depth: number): Encoded {
    const number = this.#written.size;
    this.#written.set(items, number);
    return { is: "list", number, items: Array.from(items, (item) => this.encode(item, depth + 1)) };
  }

  #error(thrown: Error, depth: number): EncodedError {
    const number = this.#written.size;
    this.#written.set(thrown, number);
    return {
      number,
      type: typeOf(thrown),
      name: text(() => thrown.name),
      message: text(() => thrown.message),
      stack: stackOf(thrown),
      properties: this.#properties(thrown, depth + 1),
    };
  }

  #properties(error: Error, depth: number): EncodedError["properties"] {
    const properties: [string, Encoded, boolean][] = [];
    for (const key of attempt(() => Object.getOwnPropertyNames(error), [])) {
      if (IN_PLACE.has(key)) continue;
      // A property whose getter throws is left out.
      attempt(() => {
        const enumerable = Object.prototype.propertyIsEnumerable.call(error, key);
        if (!enumerable && !HIDDEN.has(key)) return;
        properties.push([key, this.#property(error, key, depth), enumerable]);
      }, undefined);
    }
    const code = properties.some(([key]) => key === "code") ? null : codeOf(error);
    if (code !== null) properties.push(["code", { is: "value", value: code }, false]);
    return properties;
  }

  /** The `errors` of an AggregateError are a list, whatever is in it. */
  #property(error: Error, key: string, depth: number): Encoded {
    const value: unknown = Reflect.get(error, key);
    const isList = key === "errors" && Array.isArray(value) && !this.#written.has(value) &&
      typeOf(error) === "AggregateError";
    return isList ? this.#list(value, depth) : this.encode(value, depth);
  }

  /** A value that the transport can carry: itself, or a description. */
  #carried(value: unknown): unknown {
    const { format = "advanced", values = "most" } = this.#options;
    if (values === "plain") return attempt(() => plainOrDescribed(value), "[a value that can't be read]");
    const offender = findUncloneable(value, "", format);
    return offender && (offender.certain || values === "safe") ? description(offender) : value;
  }
}

function plainOrDescribed(value: unknown): unknown {
  const copy = copyPlain(value);
  if (copy !== NOT_PLAIN) return typeof copy === "bigint" ? String(copy) : copy;
  return `[${Object.prototype.toString.call(value).slice(8, -1)} that can't be sent]`;
}

/**
 * Sends what was thrown, with as much of its values as the transport carries.
 *
 * @param send Throws what the transport throws for what it can't carry.
 */
export function sendThrown(thrown: unknown, format: Format, send: (encoded: Encoded) => void): void {
  for (const values of ["most", "safe"] as const) {
    try {
      return send(encodeThrown(thrown, { format, values }));
    } catch {
      // There are more kinds of objects that a transport refuses than anyone can list.
    }
  }
  send(encodeThrown(thrown, { format, values: "plain" }));
}

function description(offender: Offender): string {
  return offender.path === "" ? `[${offender.what}]` : `[object with ${offender.what} at ${offender.path}]`;
}

/** Whether it is an error of any realm: `instanceof` fails for those of another context. */
function isError(value: unknown): value is Error {
  if (typeof value !== "object" || value === null) return false;
  return attempt(() => value instanceof Error || Object.prototype.toString.call(value) === "[object Error]", false);
}

/** The code that an error has from its class: a getter. A DOMException brings its own again. */
function codeOf(error: Error): string | number | null {
  return attempt(() => {
    const { code } = error as { code?: unknown };
    const isCode = typeof code === "string" || typeof code === "number";
    return isCode && Object.prototype.toString.call(error) !== "[object DOMException]" ? code : null;
  }, null);
}

function isListWithErrors(value: unknown): value is unknown[] {
  return attempt(() => Array.isArray(value) && value.some(isError), false);
}

function typeOf(error: Error): string {
  return attempt(() => {
    if (Object.prototype.toString.call(error) === "[object DOMException]") return "DOMException";
    // By its name: the class has another in a minified bundle.
    if (error.name === "ClusterError") return "ClusterError";
    for (let proto: unknown = error; proto !== null; proto = Object.getPrototypeOf(proto)) {
      const name: unknown = (proto as { constructor?: { name?: unknown } }).constructor?.name;
      if (typeof name === "string" && Object.hasOwn(MAKE, name)) return name;
    }
    return "Error";
  }, "Error");
}

/** The stack down to the bootstrap: what called that tells the user nothing. */
export function stackOf(error: Error): string | null {
  const stack: unknown = attempt(() => error.stack, null);
  if (typeof stack !== "string") return null;
  const lines = stack.split("\n");
  const end = lines.findIndex((line) => BOOTSTRAP_FRAME.test(line));
  return end < 0 ? stack : lines.slice(0, end).join("\n");
}

function text(read: () => unknown): string {
  return attempt(() => String(read()), "");
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

// ---- reading

/** Makes what was thrown. What is not well formed gives an error that says so: a worker may send anything. */
export function decodeThrown(encoded: unknown): unknown {
  try {
    return decode(encoded as Encoded, new Map());
  } catch (cause) {
    return new ClusterError("CC_ERR_WORKER_EXIT", "the worker sent an error that can't be read", { cause });
  }
}

function decode(encoded: Encoded, made: Map<number, unknown>): unknown {
  switch (encoded.is) {
    case "value":
      return encoded.value;
    case "list":
      return decodeList(encoded, made);
    case "again":
      return made.get(encoded.number);
    case "error":
      return decodeError(encoded.error, made);
    default:
      throw new TypeError("not an encoded error");
  }
}

function decodeList({ number, items }: Extract<Encoded, { is: "list" }>, made: Map<number, unknown>): unknown[] {
  const list: unknown[] = [];
  made.set(number, list);
  for (const item of items) list.push(decode(item, made));
  return list;
}

function decodeError(encoded: EncodedError, made: Map<number, unknown>): Error {
  const { number, type, name, message, stack, properties } = encoded;
  const make = Object.hasOwn(MAKE, type) ? MAKE[type] : undefined;
  const error = (make ?? Error)(String(message), String(name));
  made.set(number, error);
  for (const [key, value, enumerable] of properties) define(error, key, decode(value, made), enumerable === true);
  if (error.name !== name) define(error, "name", name, false);
  // Not that of here.
  define(error, "stack", stack ?? undefined, false);
  return error;
}

/** Own property, whatever the prototype has under that name, `__proto__` included. */
function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, configurable: true, writable: true });
}
