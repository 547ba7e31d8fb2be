/**
 * Takes jobs back that nobody wants any more: hosts are told, and an answer is left that says so, which is the first and so the only
 * one.
 *
 * @module
 */

import type { Clock } from "../core/clock.ts";
import { isFull, isLasting } from "./faults.ts";
import { answerHeaders } from "./letters.ts";
import type { Broker, Link } from "./link.ts";
import type { Names } from "./names.ts";

/** How long to wait before the next try, and how often it is tried, in milliseconds: a broker that is away for longer keeps the job. */
const AGAIN = 500;
const TRIES = 20;

const NOBODY = {
  status: "aborted",
  host: "",
  worker: "",
  attempt: 0,
  ran: 0,
  number: 0,
  body: { encoding: "undefined", bytes: new Uint8Array(0), object: null },
} as const;

/** What withdrawing is given to work with, and whom it tells. */
export interface WithdrawingParts {
  readonly link: Link;
  readonly names: Names;
  readonly owner: string;
  readonly clock: Clock;
  /** The number of the answer that says so. */
  withdrew(number: number): void;
  /** One has ended. */
  ended(): void;
}

/** Withdraws jobs. */
export class Withdrawing {
  readonly #parts: WithdrawingParts;
  #under = 0;

  constructor(parts: WithdrawingParts) {
    this.#parts = parts;
  }

  /** Whether any is under way. */
  get busy(): boolean {
    return this.#under > 0;
  }

  /** Takes a job back. */
  withdraw(address: string): void {
    this.#under++;
    void this.#try(address).finally(() => {
      this.#under--;
      this.#parts.ended();
    });
  }

  async #try(address: string): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      try {
        return await this.#tell(await this.#parts.link.open(), address);
      } catch (error) {
        // It was answered before.
        if (isFull(error) || isLasting(error)) return;
        await new Promise<void>((resolve) => this.#parts.clock.schedule(AGAIN, resolve, true));
      }
    }
  }

  async #tell({ client, connection, js }: Broker, address: string): Promise<void> {
    const { names, owner, withdrew } = this.#parts;
    connection.publish(names.abort(owner), address);
    const headers = answerHeaders(client, NOBODY);
    const { seq } = await js.publish(names.answer(address), NOBODY.body.bytes, { headers });
    withdrew(seq);
  }
}
