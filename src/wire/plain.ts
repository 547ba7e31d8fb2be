/**
 * Plain data, which is what most jobs and answers are: primitives, and arrays and objects made of them alone. It is written
 * as JSON where that loses nothing: on Node 20 a structured clone of it takes four times as long.
 *
 * @module
 */

import types from "node:util/types";
import { DEEPEST_SENT } from "./parts.ts";

/** What {@link copyPlain} gives for a value that it doesn't copy. */
export const NOT_PLAIN: unique symbol = Symbol("not plain");

/** How many values a copy may have. A larger one is better left to the transport. */
const MOST = 64;

/** The longest string in a copy. */
const LONGEST = 4096;

/**
 * A copy of small plain data, as structured clone would copy it; {@link NOT_PLAIN} for anything else, what occurs twice in
 * the value included.
 *
 * Throws what a getter throws.
 */
export function copyPlain(value: unknown): unknown {
  switch (typeof value) {
    case "object":
      return value === null ? null : new Copier().copy(value);
    case "string":
      return value.length <= LONGEST ? value : NOT_PLAIN;
    case "function":
    case "symbol":
      return NOT_PLAIN;
    default:
      return value;
  }
}

class Copier {
  /** The objects met so far. */
  readonly #met: object[] = [];
  #left = MOST;

  copy(value: object): unknown {
    if (this.#met.includes(value) || types.isProxy(value)) return NOT_PLAIN;
    this.#met.push(value);
    if (Array.isArray(value)) return this.#array(value);
    const prototype = Object.getPrototypeOf(value);
    return prototype === Object.prototype || prototype === null ? this.#object(value) : NOT_PLAIN;
  }

  #array(value: readonly unknown[]): unknown {
    const { length } = value;
    // Not with holes, nor with properties of its own.
    if (length > this.#left || Object.keys(value).length !== length) return NOT_PLAIN;
    const made: unknown[] = [];
    for (let at = 0; at < length; at++) {
      if (!Object.hasOwn(value, at)) return NOT_PLAIN;
      const part = this.#part(value[at]);
      if (part === NOT_PLAIN) return NOT_PLAIN;
      made.push(part);
    }
    return made;
  }

  #object(value: object): unknown {
    const made: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      if (key === "__proto__") return NOT_PLAIN;
      const part = this.#part((value as Record<string, unknown>)[key]);
      if (part === NOT_PLAIN) return NOT_PLAIN;
      made[key] = part;
    }
    return made;
  }

  #part(value: unknown): unknown {
    if (--this.#left < 0) return NOT_PLAIN;
    return typeof value === "object" && value !== null ? this.copy(value) : copyPlain(value);
  }
}

/**
 * How many values, and how many characters in all, are worth looking through before they are written as JSON. A thread that
 * has no memory for what it clones ends; one that has none for the text ends the program with it (Node 20.20).
 */
const MOST_JSON = 16_384;
const LONGEST_JSON = 65_536;

/**
 * Whether JSON carries this value without loss, though it is read a second time then: no for a getter. Only looks at plain data of
 * a moderate size and depth; no for anything else.
 */
export function isJson(value: unknown): boolean {
  return new JsonCheck().passes(value);
}

class JsonCheck {
  /** The objects met so far: first in a list, which is quicker while it is short. */
  readonly #first: object[] = [];
  #rest: Set<object> | null = null;
  #left = MOST_JSON;
  #characters = LONGEST_JSON;
  #depth = 0;

  passes(value: unknown): boolean {
    if (--this.#left < 0) return false;
    switch (typeof value) {
      case "number":
        return Number.isFinite(value) && !Object.is(value, -0);
      case "string":
        return this.#hasRoomFor(value);
      case "boolean":
        return true;
      case "object":
        return value === null || this.#object(value);
      default:
        return false;
    }
  }

  #object(value: object): boolean {
    if (this.#isMet(value) || types.isProxy(value) || "toJSON" in value || ++this.#depth > DEEPEST_SENT) return false;
    const passes = Array.isArray(value) ? this.#array(value) : this.#plain(value);
    this.#depth--;
    return passes;
  }

  #plain(value: object): boolean {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return false;
    for (const key of Object.keys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, key);
      if (!property || property.get || !this.#hasRoomFor(key) || !this.passes(property.value)) return false;
    }
    return true;
  }

  #hasRoomFor(text: string): boolean {
    this.#characters -= text.length;
    return this.#characters >= 0;
  }

  #array(value: readonly unknown[]): boolean {
    const { length } = value;
    if (length > this.#left || Object.keys(value).length !== length) return false;
    for (let at = 0; at < length; at++) if (!this.passes(value[at])) return false;
    return true;
  }

  #isMet(value: object): boolean {
    if (this.#rest?.has(value) || this.#first.includes(value)) return true;
    if (this.#first.length < 16) this.#first.push(value);
    else (this.#rest ??= new Set()).add(value);
    return false;
  }
}
