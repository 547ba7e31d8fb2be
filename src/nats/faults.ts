/**
 * What goes wrong at the broker, told apart: by numbers where it has some, since its sentences change.
 *
 * @module
 */

import { ClusterError } from "../core/errors.ts";

/** A stream has not stored a message. */
const STORE_FAILED = 10_077;

/** A stream has not deleted a message. */
const DELETE_FAILED = 10_057;

/** The stream, the consumer or the message that was asked for is not there. */
export function isMissing(error: unknown): boolean {
  const code = codeOf(error) ?? 0;
  // The number is that of whatever keeps a message from being deleted.
  if (code === DELETE_FAILED) return /no message found|sequence \d+ not found/.test(messageOf(error));
  return [10_059, 10_014, 10_037, 10_043].includes(code);
}

/** There is a stream or a consumer of that name already, and it is otherwise, or one with those subjects. */
export function isTaken(error: unknown): boolean {
  return [10_058, 10_065, 10_148].includes(codeOf(error) ?? 0);
}

/** A stream takes no more messages: of that subject, or at all. The number is the same for both (2.9, 2.10). */
export function isFull(error: unknown): "subject" | "stream" | null {
  const message = messageOf(error);
  if (codeOf(error) !== STORE_FAILED || !message.includes("maximum messages")) return null;
  return message.includes("per subject") ? "subject" : "stream";
}

/** There is no room at the broker: its disk, or what an account or a stream may have of it, is used up. */
export function isOutOfRoom(error: unknown): boolean {
  const code = codeOf(error) ?? 0;
  return [10_002, 10_023, 10_028, 10_047].includes(code) || (code === STORE_FAILED && isFull(error) === null);
}

/** The user has not the right to do it. The error says to what. */
export function isDenied(error: unknown): boolean {
  return causes(error).some(({ name }) => name === "PermissionViolationError");
}

/** Errors of a connection that is interrupted, or of a broker that is not ready yet, by their names; see {@link undecided}. */
const PASSING: ReadonlySet<string> = new Set([
  "UndecidedError",
  "TimeoutError",
  "NoResponders",
  "RequestError",
  "ConnectionError",
  "ClosedConnectionError",
  "DrainingConnectionError",
  "InterruptedError",
]);

/** The same, by their numbers: a message of that id is being stored (since 2.11), and there are too many at a time. */
const BUSY: ReadonlySet<number | null> = new Set([10_158, 10_167]);

/** Errors that stay, whatever they came by. */
const SETTLED: ReadonlySet<string> = new Set([
  "PermissionViolationError",
  "AuthorizationError",
  "UserAuthenticationExpiredError",
  "InvalidArgumentError",
]);

/** The status of a broker that can't do it now, and what has it too but lasts: no memory or disk, no JetStream, no room. */
const UNAVAILABLE = 503;
const LASTING: ReadonlySet<number | null> = new Set([10_023, 10_039, 10_076, STORE_FAILED]);

/**
 * What trying again does not mend: a user without the right, a wrong password, a full disk, a broker without JetStream, and whatever is
 * not known to pass.
 */
export function isLasting(error: unknown): boolean {
  // It has been decided already, by whoever made an error for users of it.
  if (error instanceof ClusterError) return true;
  const all = causes(error);
  if (all.some((cause) => SETTLED.has(kindOf(cause)) || isOfTls(cause))) return true;
  return !all.some((cause) =>
    PASSING.has(kindOf(cause)) || BUSY.has(codeOf(cause)) ||
    ((cause as { status?: unknown }).status === UNAVAILABLE && !LASTING.has(codeOf(cause)))
  );
}

/**
 * An error's name. Who stood still while it connected has not said in time who it is, and may the next time: the client calls that as it
 * calls a wrong password (nats-core 3.4.0).
 */
function kindOf({ name, message }: Error): string {
  return name === "AuthorizationError" && /authentication timeout/i.test(message) ? "TimeoutError" : name;
}

/** A server without TLS, or a key of another certificate: the client calls both a lost connection (nats-core 3.4.0). */
function isOfTls({ message, code }: Error & { code?: unknown }): boolean {
  return message === "server does not support 'tls'" || String(code).startsWith("ERR_OSSL_");
}

/**
 * The error of a connection that could not be had, where TLS was to be spoken. A server that wants to see a certificate, and is shown none
 * or one that it does not trust, ends the connection without a word (2.9, 2.10).
 */
export function overTls(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "TimeoutError") return error;
  const message = `${error.message}; if the server asks for a certificate, it has to trust the one in tls.certFile`;
  return Object.assign(named("TimeoutError", message), { cause: error });
}

/** The error of what was asked for when the connection was lost. */
export function interrupted(): Error {
  return named("InterruptedError", "the connection was interrupted");
}

/** The error of a message to a subject that nobody listens to. */
export function unheard(subject: string): Error {
  return named("NoResponders", `nobody listens to ${subject}`);
}

/** The error of a message of which nobody has said anything in time. */
export function late(subject: string): Error {
  return named("TimeoutError", `nothing was said in time of a message to ${subject}`);
}

/**
 * The error of a message that is sent again while the servers have yet to agree on it, so that it may come to nothing: those before 2.11
 * say that they have it, without a number.
 */
export function undecided(subject: string): Error {
  return named("UndecidedError", `the servers have yet to agree on a message to ${subject}`);
}

/** As the client names its own. */
function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** Nobody is there who would take it: a broker that has yet to agree on a leader, or a queue that is not there any more. */
export function isNobody(error: unknown): boolean {
  return causes(error).some(({ name }) => name === "NoResponders");
}

/**
 * Nobody has answered: nobody is there (see {@link isNobody}), or there is no such queue any more and the broker is one before 2.10, which
 * says nothing at all when it is asked for an answer of it.
 */
export function isUnanswered(error: unknown): boolean {
  return isNobody(error) || causes(error).some(({ name }) => name === "TimeoutError");
}

/** The broker's own number of an error; null for one without. */
function codeOf(error: unknown): number | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "number" ? code : null;
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
  const lasting = cause === undefined || isLasting(cause);
  return new ClusterError("CC_ERR_ENGINE", `${what}${why}`, { cause, retryable, lasting });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
