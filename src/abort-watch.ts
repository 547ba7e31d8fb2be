/**
 * Listens to abort signals: once to each, however many jobs it may end. A server has one signal for its shutdown and
 * thousands of jobs, and Node warns of a leak from eleven listeners on. Signals may be of another make than the runtime's, and throw.
 *
 * @module
 */

import { Chain, type Link } from "./core/chain.ts";

/** What one job has to do then. */
class Wish implements Link<Wish> {
  before: Wish | null = null;
  after: Wish | null = null;
  open = true;
  readonly run: () => void;

  constructor(run: () => void) {
    this.run = run;
  }
}

interface Watch {
  readonly wishes: Chain<Wish>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Calls `run` when the signal is aborted; not if it is already.
 *
 * @returns ends the watch.
 * @throws what `addEventListener` does.
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const watch = watches.get(signal) ?? startWatch(signal);
  const wish = new Wish(run);
  watch.wishes.push(wish);
  return () => {
    if (!wish.open) return;
    wish.open = false;
    watch.wishes.remove(wish);
    if (watch.wishes.size > 0) return;
    watches.delete(signal);
    try {
      signal.removeEventListener("abort", watch.listener);
    } catch {
      // A signal of the program's own making. What it may still call has nothing to do any more.
    }
  };
}

/** Whether the signal, if there is one, was aborted; not, where it does not tell. */
export function isAborted(signal: AbortSignal | null): boolean {
  try {
    return signal?.aborted ?? false;
  } catch {
    return false;
  }
}

/** Why the signal, if there is one, was aborted; what its getter throws, if it does. */
export function abortReason(signal: AbortSignal | null): unknown {
  try {
    return signal?.reason;
  } catch (error) {
    return error;
  }
}

function startWatch(signal: AbortSignal): Watch {
  const wishes = new Chain<Wish>();
  const listener = (): void => {
    watches.delete(signal);
    for (let wish = wishes.first; wish; wish = wishes.first) {
      wish.open = false;
      wishes.remove(wish);
      wish.run();
    }
  };
  const watch = { wishes, listener };
  signal.addEventListener("abort", listener, { once: true });
  watches.set(signal, watch);
  return watch;
}
