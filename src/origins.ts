/**
 * Errors of jobs, and where their jobs were enqueued.
 *
 * @module
 */

import { ClusterError } from "./core/errors.ts";
import { EnqueueSite } from "./enqueue-site.ts";
import { markThrown } from "./own-fault.ts";
import { decodeThrown } from "./wire/error-codec.ts";

/** Adds to the errors of one cluster's jobs where they were enqueued. */
export class Origins {
  /** What workers have thrown, as long as somebody has it. */
  readonly #thrown = new WeakSet<object>();
  /** Errors that say it: more than one caller may have the same. */
  readonly #located = new WeakSet<object>();
  /** Errors that don't say yet where their job was enqueued, and their jobs. */
  readonly #unlocated = new WeakMap<object, string>();

  /** Makes the error out of what a worker sent for one. */
  readonly decode = (encoded: unknown): unknown => {
    const error = decodeThrown(encoded);
    if (typeof error === "object" && error !== null) this.#thrown.add(error);
    markThrown(error);
    return error;
  };

  /**
   * Adds the place to an error of a worker, or of our own; anything else is the caller's, and left alone.
   *
   * @param site Null where it is to be found late, by {@link addLate}.
   */
  add(error: unknown, site: EnqueueSite | null, job: string): void {
    if (typeof error !== "object" || error === null) return;
    const thrown = this.#thrown.has(error);
    if (this.#located.has(error) || (!thrown && !(error instanceof ClusterError))) return;
    if (!site) return void this.#unlocated.set(error, job);
    this.#located.add(error);
    site.addTo(error, job, thrown);
  }

  /**
   * Adds the place to an error whose job's caller is on the stack, and throws it.
   *
   * @param own How many frames of the stack are the cluster's own.
   */
  readonly addLate = (error: unknown, own = 1): never => {
    const job = this.#unlocated.get(error as object);
    if (job !== undefined) {
      this.#unlocated.delete(error as object);
      this.add(error, new EnqueueSite(own), job);
    }
    throw error;
  };
}
