/**
 * The jobs that wait: a doubly linked list, so that taking the first, putting one back in front and withdrawing one from
 * the middle each cost the same whatever the length. (`Array.shift` costs milliseconds past 1e5 entries, and an
 * insertion-ordered `Set` 20 µs.)
 *
 * @module
 */

/** What can wait: it carries its own place, so that none has to be made for each. */
export interface Link<T> {
  /** The one before it in the {@link Backlog} that has it; null for the first and for one that is in none. */
  before: T | null;
  /** The one after it. */
  after: T | null;
}

/** First in, first out, with withdrawal from anywhere. An item is in one backlog at most, once. */
export class Backlog<T extends Link<T>> {
  #first: T | null = null;
  #last: T | null = null;
  #size = 0;

  /** How many items wait. */
  get size(): number {
    return this.#size;
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

  /** The item that has waited longest, or null when none waits. */
  peek(): T | null {
    return this.#first;
  }

  /** Takes out an item that is in it. */
  withdraw(item: T): void {
    const { before, after } = item;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    item.before = null;
    item.after = null;
    this.#size--;
  }
}
