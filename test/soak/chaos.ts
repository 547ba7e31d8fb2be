/**
 * Kills and stops worker processes from outside.
 *
 * @module
 */

import process from "node:process";
import type { Random } from "../core/random.ts";
import type { Account } from "./account.ts";

export class Chaos {
  kills = 0;
  stops = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Called once for each job; now and then a worker pays for it. */
  strike(account: Account): void {
    if (this.#random.once(400)) this.#kill(account);
    // Windows has no such signal.
    if (this.#random.once(2_500) && process.platform !== "win32") this.#stop(account);
  }

  #kill(account: Account): void {
    if (this.#signal(account, "SIGKILL") !== null) this.kills++;
  }

  /** Jobs with a timeout free a worker that is stopped; the others wait until it goes on or is killed. */
  #stop(account: Account): void {
    const id = this.#signal(account, "SIGSTOP");
    if (id === null) return;
    this.stops++;
    const next = this.#random.pick(["SIGCONT", "SIGKILL"] as const);
    setTimeout(() => account.workers.get(id)?.exit ?? send(id, next), 100 + this.#random.integer(700));
  }

  #signal(account: Account, signal: NodeJS.Signals): string | null {
    const { living } = account;
    if (living.length === 0) return null;
    const worker = this.#random.pick(living);
    worker.harmed = true;
    return send(worker.id, signal) ? worker.id : null;
  }
}

function send(pid: string, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(Number(pid), signal);
  } catch {
    // It has ended, and the cluster has not told yet.
    return false;
  }
}
