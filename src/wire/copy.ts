/**
 * Copies of values, for what is sent later.
 *
 * @module
 */

import type { Format } from "./cloneable.ts";

// Taken hold of before a worker's module can replace them.
const { structuredClone } = globalThis;
const { parse, stringify } = JSON;

/** A value as it arrives in this format. Throws what structured clone, or JSON, throws for one that it can't carry. */
export function copyAs(format: Format, value: unknown): unknown {
  if (format === "advanced") return structuredClone(value);
  const text = stringify(value);
  return text === undefined ? undefined : parse(text);
}
