/**
 * Listens to abort signals: once to each, however many jobs it may end. A server has one signal for its shutdown and
 * thousands of jobs, and Node warns of a leak from eleven listeners on.
 *
 * @module
 */

interface Watch {
  readonly runs: Set<() => void>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/**
 * Calls `run` when the signal is aborted; not if it is already.
 *
 * @returns ends the watch.
 */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  const watch = watches.get(signal) ?? startWatch(signal);
  watch.runs.add(run);
  return () => {
    if (!watch.runs.delete(run) || watch.runs.size > 0) return;
    watches.delete(signal);
    signal.removeEventListener("abort", watch.listener);
  };
}

function startWatch(signal: AbortSignal): Watch {
  const runs = new Set<() => void>();
  const listener = (): void => {
    watches.delete(signal);
    for (const run of runs) run();
    runs.clear();
  };
  const watch = { runs, listener };
  watches.set(signal, watch);
  signal.addEventListener("abort", listener, { once: true });
  return watch;
}
