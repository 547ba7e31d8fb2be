/**
 * What jobs are called in the cluster of the host that has them. There a name is one job: two of the same would get one answer. What a
 * job calls itself is for its submitter to say, and may be another's name: of another queue, or forged.
 *
 * @module
 */

import { Register } from "../core/register.ts";

/** The names in one host's cluster. */
export class RunIds {
  readonly #taken = new Register<string, { readonly job: string; times: number }>();

  /**
   * Gives a job its name: its own, if no other job here is called so.
   *
   * @param job Which one it is. It may come again before what was left of its last run here has ended: it is called the same then.
   */
  take(own: string, job: string): string {
    for (let id = own, next = 2;; id = `${own} (${next++})`) {
      const found = this.#taken.get(id);
      if (found && found.job !== job) continue;
      this.#taken.set(id, { job, times: (found?.times ?? 0) + 1 });
      return id;
    }
  }

  /** A job that had a name has ended. */
  leave(id: string): void {
    const found = this.#taken.get(id);
    if (found && --found.times === 0) this.#taken.delete(id);
  }
}
