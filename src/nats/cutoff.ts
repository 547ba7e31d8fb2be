/**
 * A signal that ends one run: of an `AbortSignal` as much as a cluster asks for. One of Node's takes 3 KB of memory, of which some survives
 * two collections (Node 20.20), and a host needs one for each job.
 *
 * @module
 */

import type { Cut } from "./ended.ts";

/** One of them, and its controller. */
export class Cutoff {
  #cut: Cut | null = null;
  #listener: (() => void) | null = null;

  /** Why the run is to end, or null. */
  get cut(): Cut | null {
    return this.#cut;
  }

  get aborted(): boolean {
    return this.#cut !== null;
  }

  /** Told to nobody: the cluster rejects with it. */
  get reason(): unknown {
    return this.#cut;
  }

  /** The run is to end. What was said first counts. */
  end(cut: Cut): void {
    if (this.#cut !== null) return;
    this.#cut = cut;
    this.#listener?.();
  }

  addEventListener(_: "abort", listener: () => void): void {
    this.#listener = listener;
  }

  removeEventListener(): void {
    this.#listener = null;
  }
}
