/**
 * Items in an order, such as the jobs that wait: a doubly linked list, so that taking the first, putting one back in front and
 * taking one out of the middle each cost the same whatever the length. (`Array.shift` costs milliseconds past 1e5 entries, and an
 * insertion-ordered `Set` 20 µs.)
 *
 * Nor a `Map` or `Set` for a few that come and go: V8 makes it a new table every few changes, and the old one points to it. Once
 * one of them has survived two collections, all that follow do, and all that was ever in them, until the next major collection: a
 * third of the host's time went into copying jobs that had ended (Node 20.20, 16 outstanding).
 *
 * @module
 */

/** What can be in a chain: it carries its own place, so that none has to be made for each. */
export interface Link<T> {
  /** The one before it in the {@link Chain} that has it; null for the first and for one that is in none. */
  before: T | null;
  /** The one after it. */
  after: T | null;
}

/** First in, first out, with removal from anywhere. An item is in one chain at most, once. */
export class Chain<T extends Link<T>> {
  #first: T | null = null;
  #last: T | null = null;
  #size = 0;

  /** How many items there are. */
  get size(): number {
    return this.#size;
  }

  /** The item that was there first, or null when there is none. */
  get first(): T | null {
    return this.#first;
  }

  /** The item that was added last, or null when there is none. */
  get last(): T | null {
    return this.#last;
  }

  /** Adds an item at the end. */
  push(item: T): void {
    this.#insert(item, this.#last, null);
  }

  /**
   * Puts an item back where it was: it had been taken from the front.
   *
   * @param precedes Whether the item comes before another.
   */
  putBack(item: T, precedes: (other: T) => boolean): void {
    let before: T | null = null;
    let after = this.#first;
    while (after && !precedes(after)) {
      before = after;
      after = after.after;
    }
    this.#insert(item, before, after);
  }

  #insert(item: T, before: T | null, after: T | null): void {
    item.before = before;
    item.after = after;
    if (before) before.after = item;
    else this.#first = item;
    if (after) after.before = item;
    else this.#last = item;
    this.#size++;
  }

  /** Takes out an item that is in it. Throws for one that is in none. */
  remove(item: T): void {
    const { before, after } = item;
    if (before === null && this.#first !== item) throw new Error("the item is in no chain");
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    item.before = null;
    item.after = null;
    this.#size--;
  }

  /** Takes all of them out. */
  removeAll(): T[] {
    const items = [...this];
    for (const item of items) this.remove(item);
    return items;
  }

  /** In order. The item that was given last may be taken out meanwhile. */
  *[Symbol.iterator](): Generator<T> {
    for (let item = this.#first; item;) {
      const { after } = item;
      yield item;
      item = after;
    }
  }
}
