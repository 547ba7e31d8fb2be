/**
 * What only threads can be sent, though the transports of processes don't say so: Bun and Deno make an empty object of a Blob
 * or a File (Bun 1.4.5, https://github.com/oven-sh/bun/pull/38494; Deno 2.9.6), Bun a copy of shared memory
 * (https://github.com/oven-sh/bun/pull/32955), and Node's serializer writes nothing for a WebAssembly module, so that what
 * follows it is read in its place (20.20 to 26.10).
 *
 * @module
 */

import { partialViews } from "./views.ts";

const { WebAssembly: { Module }, Blob, SharedArrayBuffer } = globalThis as unknown as {
  readonly WebAssembly: { readonly Module: new () => object };
  readonly Blob: new () => object;
  readonly SharedArrayBuffer: new () => object;
};

const CLASSES = [Module, Blob, SharedArrayBuffer];

/** Throws for an object that a process can't be sent. */
export function refuseThreadOnly(part: object): void {
  for (const Class of CLASSES) {
    if (part instanceof Class) throw new DOMException(`#<${Class.name}> could not be cloned.`, "DataCloneError");
  }
}

/** Throws for a value with such an object in it, as far as `withOwnBytes` would look. */
export function checkForProcess(value: unknown): void {
  partialViews(value, [], refuseThreadOnly);
}
