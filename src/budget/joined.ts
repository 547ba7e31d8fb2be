/**
 * A budget that another process or thread holds.
 *
 * Until its holder has answered, and while it does not, a cluster goes by what it was told last, and may have one worker in any case.
 * When the connection is lost, or can't be made, its clusters take part in a budget of this process.
 *
 * @module
 */

import type { Socket } from "node:net";
import { net } from "../built-in.ts";
import type { Allowances, Member, Report } from "../core/allocator.ts";
import { type Address, mayConnect } from "./address.ts";
import { hearLines, say } from "./lines.ts";

interface Entry {
  readonly most: number;
  readonly tell: (allowance: number) => void;
  last: Report;
  /** In the budget of this process, once it is lost. */
  own: Member | null;
}

/** Takes part in it for the clusters of this process. */
export class Joined implements Allowances {
  readonly #address: Address;
  readonly #lost: () => Allowances;
  readonly #entries = new Map<number, Entry>();
  #socket: Socket | null = null;
  #own: Allowances | null = null;
  #lastId = 0;

  /** @param lost Gives the budget that is to take its place. Called once, if ever. */
  constructor(address: Address, lost: () => Allowances) {
    this.#address = address;
    this.#lost = lost;
  }

  join(most: number, tell: (allowance: number) => void): Member {
    if (this.#own) return this.#own.join(most, tell);
    const id = ++this.#lastId;
    const entry: Entry = { most, tell, last: { need: 0, live: 0, heard: 0 }, own: null };
    this.#entries.set(id, entry);
    this.#say("join", id, most, this.#address.level);
    return {
      report: (report) => {
        entry.last = report;
        if (entry.own) entry.own.report(report);
        else this.#say("report", id, report.need, report.live, report.heard);
      },
      leave: () => {
        if (entry.own) return entry.own.leave();
        this.#say("leave", id);
        this.#entries.delete(id);
        if (this.#entries.size === 0) this.#disconnect();
      },
    };
  }

  #say(word: string, ...numbers: readonly number[]): void {
    this.#socket ??= this.#connect();
    if (this.#socket) say(this.#socket, word, ...numbers);
  }

  #connect(): Socket | null {
    const { path } = this.#address;
    if (!mayConnect(path)) {
      // Not at once: whoever joins does not have its member yet.
      queueMicrotask(() => this.#moveAll());
      return null;
    }
    const socket = net().connect({ path });
    socket.unref();
    hearLines(socket, (word, id = 0, allowance = 0) => {
      if (word === "allow" && socket === this.#socket) this.#entries.get(id)?.tell(allowance);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (socket === this.#socket) this.#moveAll();
    });
    return socket;
  }

  #disconnect(): void {
    const socket = this.#socket;
    this.#socket = null;
    // What was said last is said before.
    socket?.end();
  }

  /** Nothing was said by the holder, or ever will be. */
  #moveAll(): void {
    this.#socket = null;
    if (this.#entries.size === 0) return;
    this.#own ??= this.#lost();
    for (const entry of this.#entries.values()) move(entry, this.#own);
    this.#entries.clear();
  }
}

function move(entry: Entry, own: Allowances): void {
  let told = 0;
  entry.tell(told);
  const member = own.join(entry.most, (allowance) => {
    told = allowance;
    entry.tell(allowance);
  });
  entry.own = member;
  // It says nothing by itself where it is told what it was told before.
  for (let heard = -1; heard !== told;) {
    heard = told;
    member.report({ ...entry.last, heard });
  }
}
