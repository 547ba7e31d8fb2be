/**
 * How much memory this program's container lets it have.
 *
 * @module
 */

import { controlGroups, type ReadText } from "./control-groups.ts";

/** The least of the limits of this program's control groups, in bytes; Infinity for none. */
export function memoryLimit(read: ReadText): number {
  let limit = Infinity;
  for (const { version, folder } of controlGroups(read, "memory")) {
    // Above `memory.high` programs are slowed down, and their memory is taken away.
    const names = version === 2 ? ["memory.max", "memory.high"] : ["memory.limit_in_bytes"];
    for (const name of names) limit = Math.min(limit, bytesIn(read(`${folder}/${name}`)));
  }
  return limit;
}

/** A number of bytes; `max`, nothing at all, or what no machine has (v1: the largest number of pages) is no limit. */
function bytesIn(text: string | null): number {
  const bytes = Number(text ?? NaN);
  return bytes > 0 && bytes < 2 ** 60 ? bytes : Infinity;
}
