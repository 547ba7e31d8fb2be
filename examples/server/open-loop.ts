import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";

export interface Load {
  /** Requests per second. */
  readonly rate: number;
  readonly seconds: number;
  /** Requests that may be open at a time; what would be more is not sent, and counted. */
  readonly maxOpen: number;
  /** Sends a request, and says how it was answered. */
  readonly request: () => Promise<string>;
}

/** What was measured. */
export interface Measured {
  /** Milliseconds from when a request was due until it was answered, by the kind of answer. */
  readonly latencies: ReadonlyMap<string, readonly number[]>;
  readonly notSent: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
}

/**
 * Sends requests at a fixed rate, whether or not earlier ones have been answered: as strangers do, who do not wait for each
 * other. (A loop that waits for answers slows down together with the server, and so never sees it overloaded.)
 */
export async function openLoop({ rate, seconds, maxOpen, request }: Load): Promise<Measured> {
  const latencies = new Map<string, number[]>();
  const open = new Set<Promise<void>>();
  let notSent = 0;
  const send = async (due: number): Promise<void> => {
    const answer = await request();
    const latency = performance.now() - due;
    const others = latencies.get(answer);
    if (others) others.push(latency);
    else latencies.set(answer, [latency]);
  };
  const start = performance.now();
  for (let i = 0; i < rate * seconds; i++) {
    const due = start + (i * 1000) / rate;
    const wait = due - performance.now();
    if (wait > 0) await setTimeout(wait);
    if (open.size >= maxOpen) {
      notSent++;
      continue;
    }
    const sent = send(due);
    open.add(sent);
    void sent.finally(() => open.delete(sent));
  }
  await Promise.all(open);
  return { latencies, notSent, seconds: (performance.now() - start) / 1000 };
}

/** The value that a share of the values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
