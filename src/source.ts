/**
 * Where the items of a `map` come from: anything that can be iterated over, read one item at a time.
 *
 * @module
 */

import { wrongType } from "./validate.ts";

/**
 * What can be mapped. Promises in an array or a generator are awaited one by one, as by `for await`: one that is rejected before
 * its turn is the runtime's unhandled rejection.
 */
export type Items<T> = Iterable<T | PromiseLike<T>> | AsyncIterable<T> | StreamOf<T>;

/** What is used of a `ReadableStream`. */
export interface StreamOf<T> {
  /** Takes hold of the stream. */
  getReader(): {
    read(): Promise<{ done: false; value: T } | { done: true; value?: T | undefined }>;
    cancel(): Promise<void>;
    releaseLock(): void;
  };
}

/** What a source gives. */
export type Item = { readonly done: true } | { readonly done: false; readonly value: unknown };

/** Whether it is there at once. */
export function isItem(item: Item | Promise<Item>): item is Item {
  return Object.hasOwn(item, "done");
}

/** Items, read one after the other: never a second before the first has come. */
export interface Source {
  /** The next item, at once where it is there. Throws, or rejects with, what the source throws; nothing is read after that. */
  next(): Item | Promise<Item>;
  /**
   * Nothing more will be read; called once, and not after the end or an error. Resolves when the source has let go of what it
   * held, unless a read that may never end is under way; rejects with what it throws for that.
   */
  close(): Promise<void>;
}

/**
 * How to take hold of a source when it is time to.
 *
 * @throws {OptionTypeError} for what can't be iterated over, and for a string, whose characters nobody means.
 */
export function sourceOf(items: unknown): () => Source {
  if (typeof items === "object" && items !== null) {
    // Before its iterator, whose `return` waits for the read under way.
    if (hasMethod(items, "getReader")) return () => new WebSource(items as StreamOf<unknown>);
    if (hasMethod(items, Symbol.asyncIterator)) return () => new AsyncSource(items as AsyncIterable<unknown>);
  }
  if (typeof items !== "string" && hasMethod(items, Symbol.iterator)) {
    return () => new SyncSource(items as Iterable<unknown>);
  }
  throw wrongType("source", "an iterable, an async iterable or a ReadableStream", items);
}

function hasMethod(value: unknown, name: PropertyKey): boolean {
  return value !== null && value !== undefined && typeof (value as Record<PropertyKey, unknown>)[name] === "function";
}

const DONE: Item = { done: true };

function itemOf(result: unknown): Item {
  if (typeof result !== "object" || result === null) {
    throw new TypeError(`the source's next() must give an object, gave ${String(result)}`);
  }
  const { done, value } = result as IteratorResult<unknown>;
  return done ? DONE : { done: false, value };
}

/** An array, a set, a generator: whatever gives its items at once. */
class SyncSource implements Source {
  readonly #iterator: Iterator<unknown>;
  #state: "open" | "in next" | "closed" = "open";

  constructor(items: Iterable<unknown>) {
    this.#iterator = items[Symbol.iterator]();
  }

  next(): Item | Promise<Item> {
    this.#state = "in next";
    const item = itemOf(this.#iterator.next());
    // By the source itself.
    if (this.#isClosed()) this.#end();
    else this.#state = "open";
    return !item.done && hasMethod(item.value, "then") ? this.#awaited(item.value as PromiseLike<unknown>) : item;
  }

  async #awaited(item: PromiseLike<unknown>): Promise<Item> {
    try {
      return { done: false, value: await item };
    } catch (error) {
      if (!this.#isClosed()) this.#endQuietly();
      throw error;
    }
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }

  async close(): Promise<void> {
    const inNext = this.#state === "in next";
    this.#state = "closed";
    // A generator that runs can't be ended.
    if (!inNext) this.#end();
  }

  #end(): void {
    this.#iterator.return?.();
  }

  /** The item's error is the one to be heard of. */
  #endQuietly(): void {
    try {
      this.#end();
    } catch {
      // As `for await` does.
    }
  }
}

/** An async generator, or a stream of Node's. */
class AsyncSource implements Source {
  readonly #items: AsyncIterable<unknown>;
  readonly #iterator: AsyncIterator<unknown>;
  #reading = false;

  constructor(items: AsyncIterable<unknown>) {
    this.#items = items;
    this.#iterator = items[Symbol.asyncIterator]();
  }

  async next(): Promise<Item> {
    this.#reading = true;
    try {
      return itemOf(await this.#iterator.next());
    } finally {
      this.#reading = false;
    }
  }

  async close(): Promise<void> {
    // As `for await` does, also where nothing was read.
    if (isNodeStream(this.#items)) this.#items.destroy();
    if (!this.#reading) return void await this.#iterator.return?.();
    // A generator ends only after the read under way, which may never end: it is not waited for.
    void this.#endQuietly();
  }

  async #endQuietly(): Promise<void> {
    try {
      await this.#iterator.return?.();
    } catch {
      // Nobody is there to be told any more.
    }
  }
}

function isNodeStream(items: object): items is { destroy(): void } {
  return hasMethod(items, "destroy") && hasMethod(items, "pipe") && "readableEnded" in items;
}

/** A stream of the web's. */
class WebSource implements Source {
  readonly #reader: ReturnType<StreamOf<unknown>["getReader"]>;

  constructor(items: StreamOf<unknown>) {
    this.#reader = items.getReader();
  }

  async next(): Promise<Item> {
    try {
      const item = itemOf(await this.#reader.read());
      if (item.done) this.#reader.releaseLock();
      return item;
    } catch (error) {
      this.#reader.releaseLock();
      throw error;
    }
  }

  async close(): Promise<void> {
    try {
      await this.#reader.cancel();
    } finally {
      this.#reader.releaseLock();
    }
  }
}
