/**
 * What comes of a `broadcast`.
 *
 * @module
 */

import type { Outcome } from "./core/engine.ts";

/**
 * What the workers have answered. Throws the error of the one in which it has failed, or all of them together.
 *
 * @throws {AggregateError} with `errors`, for several.
 */
export function answersOf(outcomes: readonly Outcome[]): unknown[] {
  // An abort has one reason for all.
  const errors = new Set(outcomes.filter(isFailure).map(({ error }) => error));
  if (errors.size === 0) return outcomes.map((outcome) => (outcome as { value: unknown }).value);
  const [first] = errors;
  if (errors.size === 1) throw first;
  const said = first instanceof Error ? first.message : String(first);
  throw new AggregateError(errors, `${errors.size} of ${outcomes.length} workers failed, one with: ${said}`);
}

function isFailure(outcome: Outcome): outcome is Extract<Outcome, { ok: false }> {
  return !outcome.ok;
}
