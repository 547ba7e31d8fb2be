/**
 * Where the items of a `map` come from: anything that can be iterated over, read one item at a time.
 *
 * @module
 */

import { wrongType } from "./validate.ts";

/** What can be mapped. An array of promises is awaited one by one, as by `for await`. */
export type Items<T> = Iterable<T | PromiseLike<T>> | AsyncIterable<T> | StreamOf<T>;

/** What is used of a `ReadableStream`. */
export interface StreamOf<T> {
  getReader(): {
    read(): Promise<{ done: false; value: T } | { done: true; value?: T | undefined }>;
    cancel(): Promise<void>;
    releaseLock(): void;
  };
}

/** What a source gives. */
export type Item = { readonly done: true } | { readonly done: false; readonly value: unknown };

/** Items, read one after the other: never a second before the first has come. */
export interface Source {
  /** The next item, at once where it is there. Throws, or rejects with, what the source throws; nothing is read after that. */
  next(): Item | Promise<Item>;
  /** Nothing more will be read. Resolves when the source has let go of what it held; rejects with what it throws for that. */
  close(): Promise<void>;
}

/**
 * How to take hold of a source when it is time to.
 *
 * @throws {OptionTypeError} for what can't be iterated over.
 */
export function sourceOf(items: unknown): () => Source {
  if (typeof items === "object" && items !== null) {
    // Before its iterator, whose `return` waits for the read under way.
    if (hasMethod(items, "getReader")) return () => new StreamSource(items as StreamOf<unknown>);
    if (hasMethod(items, Symbol.asyncIterator)) return () => new AsyncSource(items as AsyncIterable<unknown>);
  }
  if (hasMethod(items, Symbol.iterator)) return () => new SyncSource(items as Iterable<unknown>);
  throw wrongType("source", "an iterable, an async iterable or a ReadableStream", items);
}

function hasMethod(value: unknown, name: PropertyKey): boolean {
  return value !== null && value !== undefined && typeof (value as Record<PropertyKey, unknown>)[name] === "function";
}

/** Also an array or a set: whatever gives its items at once. */
class SyncSource implements Source {
  readonly #iterator: Iterator<unknown>;

  constructor(items: Iterable<unknown>) {
    this.#iterator = items[Symbol.iterator]();
  }

  next(): Item | Promise<Item> {
    const { done, value } = this.#iterator.next();
    if (done) return DONE;
    if (!hasMethod(value, "then")) return { done: false, value };
    return this.#awaited(value as PromiseLike<unknown>);
  }

  async #awaited(item: PromiseLike<unknown>): Promise<Item> {
    try {
      return { done: false, value: await item };
    } catch (error) {
      // As `for await` does: the source itself has not failed.
      this.#iterator.return?.();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#iterator.return?.();
  }
}

const DONE: Item = { done: true };

/** An async generator, or a stream of Node's. */
class AsyncSource implements Source {
  readonly #items: AsyncIterable<unknown> & { destroy?(): void };
  readonly #iterator: AsyncIterator<unknown>;
  #reading = false;

  constructor(items: AsyncIterable<unknown>) {
    this.#items = items;
    this.#iterator = items[Symbol.asyncIterator]();
  }

  async next(): Promise<Item> {
    this.#reading = true;
    const { done, value } = await this.#iterator.next();
    this.#reading = false;
    return done ? DONE : { done: false, value };
  }

  async close(): Promise<void> {
    if (!this.#reading) return void await this.#iterator.return?.();
    // A generator ends only after the read under way, which may never end: not waited for. A stream ends by this.
    this.#iterator.return?.().catch(() => {});
    this.#items.destroy?.();
  }
}

/** A stream of the web's. */
class StreamSource implements Source {
  readonly #reader: ReturnType<StreamOf<unknown>["getReader"]>;

  constructor(items: StreamOf<unknown>) {
    this.#reader = items.getReader();
  }

  async next(): Promise<Item> {
    const { done, value } = await this.#reader.read();
    if (done) this.#reader.releaseLock();
    return done ? DONE : { done: false, value };
  }

  async close(): Promise<void> {
    try {
      await this.#reader.cancel();
    } finally {
      this.#reader.releaseLock();
    }
  }
}
