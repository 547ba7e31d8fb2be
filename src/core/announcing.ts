/**
 * Says what happens, to whoever listens. What nobody hears is not even made.
 *
 * @module
 */

import type { Observer } from "./engine.ts";
import type { Fact } from "./fact.ts";
import type { Job } from "./job.ts";
import type { Outbox } from "./outbox.ts";

/** Leaves facts for the end of the turn. */
export class Announcing {
  readonly #observer: Observer;
  readonly #outbox: Outbox;

  constructor(observer: Observer, outbox: Outbox) {
    this.#observer = observer;
    this.#outbox = outbox;
  }

  /** What happens to workers, or to the cluster. */
  tell(type: Fact["type"], fact: () => Fact): void {
    if (this.#observer.hears(type)) this.#say(fact());
  }

  /** Whether anyone hears what happens to a job. Asked first for what happens to every job, so that not even a closure is made. */
  hears({ follower }: Pick<Job, "follower">, type: Fact["type"]): boolean {
    return follower !== null || this.#observer.hears(type);
  }

  /** What happens to a job. Its follower passes it on. */
  sayOf({ follower }: Pick<Job, "follower">, fact: Fact): void {
    if (follower === null) return this.#say(fact);
    this.#outbox.push(() => follower.told(fact, this.#observer));
  }

  #say(fact: Fact): void {
    this.#outbox.push(() => this.#observer.tell(fact));
  }
}
