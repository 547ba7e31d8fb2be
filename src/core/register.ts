/**
 * Items by their names, for what comes and goes, such as the jobs that are under way: a `Map` that is made anew now and then.
 *
 * V8 makes a map another table every few changes, and the old one points to it. Once one of them has survived two collections, all that
 * follow do, and all that was ever in them, until the next major collection (see `chain.ts`, for what needs no name). A map that is new
 * has no table before it: 4 KB less were kept of each job that a host of a NATS queue runs (Node 20.20).
 *
 * @module
 */

/** After how many removals it is made anew; after as many as there are items, if those are more, so that it costs the same for each. */
const REMOVALS = 64;

/** In the order in which they came. It is not to be changed while it is gone through. */
export class Register<K, V> {
  #items = new Map<K, V>();
  #removals = 0;

  /** How many items there are. */
  get size(): number {
    return this.#items.size;
  }

  get(name: K): V | undefined {
    return this.#items.get(name);
  }

  /** All items. */
  values(): Iterable<V> {
    return this.#items.values();
  }

  /** All names. */
  keys(): Iterable<K> {
    return this.#items.keys();
  }

  /** Adds an item, or puts it in the place of the one that has its name. */
  set(name: K, item: V): void {
    this.#items.set(name, item);
  }

  /** Removes an item, if there is one of that name. */
  delete(name: K): void {
    if (!this.#items.delete(name) || ++this.#removals < Math.max(REMOVALS, this.#items.size)) return;
    this.#items = new Map(this.#items);
    this.#removals = 0;
  }
}

/** One that others may only look at. */
export type ReadonlyRegister<K, V> = Pick<Register<K, V>, "size" | "get" | "values" | "keys">;
