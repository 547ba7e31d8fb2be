/**
 * What is asked of the broker over a connection that may be interrupted. The client forgets what it has yet to send whenever it tries to
 * get a connection again, and what the broker says of what was sent before is said to nobody: whoever waited for it would wait for as
 * long as they have patience.
 *
 * @module
 */

import type { MsgHdrs } from "@nats-io/transport-node";
import { Chain } from "../core/chain.ts";
import { interrupted } from "./faults.ts";
import type { Kept, Storing } from "./storing.ts";

/** One that is under way. */
interface Asked {
  before: Asked | null;
  after: Asked | null;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
  /** Whether nobody waits for it any more. */
  ended: boolean;
}

/** Those of one connection. */
export class Requests {
  readonly #storing: Pick<Storing, "publish" | "refused">;
  /** Those that are under way. No promise is waited for beside another: one that lives long would keep a reaction of each. */
  readonly #asked = new Chain<Asked>();
  #absence: Promise<void> | null = null;
  #endAbsence = (): void => {};

  constructor(storing: Pick<Storing, "publish" | "refused">) {
    this.#storing = storing;
  }

  /** Null while there is a connection; otherwise it resolves when there is one again, or when there will be none. */
  get absence(): Promise<void> | null {
    return this.#absence;
  }

  /**
   * Has a message stored; once there is a connection, if it is interrupted.
   *
   * @throws whatever the broker is at fault with: by {@link answer}.
   */
  publish(subject: string, bytes: Uint8Array | string, headers?: MsgHdrs): Promise<Kept> {
    if (this.#absence === null) return this.answer(this.#storing.publish(subject, bytes, headers));
    return this.#absence.then(() => this.publish(subject, bytes, headers));
  }

  /**
   * What the broker answers.
   *
   * @throws an error that passes, as soon as the connection is known to be interrupted: it may have been heard, or not.
   */
  answer<T>(asked: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const one: Asked = { before: null, after: null, resolve, reject, ended: false };
      this.#asked.push(one);
      void this.#pass(asked, one);
    });
  }

  async #pass(asked: Promise<unknown>, one: Asked): Promise<void> {
    try {
      one.resolve(await asked as never);
    } catch (error) {
      one.reject(error);
    }
    if (!one.ended) this.#asked.remove(one);
  }

  /** The broker has refused something: it may be a message that was to be stored. */
  refused(error: Error): void {
    this.#storing.refused(error);
  }

  /** There is no connection any more, for now. */
  interrupted(): void {
    this.#endAll();
    this.#absence ??= new Promise((resolve) => this.#endAbsence = resolve);
  }

  /** There is one again, or there will be none. */
  again(): void {
    // What was asked before it was known that there was none.
    this.#endAll();
    this.#absence = null;
    this.#endAbsence();
  }

  #endAll(): void {
    if (this.#asked.size === 0) return;
    const error = interrupted();
    for (const one of this.#asked.removeAll()) {
      one.ended = true;
      one.reject(error);
    }
  }
}
