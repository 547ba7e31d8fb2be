/**
 * Names that are not given twice.
 *
 * @module
 */

// Taken hold of before the program can replace it, as tests do.
const { random } = Math;

/** Eight hexadecimal digits. No secret: `node:crypto` would take milliseconds to load. */
export function randomName(): string {
  return Math.floor(random() * 2 ** 32).toString(16).padStart(8, "0");
}
