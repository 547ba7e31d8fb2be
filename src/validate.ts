/**
 * Checks of options. Each error names the option, the rule and the value.
 *
 * @module
 */

import { OptionRangeError, OptionTypeError } from "./core/errors.ts";

/** A value as an error shows it, with its type where that helps. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || value === undefined || typeof value === "boolean") return String(value);
  if (typeof value === "number") return `${Object.is(value, -0) ? "-0" : value} (number)`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  return `${String(typeof value === "object" ? "an object" : String(value))} (${typeof value})`;
}

/** The error for a value of the wrong type. */
export function wrongType(name: string, rule: string, value: unknown): OptionTypeError {
  return new OptionTypeError(`${name} must be ${rule}, got ${shown(value)}`);
}

/** The error for a value of the right type that breaks the rule. */
export function outOfRange(name: string, rule: string, value: unknown): OptionRangeError {
  return new OptionRangeError(`${name} must be ${rule}, got ${shown(value)}`);
}

/** Refuses names that are no options, and returns the own properties alone: a polluted prototype sets no option. */
export function ownOptions<K extends string>(
  value: unknown,
  what: string,
  known: readonly K[],
): Partial<Record<K, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongType(what, "an object", value);
  const own: Partial<Record<string, unknown>> = Object.assign(Object.create(null), value);
  for (const name of Object.keys(own)) {
    if (!(known as readonly string[]).includes(name)) {
      throw new OptionTypeError(`${what} must not have an option ${JSON.stringify(name)}${nearest(name, known)}`);
    }
  }
  return own as Partial<Record<K, unknown>>;
}

function nearest(name: string, known: readonly string[]): string {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z]/g, "");
  const near = known.find((other) => plain(other) === plain(name) || plain(other).startsWith(plain(name)));
  return near ? `: did you mean ${near}?` : `; it may have: ${known.join(", ")}`;
}

/** A whole number of at least `least`, or Infinity where `unlimited`; `or` says what else there is. */
export function count(name: string, value: unknown, least: number, unlimited = false, or = ""): number {
  const rule = `an integer of at least ${least}${unlimited ? ", or Infinity" : ""}${or}`;
  if (typeof value !== "number") throw wrongType(name, rule, value);
  if ((unlimited && value === Infinity) || (Number.isSafeInteger(value) && value >= least)) return value;
  throw outOfRange(name, rule, value);
}

/** Milliseconds above `least` or equal to it; Infinity for no limit. */
export function duration(name: string, value: unknown, least: "more than 0" | "0 or more"): number {
  const rule = `a number of milliseconds, ${least}, or Infinity`;
  return value === 0 && least === "0 or more" ? 0 : amount(name, value, rule);
}

/** A whole number within bounds. */
export function integer(name: string, value: unknown, least: number, most: number): number {
  const rule = `an integer from ${least} to ${most}`;
  if (typeof value !== "number") throw wrongType(name, rule, value);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw outOfRange(name, rule, value);
}

/** A number of more than 0. */
export function amount(name: string, value: unknown, rule: string): number {
  if (typeof value !== "number") throw wrongType(name, rule, value);
  if (value > 0) return value;
  throw outOfRange(name, rule, value);
}

/** One of a few words. */
export function oneOf<T extends string>(name: string, value: unknown, words: readonly T[]): T {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  const rule = words.map((word) => JSON.stringify(word)).join(" or ");
  if (typeof value !== "string") throw wrongType(name, rule, value);
  throw outOfRange(name, rule, value);
}

/** Yes or no. */
export function flag(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw wrongType(name, "true or false", value);
  return value;
}

/** Text that is not empty. */
export function text(name: string, value: unknown): string {
  if (typeof value !== "string") throw wrongType(name, "a string", value);
  if (value === "" || value.includes("\0")) {
    throw outOfRange(name, "a string that is not empty and has no NUL", value);
  }
  return value;
}

/** A list of strings. */
export function texts(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw wrongType(name, "an array of strings", value);
  value.forEach((item, i) => {
    if (typeof item !== "string") throw wrongType(`${name}[${i}]`, "a string", item);
  });
  return [...value];
}
