/**
 * What transports take but don't carry, without saying so.
 *
 * None: an Error that its own cause leads back to; what is written of it can't be read (Node 20.20).
 *
 * Processes: Bun and Deno make an empty object of a Blob or a File (Bun 1.4.5, https://github.com/oven-sh/bun/pull/38494; Deno
 * 2.9.6), Deno of a CryptoKey, Bun a copy of shared memory (https://github.com/oven-sh/bun/pull/32955), and Node's serializer writes
 * nothing for a WebAssembly module, so that what follows it is read in its place (20.20 to 26.10). Views of shared memory are
 * carried, as copies.
 *
 * Not found: a `KeyObject` on Deno and a `net.BlockList` on Bun, which arrive empty; what an array has beside its items; and what
 * a getter gives only when it is read once more.
 *
 * @module
 */

import { types } from "node:util";
import { eachPart } from "./parts.ts";

type Class = (new () => object) | undefined;

const { WebAssembly, Blob, SharedArrayBuffer, CryptoKey, Deno } = globalThis as unknown as {
  /** There is none without a compiler (`--jitless`). */
  readonly WebAssembly?: { readonly Module: Class };
  readonly Blob: Class;
  readonly SharedArrayBuffer: Class;
  readonly CryptoKey: Class;
  readonly Deno?: object;
};

const THREAD_ONLY = [WebAssembly?.Module, Blob, SharedArrayBuffer, Deno && CryptoKey].filter((each) => !!each);

/** What keeps an object from being sent to a process, in words; null for nothing. */
export function unsendable(part: object): string | null {
  return ownCause(part) ?? threadOnly(part);
}

/** Throws for an object that nobody can be sent. */
export function refuse(part: object): void {
  refuseFor(ownCause(part));
}

/** Throws for an object that a process can't be sent. */
export function refuseForProcess(part: object): void {
  refuseFor(unsendable(part));
}

/** Throws for a value with such an object in it. */
export function refuseAnyForProcess(value: unknown): void {
  eachPart(value, refuseForProcess);
}

function ownCause(part: object): string | null {
  if (!types.isNativeError(part) || !part.cause) return null;
  try {
    structuredClone(part);
    return null;
  } catch (error) {
    // The transport throws that too.
    return (error as Error).name === "DataCloneError" ? null : "an Error that is its own cause";
  }
}

function threadOnly(part: object): string | null {
  for (const Class of THREAD_ONLY) if (part instanceof Class) return `a ${Class.name}, which only threads can be sent`;
  return null;
}

function refuseFor(what: string | null): void {
  if (what !== null) throw new DOMException(what, "DataCloneError");
}
