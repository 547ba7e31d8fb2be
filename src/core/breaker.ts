/**
 * Keeps a module that can't start from being started over and over.
 *
 * Each failed start doubles the pause before the next, and only one worker at a time is tried meanwhile. When
 * {@link LIMIT} starts in a row have failed and no worker lives, the scheduler fails the jobs that wait and trips the
 * breaker: nothing is started until somebody asks for work again. A worker that becomes ready and dies before it has done
 * anything has failed to start, too: after {@link LIMIT} failures no other is started beside one that is ready until it has
 * lived for a pause, or done something.
 *
 * @module
 */

import type { Clock, Timer } from "./clock.ts";

/** Failed starts in a row after which waiting jobs are failed. */
const LIMIT = 3;

/** The pause after the first failure, in milliseconds; each further failure doubles it. */
const FIRST_PAUSE = 100;

/** The longest pause, in milliseconds. */
const LONGEST_PAUSE = 5_000;

type State =
  | { readonly at: "closed"; readonly failures: number }
  | { readonly at: "pausing"; readonly failures: number; readonly timer: Timer }
  | { readonly at: "probing"; readonly failures: number }
  | { readonly at: "proving"; readonly failures: number; readonly timer: Timer }
  | { readonly at: "tripped"; readonly failures: number };

/** Decides whether another worker may be started. */
export class Breaker {
  readonly #clock: Clock;
  readonly #resume: () => void;
  #state: State = { at: "closed", failures: 0 };

  /** @param resume Called when a pause is over. */
  constructor(clock: Clock, resume: () => void) {
    this.#clock = clock;
    this.#resume = resume;
  }

  /** Whether another worker may be started while `starting` are. */
  allows(starting: number): boolean {
    if (this.#state.at === "closed") return true;
    return this.#state.at === "probing" && starting === 0;
  }

  /** A worker became ready: others may be started beside it. What failed before counts until one has {@link proved}. */
  succeeded(): void {
    const failures = this.#state.at === "tripped" ? 0 : this.#state.failures;
    if (failures < LIMIT) return this.#enter({ at: "closed", failures });
    const timer = this.#after(failures, () => ({ at: "closed", failures }));
    this.#enter({ at: "proving", failures, timer });
  }

  /** A worker that became ready was of use. */
  proved(): void {
    const { at } = this.#state;
    if (at === "proving" || (at === "closed" && this.#state.failures > 0)) this.#enter({ at: "closed", failures: 0 });
  }

  /**
   * A start failed.
   *
   * @param final Whether trying again is pointless.
   * @returns whether the limit is reached.
   */
  failed(final: boolean): boolean {
    // The last of those that lived when it tripped, maybe: nobody has been told yet.
    if (this.#state.at === "tripped") return true;
    const failures = 1 + this.#state.failures;
    this.#pause(failures);
    return final || failures >= LIMIT;
  }

  #pause(failures: number): void {
    const timer = this.#after(failures, () => ({ at: "probing", failures }));
    this.#enter({ at: "pausing", failures, timer });
  }

  /** Whether anybody waits for a worker: in a pause there may be none to hold the program for them. */
  hold(awaited: boolean): void {
    if (this.#state.at === "pausing" || this.#state.at === "proving") this.#state.timer.hold(awaited);
  }

  /** What is started from now on is something else: what failed before says nothing of it. */
  forget(): void {
    this.#enter({ at: "closed", failures: 0 });
  }

  /** The same, after a pause. */
  forgetSoon(): void {
    this.#pause(1);
  }

  /** Stops all starts until {@link retry}. */
  trip(): void {
    this.#enter({ at: "tripped", failures: this.#state.failures });
  }

  /**
   * Somebody asks for work: a tripped breaker lets starts be tried again.
   *
   * @param served Whether a worker lives that will do it: then there is time for the pause that so many failures have earned.
   */
  retry(served: () => boolean): void {
    if (this.#state.at !== "tripped") return;
    if (served()) this.#pause(Math.max(1, this.#state.failures));
    else this.#enter({ at: "closed", failures: 0 });
  }

  /** Enters a state after the pause that so many failures have earned. */
  #after(failures: number, next: () => State): Timer {
    const pause = Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE);
    const then = (): void => {
      this.#enter(next());
      this.#resume();
    };
    return this.#clock.schedule(pause, then, true);
  }

  #enter(next: State): void {
    if (this.#state.at === "pausing" || this.#state.at === "proving") this.#state.timer.cancel();
    this.#state = next;
  }
}
