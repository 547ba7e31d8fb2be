/**
 * What is asked of the broker over a connection that may be interrupted. The client forgets what it has yet to send whenever it tries to
 * get a connection again, and what the broker says of what was sent before is said to nobody: whoever waited for it would wait until the
 * client's patience is at its end.
 *
 * @module
 */

import type { JetStreamClient, JetStreamPublishOptions, PubAck } from "@nats-io/jetstream";
import { interrupted } from "./faults.ts";

/** Those of one connection. */
export class Requests {
  readonly #js: Pick<JetStreamClient, "publish">;
  /** Of those that are under way. No promise is waited for beside another: one that lives long would keep a reaction of each. */
  readonly #ends = new Set<(error: unknown) => void>();
  #absence: Promise<void> | null = null;
  #endAbsence = (): void => {};

  constructor(js: Pick<JetStreamClient, "publish">) {
    this.#js = js;
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
  publish(subject: string, bytes: Uint8Array | string, options?: Partial<JetStreamPublishOptions>): Promise<PubAck> {
    if (this.#absence === null) return this.answer(this.#js.publish(subject, bytes, options));
    return this.#absence.then(() => this.publish(subject, bytes, options));
  }

  /**
   * What the broker answers.
   *
   * @throws an error that passes, as soon as the connection is known to be interrupted: it may have been heard, or not.
   */
  answer<T>(asked: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#ends.add(reject);
      void this.#pass(asked, resolve, reject);
    });
  }

  async #pass<T>(asked: Promise<T>, resolve: (answer: T) => void, reject: (error: unknown) => void): Promise<void> {
    try {
      resolve(await asked);
    } catch (error) {
      reject(error);
    }
    this.#ends.delete(reject);
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
    if (this.#ends.size === 0) return;
    const error = interrupted();
    for (const end of this.#ends) end(error);
    this.#ends.clear();
  }
}
