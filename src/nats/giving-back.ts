/**
 * Jobs that a host gives back unharmed: because it has no room for them after all, because they would wait there, or because it ends; and
 * those that the broker takes for lost, though the host only stood still, or was cut off. The broker counts every time that a job was
 * given to a host; those are not to count when a job's hosts are.
 *
 * @module
 */

import type { Delivery } from "./delivery.ts";
import type { Broker } from "./link.ts";
import { Names } from "./names.ts";

/** Gives jobs of one queue back. */
export class GivingBack {
  readonly #broker: Broker;
  readonly #names: Names;
  /** One after the other: each adds to what it finds. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(broker: Broker, names: Names) {
    this.#broker = broker;
    this.#names = names;
  }

  /**
   * Lets another host have a job: at once, or so many milliseconds later. Only the host that has it does so: the count is nobody else's
   * meanwhile. Never rejects: if the broker can't be told, the lease runs out.
   */
  async giveBack(delivery: Delivery, delay = 0): Promise<void> {
    if (await this.excuse(delivery)) delivery.giveBack(delay);
  }

  /** No host was lost one of the times that a job was given to one. Returns whether the broker knows it; it would count as lost otherwise. */
  excuse(delivery: Delivery): Promise<boolean> {
    const excused = this.#last.then(() => this.#excuse(delivery)).then(() => true, () => false);
    this.#last = excused;
    return excused;
  }

  async #excuse(delivery: Delivery): Promise<void> {
    const count = (delivery.count > 1 ? await this.#count(delivery) : 0) + 1;
    await this.#broker.requests.publish(this.#subject(delivery), String(count));
  }

  /** How many hosts a job has been lost with. */
  async losses(delivery: Delivery): Promise<number> {
    return delivery.count - 1 - await this.#count(delivery);
  }

  async #count(delivery: Delivery): Promise<number> {
    const { jsm } = this.#broker;
    // Its leader is asked, not any server that has a copy: an old one would have jobs set aside that no host was lost with.
    const found = await jsm.streams.getMessage(this.#names.returns, { last_by_subj: this.#subject(delivery) });
    return found === null ? 0 : Number(found.string()) || 0;
  }

  #subject({ subject, sequence }: Delivery): string {
    // The same job may be enqueued again later.
    return this.#names.returned(`${Names.addressIn(subject)}.${sequence}`);
  }
}
