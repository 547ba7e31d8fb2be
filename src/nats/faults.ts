/**
 * What goes wrong at the broker, told apart: by numbers where it has some, since its sentences change.
 *
 * @module
 */

import { ClusterError } from "../core/errors.ts";

/** The broker's own number of an error; null for one without. */
function codeOf(error: unknown): number | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "number" ? code : null;
}

/** The stream, the consumer or the message that was asked for is not there. */
export function isMissing(error: unknown): boolean {
  return [10_059, 10_014, 10_037].includes(codeOf(error) ?? 0);
}

/** A stream takes no more messages: of that subject, or at all. The number is the same for both (2.9, 2.10). */
export function isFull(error: unknown): "subject" | "stream" | null {
  if (codeOf(error) !== 10_077) return null;
  return messageOf(error).includes("per subject") ? "subject" : "stream";
}

/** What trying again does not mend: a user without the right, a wrong password, a server without JetStream. */
export function isLasting(error: unknown): boolean {
  const names = causes(error).map(({ name }) => name);
  return ["PermissionViolationError", "AuthorizationError", "UserAuthenticationExpiredError", "JetStreamNotEnabled"]
    .some((name) => names.includes(name)) || (error instanceof ClusterError && error.code === "CC_ERR_ENGINE");
}

/** An error and those that led to it. */
function causes(error: unknown): Error[] {
  const all: Error[] = [];
  for (let next = error; next instanceof Error && !all.includes(next); next = next.cause) all.push(next);
  return all;
}

/** The error for users; what is one already stays as it is. */
export function engineError(what: string, cause: unknown, retryable = false): ClusterError {
  if (cause instanceof ClusterError) return cause;
  const why = cause === undefined ? "" : `: ${messageOf(cause)}`;
  return new ClusterError("CC_ERR_ENGINE", `${what}${why}`, { cause, retryable });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
