/**
 * What a handler yields, on its way to the caller: no further than the caller has asked for.
 *
 * Each value leaves before the handler goes on: it may compute for long, be ended, or change what it has yielded.
 *
 * @module
 */

import { setImmediate, setTimeout } from "node:timers";
import type { Init, JobNumber } from "../core/frame.ts";
import { now } from "../now.ts";
import type { Link } from "./link.ts";

/** How long a handler may go on without the loop turning, in milliseconds: it hears of aborts, and of what is wanted, then. */
const TURN = 2;

/**
 * Waits until what has come is read: between two immediates, on Node and Bun; Deno, whose process has the loop full of immediates,
 * reads nothing before the next timer (2.9.6).
 */
function turnOfLoop(): Promise<void> {
  const first = "Deno" in globalThis ? setTimeout : setImmediate;
  return new Promise((resolve) => void first(() => setImmediate(resolve)));
}

/** The two kinds of iterators. */
type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

/** Whether a handler's result yields values. */
export function isIterator(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  try {
    const iterates = Symbol.asyncIterator in value || Symbol.iterator in value;
    return iterates && typeof (value as { next?: unknown }).next === "function";
  } catch {
    // A proxy, or a getter.
    return false;
  }
}

/** The iterator of what a handler has returned, or null: the characters of a string are no values. */
function iteratorOf(result: unknown): AnyIterator | null {
  if (typeof result !== "object" || result === null) return null;
  const { [Symbol.asyncIterator]: async, [Symbol.iterator]: sync } = result as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >;
  return async?.call(result) ?? sync?.call(result) ?? null;
}

/** The values of one job. */
export class Yields {
  readonly #link: Link;
  readonly #key: string;
  readonly #job: JobNumber;
  /** How many more are wanted. */
  #credit: number;
  #iterator: AnyIterator | null = null;
  /** The end of the iterator, once it was asked to end. */
  #ended: Promise<unknown> | null = null;
  #goOn: (() => void) | null = null;
  #turnedAt = 0;

  constructor(link: Link, { key }: Init, job: JobNumber, credit: number) {
    this.#link = link;
    this.#key = key;
    this.#job = job;
    this.#credit = credit;
  }

  /**
   * Sends what the handler's result yields, and resolves at its end. Rejects with what that throws, or the line for a value that it
   * can't carry; then the iterator has been closed.
   *
   * @param refuse Makes the error for a result that yields nothing.
   * @param send Calls what sends a value, and explains what that throws.
   * @param transfers What is to be moved with the value.
   */
  async drain(
    result: unknown,
    refuse: () => Error,
    send: (value: unknown, send: () => void) => void,
    transfers: () => object[],
  ): Promise<void> {
    const iterator = iteratorOf(await result);
    if (iterator === null) throw refuse();
    this.#iterator = iterator;
    if (this.#ended) await iterator.return?.();
    this.#turnedAt = now();
    while (await this.#mayGoOn()) {
      const next = await iterator.next();
      if (typeof next !== "object" || next === null) {
        throw new TypeError(`next() of what was returned must give an object, gave ${String(next)}`);
      }
      if (next.done) return;
      try {
        // Promises in an array are awaited, as `for await` does.
        const value = await next.value;
        if (this.#ended) break;
        this.#credit--;
        send(value, () => this.#post(value, transfers()));
      } catch (error) {
        await this.#end().catch(() => {});
        throw error;
      }
    }
    await this.#ended;
  }

  /** So many more are wanted. */
  more(count: number): void {
    this.#credit += count;
    this.#goOn?.();
  }

  /** None is wanted any more: the iterator is closed, as soon as it lets itself be. */
  stop(): void {
    // What it throws then is what the job ends with.
    this.#end().catch(() => {});
    this.#goOn?.();
  }

  #end(): Promise<unknown> {
    this.#ended ??= (async () => await this.#iterator?.return?.())();
    return this.#ended;
  }

  /** Waits until a value is wanted; false if none is any more. */
  async #mayGoOn(): Promise<boolean> {
    if (this.#credit <= 0) {
      while (this.#credit <= 0 && !this.#ended) await new Promise<void>((resolve) => this.#goOn = resolve);
      this.#goOn = null;
    } else if (now() - this.#turnedAt > TURN) {
      await turnOfLoop();
    } else {
      return !this.#ended;
    }
    this.#turnedAt = now();
    return !this.#ended;
  }

  #post(value: unknown, transfer: readonly object[]): void {
    this.#link.post({ type: "yielded", key: this.#key, job: this.#job, value }, transfer);
  }
}
