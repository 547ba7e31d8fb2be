// Who came first is served first, however many wait.

export class Line {
  #items = [];
  #front = 0;

  get length() {
    return this.#items.length - this.#front;
  }

  push(item) {
    this.#items.push(item);
  }

  /** The first, which leaves it; undefined if there is none. */
  shift() {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#front++];
    if (this.#front > 1000 && this.#front * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#front);
      this.#front = 0;
    }
    return item;
  }
}
