/**
 * A signal that ends one run: of an `AbortSignal` as much as a cluster asks for. One of Node's takes 3 KB of memory, of which some survives
 * two collections (Node 20.20), and a host needs one for each job.
 *
 * @module
 */

import type { Cut } from "./ended.ts";

/** One of them, and its controller. */
export class Cutoff {
  #cut: Cut | undefined;
  #listener: (() => void) | null = null;

  get aborted(): boolean {
    return this.#cut !== undefined;
  }

  /** Why the run is to end, or undefined. The cluster rejects with it. */
  get reason(): Cut | undefined {
    return this.#cut;
  }

  /** The run is to end. What was said first counts. */
  end(cut: Cut): void {
    if (this.aborted) return;
    this.#cut = cut;
    this.#listener?.();
  }

  /** There is one listener at most: a cluster has one for each signal (`abort-watch.ts`). */
  addEventListener(_: "abort", listener: () => void): void {
    this.#listener = listener;
  }

  removeEventListener(): void {
    this.#listener = null;
  }
}
