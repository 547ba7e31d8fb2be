/**
 * The life of a cluster: open, closing once somebody ends it, closed once nothing is left.
 *
 * @module
 */

import type { CloseMode } from "./engine.ts";

type Phase =
  | { readonly at: "open" }
  | { readonly at: "closing"; readonly mode: CloseMode; readonly waiting: readonly (() => void)[] }
  | { readonly at: "closed" };

/** Where a cluster is in its life, and who waits for its end. */
export class Lifetime {
  #phase: Phase = { at: "open" };

  get at(): Phase["at"] {
    return this.#phase.at;
  }

  /** Whether everything is to be dropped. */
  get now(): boolean {
    return this.#phase.at === "closing" && this.#phase.mode === "now";
  }

  /**
   * Somebody ends the cluster. The hardest mode asked for so far counts.
   *
   * @param closed Called at the end.
   */
  end(mode: CloseMode, closed: () => void): void {
    if (this.#phase.at === "closed") return;
    const before = this.#phase.at === "closing" ? this.#phase.waiting : [];
    this.#phase = { at: "closing", mode: this.now ? "now" : mode, waiting: [...before, closed] };
  }

  /** Nothing is left. Gives those who wait for it. */
  finish(): readonly (() => void)[] {
    const waiting = this.#phase.at === "closing" ? this.#phase.waiting : [];
    this.#phase = { at: "closed" };
    return waiting;
  }
}
