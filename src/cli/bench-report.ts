/**
 * What was found of pools, for people.
 *
 * @module
 */

import type { Figures } from "./bench-pool.ts";
import { shown } from "./progress.ts";
import { aligned } from "./table.ts";

/** Less of a difference is as likely to be chance. */
const WORTH = 0.95;

/**
 * The pool with the fewest workers among those that do nearly as many jobs as the fastest, and of these the one with the lower
 * `p99`.
 */
export function best(pools: readonly Figures[]): Figures {
  const most = Math.max(...pools.map(({ jobsPerSecond }) => jobsPerSecond));
  const fast = pools.filter(({ jobsPerSecond }) => jobsPerSecond >= WORTH * most);
  const order = (a: Figures, b: Figures): number => a.workers - b.workers || a.p99 - b.p99;
  return fast.sort(order)[0] as Figures;
}

/** A line for each pool. */
export function table(pools: readonly Figures[]): string {
  const rows = [
    ["isolation", "workers", "jobs/s", "p50 ms", "p99 ms", "memory MB", "failed"],
    ...pools.map(({ isolation, workers, jobsPerSecond, p50, p99, memory, failed }) => [
      isolation,
      String(workers),
      shown(jobsPerSecond),
      time(p50),
      time(p99),
      megabytes(memory),
      shown(failed),
    ]),
  ];
  return aligned(rows, [0]);
}

/** Which pool to take, and why. */
export function sentence(pools: readonly Figures[]): string {
  const { isolation, workers, jobsPerSecond, p50, p99, memory } = best(pools);
  const alone = pools.find((pool) => pool.isolation === isolation && pool.workers === 1);
  const speedUp = alone && workers > 1 ? `, ${shown(jobsPerSecond / alone.jobsPerSecond)} × one worker` : "";
  return `isolation: "${isolation}" with maxWorkers: ${workers} serves it best: ${
    shown(jobsPerSecond)
  } jobs/s${speedUp}, ` +
    `half of them in ${time(p50)} ms and 99 % in ${time(p99)} ms, with ${megabytes(memory)} MB for the workers.`;
}

function time(milliseconds: number): string {
  return milliseconds < 10 ? milliseconds.toFixed(2) : shown(milliseconds);
}

function megabytes(bytes: number | null): string {
  return bytes === null ? "?" : shown(Math.max(0, bytes) / 1024 / 1024);
}
