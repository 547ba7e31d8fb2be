/**
 * Takes jobs back that nobody wants any more: hosts are told, and an answer is left that says so, which is the first and so the only
 * one.
 *
 * @module
 */

import type { Clock } from "../core/clock.ts";
import { Register } from "../core/register.ts";
import { isFull, isLasting } from "./faults.ts";
import { answerHeaders } from "./letters.ts";
import type { Broker, Link } from "./link.ts";
import { isNamed, type Names } from "./names.ts";
import type { RemoteJob } from "./remote-job.ts";
import { Turns } from "./turns.ts";

/**
 * How long to wait before the next try, and how long it is tried since the broker was last heard, in milliseconds: one that is away for
 * longer keeps the job.
 */
const AGAIN = 500;
const MOST = 10_000;

/** How many are told of at a time: a program that exits has many. */
const AT_ONCE = 256;

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
  /** The number of the answer that says so of a job without a name. */
  withdrew(number: number): void;
  /** It was answered before that. */
  answered(broker: Broker, address: string): Promise<void>;
  /** One has ended. */
  ended(): void;
}

/** Withdraws jobs. */
export class Withdrawing {
  readonly #parts: WithdrawingParts;
  /** Under way, by address. */
  readonly #under = new Register<string, Promise<void>>();
  readonly #turns = new Turns(AT_ONCE);
  /** When the broker last took one back. */
  #heard = -Infinity;

  constructor(parts: WithdrawingParts) {
    this.#parts = parts;
  }

  /** Whether any is under way. */
  get busy(): boolean {
    return this.#under.size > 0;
  }

  /** Until it is known whether an earlier job of the same name was answered. */
  async before(address: string): Promise<void> {
    await this.#under.get(address);
  }

  /** Takes a job back. */
  withdraw(job: RemoteJob): void {
    const under = this.#inTurn(job, this.#parts.clock.now()).finally(() => {
      this.#under.delete(job.address);
      this.#parts.ended();
    });
    this.#under.set(job.address, under);
  }

  async #inTurn(job: RemoteJob, since: number): Promise<void> {
    const turn = this.#turns.begin(1);
    if (turn) await turn;
    try {
      await this.#try(job, since);
    } finally {
      this.#turns.end(1);
    }
  }

  async #try(job: RemoteJob, since: number): Promise<void> {
    const { link, clock, answered } = this.#parts;
    while (clock.now() < Math.max(since, this.#heard) + MOST) {
      try {
        const broker = await link.open();
        // It does not wait for the connection: whoever exits has no time.
        if (link.up) {
          await this.#tell(broker, job);
          this.#heard = clock.now();
          return;
        }
        await this.#pause();
      } catch (error) {
        if (isFull(error) && link.broker) return await answered(link.broker, job.address).catch(() => {});
        if (isLasting(error)) return;
        await this.#pause();
      }
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#parts.clock.schedule(AGAIN, resolve, true));
  }

  async #tell({ client, connection, requests }: Broker, { address, message }: RemoteJob): Promise<void> {
    const { names, owner, withdrew } = this.#parts;
    connection.publish(names.abort(owner), `${address} ${message}`);
    const headers = answerHeaders(client, NOBODY);
    const { seq } = await requests.publish(names.answer(address), NOBODY.body.bytes, headers);
    // Those of jobs that have names are kept for as long as any.
    if (!isNamed(address)) withdrew(seq);
  }
}
