/**
 * What several of the field faults look at.
 */

import type { Ended, Kit } from "../conformance/kit.ts";

/** The error codes of jobs, null for those that were answered. */
export const codes = (ended: readonly Ended[]): unknown[] =>
  ended.map((end) => "ok" in end ? null : (end.error as { code?: unknown }).code);

/** As many jobs at once as there should be workers: each waits for the others. */
export const meet = (kit: Kit, name: string, count: number): object[] =>
  Array.from({ length: count }, () => ({ op: "meet", file: kit.file(name), count }));
