/**
 * Names that are not given twice.
 *
 * @module
 */

/** Eight hexadecimal digits. No secret: `node:crypto` would take milliseconds to load. */
export function randomName(): string {
  return Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, "0");
}
