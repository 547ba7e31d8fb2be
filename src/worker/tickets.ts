/**
 * The worker's side of the tickets (see `runtimes/tickets.ts`): each job that was sent ahead takes one before it begins.
 *
 * @module
 */

import { readSync } from "node:fs";
import type { Init } from "../core/frame.ts";

/** Takes one ticket; false when none is left, and then none ever was for the jobs that wait here: they were taken back. */
export type TakeTicket = () => boolean;

/** Where this worker takes its tickets. */
export function ticketsOf({ tickets }: Init): TakeTicket {
  if (tickets === null) return () => false;
  if (typeof tickets === "number") {
    const byte = new Uint8Array(1);
    // One byte further in a file whose position is shared with the host. Throws if the module has closed it: then the worker
    // is of no use, and ends.
    return () => readSync(tickets, byte, 0, 1, null) === 1;
  }
  const left = new Int32Array(tickets);
  return () => {
    for (;;) {
      const count = Atomics.load(left, 0);
      if (count <= 0) return false;
      if (Atomics.compareExchange(left, 0, count, count - 1) === count) return true;
    }
  };
}
