/**
 * What transports take but don't carry, without saying so.
 *
 * None: an Error that its own cause leads back to; what is written of it can't be read (Node 20.20).
 *
 * Processes: Bun and Deno make an empty object of a Blob or a File (Bun 1.4.5, https://github.com/oven-sh/bun/pull/38494; Deno
 * 2.9.6), Bun a copy of shared memory (https://github.com/oven-sh/bun/pull/32955), and Node's serializer writes
 * nothing for a WebAssembly module, so that what follows it is read in its place (20.20 to 26.10). Views of shared memory are
 * carried, as copies.
 *
 * Not found: a `CryptoKey` and a `KeyObject` on Deno and a `net.BlockList` on Bun, which arrive empty; what an array has beside
 * its items; and what a getter gives only when it is read once more.
 *
 * @module
 */

import { eachPart } from "./parts.ts";

type Class = (new () => object) | undefined;

// Taken hold of before a worker's module can replace them.
const { structuredClone, WebAssembly, Blob, SharedArrayBuffer } = globalThis as unknown as {
  readonly structuredClone: (value: unknown) => unknown;
  /** There is none without a compiler (`--jitless`). */
  readonly WebAssembly?: { readonly Module: Class };
  readonly Blob: Class;
  readonly SharedArrayBuffer: Class;
};

const THREAD_ONLY = [WebAssembly?.Module, Blob, SharedArrayBuffer].filter((each) => !!each);

/** Why only threads can be sent an object, in words; null for one that processes can be sent too. */
export function threadOnly(part: object): string | null {
  for (const Class of THREAD_ONLY) if (part instanceof Class) return `a ${Class.name}, which only threads get`;
  return null;
}

/** Throws for an object that a process can't be sent. */
export function refuseForProcess(part: object): void {
  const what = threadOnly(part);
  if (what !== null) throw uncloneable(what);
}

/** Throws for a value that a process can't be sent. */
export function refuseAnyForProcess(value: unknown): void {
  refuseUnreadable(eachPart(value, refuseForProcess));
}

let faulty: boolean | null = null;

/** Throws for errors that have causes, if what is written of them can't be read. Tried together: they may share what is large. */
export function refuseUnreadable(errors: readonly object[]): void {
  if (errors.length === 0) return;
  faulty ??= isUnreadable(ownCause());
  if (faulty && isUnreadable(errors)) throw uncloneable("an Error that is its own cause");
}

function ownCause(): Error {
  const error = new Error();
  error.cause = error;
  return error;
}

function isUnreadable(value: unknown): boolean {
  try {
    structuredClone(value);
  } catch (error) {
    // All else is for the transport to throw.
    return String(error).includes("deserialize");
  }
  return false;
}

function uncloneable(what: string): DOMException {
  return new DOMException(what, "DataCloneError");
}
